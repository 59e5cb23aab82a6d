//! The catalogue on a database and behind its doors.

mod bundles;
mod checking;
mod checks_doors;
mod bulk;
mod desk;
mod doors;
mod drafting;
mod figures;
mod open;
mod records;
mod world;
