//! Intake from outside: the router with the real capabilities behind it, on SQLite, and on PostgreSQL where
//! `TONGBAN_TEST_POSTGRES` names a server.

extern crate tongban_intake as intake;

mod account;
mod api;
mod city;
mod desk;
mod journey;
