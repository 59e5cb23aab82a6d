//! Addresses of the catalogue's pages, made in one place.

use std::fmt::Write as _;

use base::ids::ItemId;
use uuid::Uuid;

/// The guide 办事指南 of an item.
pub fn item(item_id: ItemId) -> String {
    format!("/items/{item_id}")
}

/// One version of a guide.
pub fn version(item_id: ItemId, n: i64) -> String {
    format!("/items/{item_id}/versions/{n}")
}

/// The questions that lead to what a person's situation needs.
pub fn situation(item_id: ItemId) -> String {
    format!("/items/{item_id}/situation")
}

/// Where an application begins; the intake's page.
pub fn apply(item_id: ItemId) -> String {
    format!("/apply/{item_id}")
}

pub fn theme(key: &str) -> String {
    format!("/browse/themes/{}", encoded(key))
}

pub fn life_event(key: &str) -> String {
    format!("/browse/life/{}", encoded(key))
}

pub fn department(key: &str) -> String {
    format!("/browse/departments/{}", encoded(key))
}

/// A theme of 一件事一次办.
pub fn bundle(key: &str) -> String {
    format!("/bundles/{}", encoded(key))
}

/// One version of a theme.
pub fn bundle_version(key: &str, n: i64) -> String {
    format!("/bundles/{}/versions/{n}", encoded(key))
}

/// The editors' page of a theme.
pub fn admin_bundle(key: &str) -> String {
    format!("/admin/catalog/bundles/{}", encoded(key))
}

/// A search; empty values are left out.
pub fn search(pairs: &[(&str, &str)]) -> String {
    with_query("/search", pairs)
}

/// The administrators' page of an item.
pub fn admin_item(item_id: ItemId) -> String {
    format!("/admin/catalog/items/{item_id}")
}

/// An import that was looked at.
pub fn admin_import(import_id: Uuid) -> String {
    format!("/admin/catalog/import/{import_id}")
}

/// A path with a query; empty values are left out.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut mark = '?';
    for (name, value) in pairs {
        if !value.is_empty() {
            let _infallible = write!(address, "{mark}{name}={}", encoded(value));
            mark = '&';
        }
    }
    address
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_empty_ones_left_out() {
        assert_eq!(
            search(&[("q", "开 饭&店"), ("theme", ""), ("page", "2")]),
            "/search?q=%E5%BC%80%20%E9%A5%AD%26%E5%BA%97&page=2"
        );
        assert_eq!(search(&[]), "/search");
    }
}
