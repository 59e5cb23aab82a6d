//! 统一要素: what must be the same wherever an item is handled, and where it is not.
//!
//! A [`Rule`] names the elements and the region it holds in. The implementing items of one base item are compared
//! with the benchmark 定标单位, or, where there is none, with what most of them say. Which elements 四级四同,
//! 五级十二同, 八统一 and 全城通办 mean differs from place to place, so they are configuration.

mod compare;
mod value;

pub use compare::{Departure, Print, Ruled, compare};
pub use value::{FIELDS, Field, digest, text};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rules of one catalogue.
pub const RULES_MAX: usize = 30;
/// Characters of a rule's name.
const NAME_CHARS_MAX: usize = 30;

/// What must be the same, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// 标识，小写字母、数字和下划线
    pub key: String,
    /// 名称
    pub name: String,
    /// 适用的区划代码，包括其下级；空为全部
    #[serde(default)]
    pub region: String,
    /// 要素
    pub fields: Vec<String>,
    /// 定标单位的机构代码；空为以多数为准
    #[serde(default)]
    pub benchmark: String,
    /// 停用的规则不检查
    #[serde(default)]
    pub off: bool,
}

impl Rule {
    /// The elements it compares, in the order of the standard.
    pub fn elements(&self) -> impl Iterator<Item = &'static Field> {
        FIELDS
            .iter()
            .filter(|field| self.fields.iter().any(|name| name == field.name))
    }

    /// What is wrong with the rule: field and message.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if self.key.is_empty() || self.key.len() > 32 || !self.key.bytes().all(plain) {
            found.push((
                "key",
                "标识只能用小写字母、数字和下划线，最长32位".to_owned(),
            ));
        } else if crate::checks::standard::rule_of(&self.key).is_some() || self.key == "codes" {
            found.push(("key", "这个标识是系统保留的，请换一个".to_owned()));
        }
        let length = self.name.chars().count();
        if self.name.trim().is_empty() || length > NAME_CHARS_MAX {
            found.push(("name", format!("请写规则名称，最长{NAME_CHARS_MAX}个字")));
        }
        if !self.region.is_empty() && base::codes::RegionCode::parse(&self.region).is_err() {
            found.push(("region", "区划代码应为6、9或12位数字".to_owned()));
        }
        if self.fields.is_empty() {
            found.push(("fields", "请至少选择一个要素".to_owned()));
        }
        if let Some(strange) = self
            .fields
            .iter()
            .find(|name| FIELDS.iter().all(|field| field.name != name.as_str()))
        {
            found.push(("fields", format!("没有“{strange}”这个要素")));
        }
        found
    }
}

/// The rules a new catalogue begins with: the lists of the item standard §4, each to be fitted to the place.
pub fn shipped() -> Vec<Rule> {
    let rule = |key: &str, name: &str, fields: &[&str]| Rule {
        key: key.to_owned(),
        name: name.to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        ..Rule::default()
    };
    vec![
        rule(
            "four_levels",
            "四级四同",
            &["name", "base_code", "legal_basis", "item_type"],
        ),
        rule(
            "five_levels",
            "五级十二同",
            &[
                "main_item_name",
                "sub_item_name",
                "item_type",
                "legal_basis",
                "case_type",
                "accept_conditions",
                "materials",
                "steps",
                "statutory_limit",
                "promised_limit",
                "service_objects",
                "result",
            ],
        ),
        rule(
            "eight_unified",
            "八统一",
            &[
                "name",
                "base_code",
                "legal_basis",
                "item_type",
                "materials",
                "steps",
                "promised_limit",
                "form",
            ],
        ),
        rule(
            "city_wide",
            "全城通办四统一",
            // 服务标准, 办事流程, 收件材料, 办理时限.
            &["service_standard", "steps", "materials", "promised_limit"],
        ),
    ]
}

#[cfg(test)]
mod tests;
