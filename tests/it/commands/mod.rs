//! Commands that meet: at the same instant, twice, too late, page by page.

mod cursors;
mod officers;
mod once;
mod race;
