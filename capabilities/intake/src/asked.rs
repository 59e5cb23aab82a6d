//! What a correction notice asks for, and whether an answer keeps to it.

use approval::details::{CorrectionItem, correction};
use casework::Case;

use crate::form::Wrong;
use crate::said::Said;

/// 补正内容.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Points about the form.
    pub form: bool,
    pub items: Vec<CorrectionItem>,
}

/// What the notice of this case asks for; nothing if there was none.
pub fn of(case: &Case) -> Asked {
    let items = correction(case)
        .map(|letter| letter.items)
        .unwrap_or_default();
    Asked {
        form: items.iter().any(|item| item.material.is_empty()),
        items,
    }
}

impl Asked {
    /// Keys of the materials asked for, once each.
    pub fn materials(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for item in &self.items {
            if !item.material.is_empty() && !keys.contains(&item.material.as_str()) {
                keys.push(&item.material);
            }
        }
        keys
    }

    /// Materials that nobody asked for.
    ///
    /// 行政许可法第三十二条: the notice says once all that is needed; more is not to be demanded, nor slipped in.
    pub fn check<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Vec<Wrong> {
        let asked = self.materials();
        keys.filter(|key| !asked.contains(key))
            .map(|key| Wrong {
                field: key.to_owned(),
                said: Said::plain("补正告知书没有要求这项材料"),
            })
            .collect()
    }
}
