//! 批量: changing many items by one rule, comparing two lists, moving items from body to body.
//!
//! Everything here is pure: items go in, items and differences come out. What is done with them is
//! [`crate::app::bulk`] and [`crate::app::transfer`].

pub mod compare;
pub mod rule;
pub mod transfer;
