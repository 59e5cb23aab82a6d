//! 实施编码 over the whole list: which are missing, malformed, given twice; main items beside their own sub-items.
//!
//! Malformed codes of older lists are kept as they came: this lists them, it does not change them.

use std::collections::HashMap;

use base::codes::{BaseCode, ImplCode};
use base::ids::{ItemId, OrgId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An item with its codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    pub item_id: ItemId,
    pub org_id: OrgId,
    pub name: String,
    pub impl_code: String,
    pub base_code: String,
}

/// What is wrong with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 没有实施编码.
    Missing,
    /// 格式不符.
    Malformed,
    /// 同一编码有几个事项.
    Repeated,
    /// 主项 (000) beside sub-items (001 …) of the same main item at one body.
    BesideSubItems,
}

impl Kind {
    pub const ALL: [Kind; 4] = [
        Kind::Missing,
        Kind::Malformed,
        Kind::Repeated,
        Kind::BesideSubItems,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Malformed => "malformed",
            Kind::Repeated => "repeated",
            Kind::BesideSubItems => "beside_sub_items",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Kind::Missing => "没有实施编码",
            Kind::Malformed => "编码格式不符",
            Kind::Repeated => "编码重复",
            Kind::BesideSubItems => "主项与子项并存",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One thing wrong with an item's codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub kind: Kind,
    pub item_id: ItemId,
    pub org_id: OrgId,
    pub name: String,
    /// The code that is meant, as it stands.
    pub code: String,
    pub message: String,
}

/// Everything wrong with the codes of a list, in its order.
pub fn issues(list: &[Coded]) -> Vec<Issue> {
    let mut by_code: HashMap<String, Vec<&str>> = HashMap::new();
    let mut by_base: HashMap<(OrgId, String), Vec<&str>> = HashMap::new();
    let mut sub_items: HashMap<(OrgId, String), usize> = HashMap::new();
    for item in list {
        let code = base::text::normalise_code(&item.impl_code);
        if !code.is_empty() {
            by_code.entry(code).or_default().push(&item.name);
        }
        if let Ok(base) = BaseCode::parse(&item.base_code) {
            let known = by_base.entry((item.org_id, base.to_string())).or_default();
            known.push(&item.name);
            if base.sub_item() != "000" {
                *sub_items
                    .entry((item.org_id, base.main_item().to_owned()))
                    .or_default() += 1;
            }
        }
    }
    let mut found = Vec::new();
    for item in list {
        let mut add = |kind, code: &str, message: String| {
            found.push(Issue {
                kind,
                item_id: item.item_id,
                org_id: item.org_id,
                name: item.name.clone(),
                code: code.to_owned(),
                message,
            });
        };
        if item.impl_code.is_empty() {
            add(Kind::Missing, "", "没有实施编码".to_owned());
        } else {
            if let Err(error) = ImplCode::parse(&item.impl_code) {
                add(Kind::Malformed, &item.impl_code, error.to_string());
            }
            let code = base::text::normalise_code(&item.impl_code);
            let same = by_code.get(&code).map_or(0, Vec::len);
            if same > 1 {
                let message = format!("{same}个事项用同一个实施编码");
                add(Kind::Repeated, &item.impl_code, message);
            }
        }
        if item.base_code.is_empty() {
            continue;
        }
        match BaseCode::parse(&item.base_code) {
            Err(error) => add(Kind::Malformed, &item.base_code, error.to_string()),
            Ok(base) => {
                let same = by_base
                    .get(&(item.org_id, base.to_string()))
                    .map_or(0, Vec::len);
                if same > 1 {
                    let message = format!("同一机构有{same}个事项用同一个基本编码");
                    add(Kind::Repeated, &item.base_code, message);
                }
                let subs = sub_items.get(&(item.org_id, base.main_item().to_owned()));
                if base.sub_item() == "000"
                    && let Some(subs) = subs
                {
                    let message = format!("主项编码000与{subs}个子项并存，应改为子项或者删去子项");
                    add(Kind::BesideSubItems, &item.base_code, message);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use base::ids::IdSource;
    use jiff::Timestamp;

    use super::*;

    fn list(codes: &[(&str, &str)]) -> Vec<Coded> {
        let ids = IdSource::seeded(5);
        let org_id = ids.next(Timestamp::UNIX_EPOCH);
        codes
            .iter()
            .map(|(impl_code, base_code)| Coded {
                item_id: ids.next(Timestamp::UNIX_EPOCH),
                org_id,
                name: "小餐饮登记".into(),
                impl_code: (*impl_code).into(),
                base_code: (*base_code).into(),
            })
            .collect()
    }

    fn kinds(codes: &[(&str, &str)]) -> Vec<(usize, Kind)> {
        let list = list(codes);
        issues(&list)
            .into_iter()
            .map(|issue| {
                let mut items = list.iter();
                let place = items.position(|item| item.item_id == issue.item_id);
                (place.expect("of the list"), issue.kind)
            })
            .collect()
    }

    const GOOD: &str = "11440300MB2C94128A3440217281000";

    #[test]
    fn missing_malformed_and_repeated_codes_are_listed() {
        assert_eq!(kinds(&[(GOOD, "440217281000")]), []);
        assert_eq!(kinds(&[("", "440217281000")]), [(0, Kind::Missing)]);
        assert_eq!(kinds(&[(&GOOD[..30], "")]), [(0, Kind::Malformed)]);
        assert_eq!(
            kinds(&[(GOOD, ""), (&GOOD.to_lowercase(), ""), ("", "12")]),
            [
                (0, Kind::Repeated),
                (1, Kind::Repeated),
                (2, Kind::Missing),
                (2, Kind::Malformed)
            ]
        );
        assert_eq!(
            kinds(&[(GOOD, "440217281000"), ("", "440217281000")]),
            [(0, Kind::Repeated), (1, Kind::Missing), (1, Kind::Repeated)]
        );
    }

    #[test]
    fn a_main_item_does_not_stand_beside_its_sub_items() {
        assert_eq!(
            kinds(&[
                (GOOD, "440217281000"),
                ("11440300MB2C94128A3440217281001", "440217281001"),
                ("11440300MB2C94128A3440217282000", "440217282000"),
            ]),
            [(0, Kind::BesideSubItems)]
        );
    }
}
