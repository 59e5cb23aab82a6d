//! The catalogue on a database and behind its doors.

mod bundles;
mod checking;
mod bulk;
mod desk;
mod doors;
mod drafting;
mod figures;
mod records;
mod world;
