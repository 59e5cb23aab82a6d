//! The bundles that ship: `data/items/bundles.json`, with `data/items/demo_items.json` for a demonstration city.

use std::sync::LazyLock;

use super::Bundle;

const BUNDLES: &str = include_str!("../../../../data/items/bundles.json");

/// The bundles that ship.
pub fn shipped() -> &'static [Bundle] {
    static SHIPPED: LazyLock<Vec<Bundle>> = LazyLock::new(|| {
        base::json::read(BUNDLES.as_bytes()).expect("a test reads the shipped bundles")
    });
    &SHIPPED
}
