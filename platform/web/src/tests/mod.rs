//! The front and the extractors, seen from outside through a small capability with its own table.

mod api;
mod city;
mod documents;
mod files;
mod front;
mod install;
mod kiosk;
mod malformed;
mod pages;
mod parcel;
