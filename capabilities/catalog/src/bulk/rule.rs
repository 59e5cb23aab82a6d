//! One rule for many items: a column of the spreadsheet, and what becomes of its cell.
//!
//! A rule works on the same cells an export writes and an import reads, so whatever can be changed in a spreadsheet
//! can be changed by a rule, in the same words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::import::table::{cell_of, columns, with_cell};
use crate::model::Item;

/// What becomes of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// 改为: the value stands in place of what stood there.
    Set,
    /// 替换文字: wherever the value stands, the other text stands.
    Replace,
    /// 增加一条: one more line, where it is not there yet.
    Add,
    /// 去掉一条.
    Remove,
    /// 压缩百分之几: a limit, rounded up to whole units and never below one.
    Shorten,
}

impl Act {
    pub const ALL: [Act; 5] = [Act::Set, Act::Replace, Act::Add, Act::Remove, Act::Shorten];

    pub fn word(self) -> &'static str {
        match self {
            Act::Set => "set",
            Act::Replace => "replace",
            Act::Add => "add",
            Act::Remove => "remove",
            Act::Shorten => "shorten",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Act::Set => "改为",
            Act::Replace => "替换文字",
            Act::Add => "增加一条",
            Act::Remove => "去掉一条",
            Act::Shorten => "压缩百分之几",
        }
    }

    pub fn from_word(word: &str) -> Option<Act> {
        Act::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// A change that many items get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// 列名，与导出的表格相同，例如承诺办结时限
    #[schemars(length(min = 1, max = 100))]
    pub column: String,
    pub act: Act,
    /// 改成什么、要替换的文字、要增加或去掉的一条、压缩百分之几
    #[serde(default)]
    #[schemars(length(max = 5000))]
    pub value: String,
    /// 替换成什么
    #[serde(default)]
    #[schemars(length(max = 5000))]
    pub with: String,
}

/// What an item is recognised by, and what only the editor can show.
const FIXED: &[&str] = &[
    "实施编码",
    "基本编码",
    "原事项编码",
    "基本目录版本",
    "申请表",
    "情形导办",
];

/// Columns whose cells have one entry a line.
const LISTS: &[&str] = &[
    "服务对象",
    "别名",
    "受理条件",
    "办理流程",
    "设定依据",
    "办理形式",
    "网上办理深度",
    "收费项目",
    "送达方式",
    "办理地点",
    "个人主题",
    "法人主题",
    "人生事件",
    "常见问题",
    "联办机构",
    "特别程序",
    "通办形式",
    "中介服务",
    "承诺直接涉及",
];

/// The only column that can be shortened: what law fixes is not ours to shorten.
const PROMISED: &str = "承诺办结时限";

/// The columns a rule may change, with what to write in them.
pub fn changeable() -> impl Iterator<Item = (&'static str, &'static str)> {
    columns()
        .map(|column| (column.header, column.note))
        .filter(|(header, _)| !FIXED.contains(header))
}

/// What is wrong with a rule, and in which of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub field: &'static str,
    pub message: String,
}

impl Rule {
    /// Whether the rule can be carried out at all.
    pub fn check(&self) -> Result<(), Wrong> {
        let wrong = |field, message: String| Err(Wrong { field, message });
        if !changeable().any(|(header, _)| header == self.column) {
            return wrong(
                "column",
                format!("“{}”不能批量修改，请从列表中选择", self.column),
            );
        }
        match self.act {
            Act::Set => {
                if self.value.trim().is_empty() {
                    return Ok(());
                }
                // The value is read once, so that a mistake is said once and not for every item.
                match with_cell(&crate::import::table::blank(), &self.column, &self.value) {
                    Ok(_) => Ok(()),
                    // A note needs its limit, which the items have.
                    Err(_) if self.column.ends_with("说明") => Ok(()),
                    Err(message) => wrong("value", message),
                }
            }
            Act::Replace if self.value.is_empty() => {
                wrong("value", "请填写要替换的文字".to_owned())
            }
            Act::Add | Act::Remove if !LISTS.contains(&self.column.as_str()) => wrong(
                "act",
                format!("“{}”只有一个值，请选“改为”或“替换文字”", self.column),
            ),
            Act::Add | Act::Remove if self.value.trim().is_empty() => {
                wrong("value", "请填写要增加或去掉的一条".to_owned())
            }
            Act::Shorten if self.column != PROMISED => {
                wrong("act", format!("只有{PROMISED}可以按比例压缩"))
            }
            Act::Shorten => match self.percent() {
                Some(_) => Ok(()),
                None => wrong("value", "请填1至99之间的整数，例如20表示减少20%".to_owned()),
            },
            Act::Replace | Act::Add | Act::Remove => Ok(()),
        }
    }

    fn percent(&self) -> Option<u32> {
        let text = self.value.trim();
        let number: u32 = text
            .strip_suffix(['%', '％'])
            .unwrap_or(text)
            .parse()
            .ok()?;
        (1..=99).contains(&number).then_some(number)
    }

    /// The item as the rule makes it; none where it stays as it is.
    ///
    /// # Errors
    /// Why the new cell cannot be read.
    pub fn apply(&self, item: &Item) -> Result<Option<Item>, String> {
        if self.act == Act::Shorten {
            return Ok(self.shorten(item));
        }
        let cell = cell_of(item, &self.column).unwrap_or_default();
        let value = self.value.trim();
        let next = match self.act {
            Act::Set => value.to_owned(),
            Act::Replace => cell.replace(&self.value, &self.with),
            Act::Add if cell.lines().any(|line| line == value) => return Ok(None),
            Act::Add if cell.is_empty() => value.to_owned(),
            Act::Add => format!("{cell}\n{value}"),
            Act::Remove => {
                let kept: Vec<&str> = cell.lines().filter(|line| *line != value).collect();
                kept.join("\n")
            }
            Act::Shorten => cell.clone(),
        };
        if next == cell {
            return Ok(None);
        }
        let changed = with_cell(item, &self.column, &next)?;
        Ok((changed != *item).then_some(changed))
    }

    fn shorten(&self, item: &Item) -> Option<Item> {
        let percent = self.percent()?;
        let mut next = item.clone();
        let limit = next.promised_limit.as_mut()?;
        // 100 - percent is at most 99.
        let kept = (u64::from(limit.n) * u64::from(100 - percent)).div_ceil(100);
        limit.n = u32::try_from(kept).ok()?;
        (next != *item).then_some(next)
    }

    /// The rule in words: 承诺办结时限 压缩百分之几 20.
    pub fn title(&self) -> String {
        match self.act {
            Act::Set if self.value.trim().is_empty() => format!("清空{}", self.column),
            Act::Set => format!("{}改为“{}”", self.column, short(&self.value)),
            Act::Replace => format!(
                "{}里的“{}”替换成“{}”",
                self.column,
                short(&self.value),
                short(&self.with)
            ),
            Act::Add => format!("{}增加“{}”", self.column, short(&self.value)),
            Act::Remove => format!("{}去掉“{}”", self.column, short(&self.value)),
            Act::Shorten => format!("{}压缩{}%", self.column, self.percent().unwrap_or_default()),
        }
    }
}

fn short(text: &str) -> String {
    base::text::shorten(&base::text::single_line(text), 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Delivery, Limit};

    fn item() -> Item {
        Item {
            name: "结婚登记".into(),
            // What a cell cannot say stays what it is when another cell changes.
            remedy: " 前面有空格".into(),
            promised_limit: Some(Limit {
                n: 7,
                unit: calendar::Unit::WorkingDay,
                note: "齐全".into(),
            }),
            consult_phone: "0990-1111".into(),
            delivery: vec![Delivery::Window],
            ..Item::default()
        }
    }

    fn rule(column: &str, act: Act, value: &str, with: &str) -> Rule {
        let rule = Rule {
            column: column.into(),
            act,
            value: value.into(),
            with: with.into(),
        };
        rule.check().expect("a rule");
        rule
    }

    fn changed(rule: &Rule) -> Item {
        let next = rule.apply(&item()).expect("applies").expect("changes");
        assert_eq!(next.remedy, item().remedy);
        next
    }

    #[test]
    fn a_promise_is_shortened_and_rounded_up() {
        let next = changed(&rule("承诺办结时限", Act::Shorten, "20%", ""));
        let limit = next.promised_limit.expect("still there");
        assert_eq!((limit.n, limit.note.as_str()), (6, "齐全"), "7 × 0.8 = 5.6");
        let mut short = item();
        short.promised_limit.as_mut().expect("there").n = 1;
        let rule = rule("承诺办结时限", Act::Shorten, "90", "");
        assert_eq!(rule.apply(&short), Ok(None), "never below one day");
        assert_eq!(rule.apply(&Item::default()), Ok(None));
    }

    #[test]
    fn a_number_is_replaced_and_a_way_of_delivery_added_once() {
        let next = changed(&rule("咨询电话", Act::Replace, "0990-1111", "0990-2222"));
        assert_eq!(next.consult_phone, "0990-2222");
        let add = rule("送达方式", Act::Add, "邮寄送达", "");
        let next = changed(&add);
        assert_eq!(next.delivery, [Delivery::Window, Delivery::Post]);
        assert_eq!(add.apply(&next), Ok(None));
        let next = rule("送达方式", Act::Remove, "窗口领取", "").apply(&next);
        assert_eq!(
            next.expect("applies").expect("changes").delivery,
            [Delivery::Post]
        );
    }

    #[test]
    fn a_cell_is_set_and_emptied() {
        let next = changed(&rule("承诺办结时限", Act::Set, "5个工作日", ""));
        let limit = next.promised_limit.expect("there");
        assert_eq!((limit.n, limit.note.as_str()), (5, "齐全"));
        assert_eq!(
            changed(&rule("咨询电话", Act::Set, "", "")).consult_phone,
            ""
        );
    }

    #[test]
    fn what_cannot_be_carried_out_is_refused_with_its_part() {
        let refused = |column: &str, act, value: &str| {
            let rule = Rule {
                column: column.into(),
                act,
                value: value.into(),
                with: String::new(),
            };
            rule.check().expect_err("refused").field
        };
        assert_eq!(refused("实施编码", Act::Set, "1"), "column");
        assert_eq!(refused("没有这一列", Act::Set, "1"), "column");
        assert_eq!(refused("承诺办结时限", Act::Set, "很快"), "value");
        assert_eq!(refused("咨询电话", Act::Add, "1"), "act");
        assert_eq!(refused("法定办结时限", Act::Shorten, "20"), "act");
        assert_eq!(refused("承诺办结时限", Act::Shorten, "100"), "value");
        assert_eq!(refused("咨询电话", Act::Replace, ""), "value");
        let rule = rule("送达方式", Act::Add, "飞鸽传书", "");
        assert!(rule.apply(&item()).is_err(), "no such way of delivery");
    }
}
