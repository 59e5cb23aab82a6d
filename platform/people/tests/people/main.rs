//! The same tests on both engines: SQLite always, PostgreSQL where `TONGBAN_TEST_POSTGRES` names a server.

mod parties;
mod place;
mod regions;
mod reseal;
mod sign_in;
mod staff;
mod views;
