//! The catalogue on a database and behind its doors.

mod bulk;
mod bundles;
mod checking;
mod checks_doors;
mod desk;
mod doors;
mod drafting;
mod figures;
mod open;
mod records;
mod world;
