//! The catalogue on a database and behind its doors.

mod bulk;
mod bundles;
mod checking;
mod checks_doors;
mod desk;
mod doors;
mod drafting;
mod every_rule;
mod figures;
mod materials;
mod open;
mod records;
mod world;
