//! The same tests on both engines: SQLite always, PostgreSQL where `TONGBAN_TEST_POSTGRES` names a server.

mod backup;
mod feed;
mod migrations;
mod objects;
mod place;
mod search;
mod statements;
mod tls;
mod transactions;
