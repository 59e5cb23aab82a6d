//! The catalogue on a database and behind its doors.

mod doors;
mod drafting;
mod records;
mod world;
