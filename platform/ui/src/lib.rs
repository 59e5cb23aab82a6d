//! How every page looks: layouts, components, assets, translations.
//!
//! The crate's README tells how to make a page, a field and a letter. Chinese is the source language; English
//! comes from `i18n/en/`.

pub mod assets;
pub mod charts;
pub mod colour;
pub mod components;
pub mod design;
pub mod error_page;
pub mod fields;
pub mod format;
pub mod frame;
pub mod i18n;
pub mod kiosk;
pub mod page;
pub mod parts;
pub mod staff_list;
pub mod strip;
pub mod tokens;
pub mod viewer;
pub mod worker;

pub use error_page::{ErrorKind, ErrorPage};
pub use i18n::Lang;
pub use kiosk::Kiosk;
pub use page::{Crumb, Flash, MenuItem, Page, Theme, User, UserKind, of_workbench};
pub use parts::{Bar, Definition, View, bars};
