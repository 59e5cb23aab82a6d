//! Electronic certificates 电子证照: made with a decision, shown to their holder, checked by anyone with the code
//! printed on them.
//!
//! Tables: `licenses`. A certificate's content is never changed; its state may be. `docs/glossary.md` has the
//! words; identifiers follow GB/T 36904-2018.

pub mod model;
pub mod store;

pub use model::{Issued, License, LicenseState, NewLicense};
pub use store::{Error, by_case, by_code, by_id, issue, of_holder};

/// Tables of this crate.
pub const MIGRATIONS: &[::store::Migration] = &[::store::Migration {
    id: "0300_licenses",
    sql: include_str!("../migrations/0300_licenses.sql"),
}];
