//! The library that ships: `data/items/materials.json`, gathered from the shipped items.

use std::sync::LazyLock;

use super::{Library, StandardMaterial};

const MATERIALS: &str = include_str!("../../../../data/items/materials.json");

/// The standard materials that ship.
pub fn shipped() -> &'static [StandardMaterial] {
    static SHIPPED: LazyLock<Vec<StandardMaterial>> = LazyLock::new(|| {
        base::json::read(MATERIALS.as_bytes()).expect("a test reads the shipped materials")
    });
    &SHIPPED
}

/// The same, as it is asked.
pub fn shipped_library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::of(shipped().iter().cloned()));
    &LIBRARY
}
