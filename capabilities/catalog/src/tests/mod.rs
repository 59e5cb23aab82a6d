//! The catalogue on a database and behind its doors.

mod doors;
mod records;
mod world;
