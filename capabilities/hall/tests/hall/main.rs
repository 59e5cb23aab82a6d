//! The same tests on both engines, through the HTTP door: SQLite always, PostgreSQL where `TONGBAN_TEST_POSTGRES`
//! names a server.

mod admin;
mod place;
mod public;
mod regions;
mod staff;
