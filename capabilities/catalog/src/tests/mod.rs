//! The catalogue on a database and behind its doors.

mod bundles;
mod checking;
mod doors;
mod drafting;
mod figures;
mod records;
mod world;
