//! 材料库: standard materials, each with an identity of its own, so that the same paper asked by three departments is
//! one material.
//!
//! An item's material names its standard ([`crate::model::Material::standard`]); what the library says of it — who
//! issues it, what replaces it, how long it holds — is said once, here. A material that turns out to be another one
//! goes over to it ([`StandardMaterial::merged_into`]): the items follow through drafts and a second person's review,
//! and until they have, both codes mean the same paper ([`Library::resolve`]).

mod shipped;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base::text::visible_len;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::{Finding, Severity};
use crate::model::{Item, Material};

pub use shipped::{shipped, shipped_library};

/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters of any other text.
pub const TEXT_CHARS_MAX: usize = 500;
/// Other names of one material.
pub const NAMES_MAX: usize = 20;
/// Months a paper can hold: fifty years.
pub const VALIDITY_MONTHS_MAX: u16 = 600;
/// Materials of a library.
pub const MATERIALS_MAX: usize = 5000;
/// The word of a finding: a material names a code that the library does not have.
pub const UNKNOWN: &str = "material.standard.unknown";
/// How often a material can have gone over to another.
const STEPS_MAX: usize = 8;

/// 标准材料.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StandardMaterial {
    /// 标准材料编码: `SM` and four digits; never given to another paper.
    #[schemars(length(min = 1, max = 20))]
    pub code: String,
    /// 名称
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// 又称：事项里写这些名称的也是它
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub names: Vec<String>,
    /// 出具机构
    #[serde(skip_serializing_if = "String::is_empty")]
    pub issuer: String,
    /// 替代它的共享数据或者电子证照
    #[serde(skip_serializing_if = "String::is_empty")]
    pub replaced_by: String,
    /// 本平台签发的证照名称：申请人持有的，不用提交
    #[serde(skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// 有效期，月；不写为长期有效
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_months: Option<u16>,
    /// 空白表格的地址
    #[serde(skip_serializing_if = "String::is_empty")]
    pub blank_form: String,
    /// 样本的地址
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sample: String,
    /// 说明
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// 并入的标准材料编码；空的表示在用
    #[serde(skip_serializing_if = "String::is_empty")]
    pub merged_into: String,
}

impl StandardMaterial {
    /// Whether a material of this name is this one.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.names.iter().any(|known| known == name)
    }

    /// What is wrong with it: field and message.
    pub fn check(&self) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        if !is_code(&self.code) {
            wrong.push(("code", "标准材料编码应为SM加4位数字，例如SM0128".to_owned()));
        }
        if self.name.is_empty() || visible_len(&self.name) > NAME_CHARS_MAX {
            wrong.push(("name", format!("请填写名称，最长{NAME_CHARS_MAX}个字")));
        }
        if self.names.len() > NAMES_MAX
            || self
                .names
                .iter()
                .any(|name| visible_len(name) > NAME_CHARS_MAX)
        {
            wrong.push((
                "names",
                format!("又称最多{NAMES_MAX}个，每个最长{NAME_CHARS_MAX}个字"),
            ));
        }
        let texts = [
            ("issuer", &self.issuer),
            ("replaced_by", &self.replaced_by),
            ("licence", &self.licence),
            ("note", &self.note),
        ];
        for (field, text) in texts {
            if visible_len(text) > TEXT_CHARS_MAX {
                wrong.push((field, format!("最长{TEXT_CHARS_MAX}个字，请缩短")));
            }
        }
        for (field, address) in [("blank_form", &self.blank_form), ("sample", &self.sample)] {
            if !is_address(address) {
                wrong.push((
                    field,
                    "请填写以/或者https://开头的地址，没有的不填".to_owned(),
                ));
            }
        }
        if let Some(months) = self.validity_months
            && !(1..=VALIDITY_MONTHS_MAX).contains(&months)
        {
            wrong.push((
                "validity_months",
                format!("有效期应为1至{VALIDITY_MONTHS_MAX}个月，长期有效的不填"),
            ));
        }
        wrong
    }
}

/// `SM` and four digits.
pub fn is_code(text: &str) -> bool {
    text.strip_prefix("SM")
        .is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A path of this site or an address elsewhere; empty is none.
fn is_address(text: &str) -> bool {
    let local = text.starts_with('/') && !text.starts_with("//");
    let allowed = text.is_empty() || local || text.starts_with("https://");
    allowed && text.len() <= 500 && !text.chars().any(|sign| sign.is_whitespace() || sign == '"')
}

/// The next free code.
pub fn next_code<'a>(known: impl Iterator<Item = &'a str>) -> String {
    let highest = known
        .filter_map(|code| code.strip_prefix("SM")?.parse::<u32>().ok())
        .max()
        .unwrap_or_default();
    format!("SM{:04}", highest + 1)
}

/// All standard materials, as they are asked for by code and by name.
#[derive(Clone, Debug, Default)]
pub struct Library {
    by_code: HashMap<String, Arc<StandardMaterial>>,
    /// Code by name and other names, of those that stand for themselves.
    by_name: HashMap<String, String>,
}

impl Library {
    pub fn of(all: impl IntoIterator<Item = StandardMaterial>) -> Library {
        let mut library = Library::default();
        for material in all {
            if material.merged_into.is_empty() {
                let names = std::iter::once(&material.name).chain(&material.names);
                for name in names {
                    library
                        .by_name
                        .entry(name.clone())
                        .or_insert_with(|| material.code.clone());
                }
            }
            library
                .by_code
                .insert(material.code.clone(), Arc::new(material));
        }
        library
    }

    pub fn len(&self) -> usize {
        self.by_code.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_code.is_empty()
    }

    /// Every material, merged or not, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<StandardMaterial>> {
        self.by_code.values()
    }

    /// A material by the code it was given, merged or not.
    pub fn get(&self, code: &str) -> Option<&Arc<StandardMaterial>> {
        self.by_code.get(code)
    }

    /// The material a code stands for today.
    pub fn resolve(&self, code: &str) -> Option<&Arc<StandardMaterial>> {
        let mut material = self.by_code.get(code)?;
        for _ in 0..STEPS_MAX {
            if material.merged_into.is_empty() {
                break;
            }
            material = self.by_code.get(&material.merged_into)?;
        }
        Some(material)
    }

    /// The code a material of this name has.
    pub fn code_of(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(String::as_str)
    }

    /// The code a standard stands for today; the standard itself where the library does not know it.
    pub fn canonical<'a>(&'a self, standard: &'a str) -> &'a str {
        self.resolve(standard)
            .map_or(standard, |material| material.code.as_str())
    }

    /// Every code that stands for the same paper today, that paper's own first.
    pub fn codes_of(&self, standard: &str) -> Vec<String> {
        let own = self.canonical(standard);
        let mut codes = vec![own.to_owned()];
        let gone_over = self
            .all()
            .filter(|material| !material.merged_into.is_empty());
        codes.extend(
            gone_over
                .filter(|material| self.canonical(&material.code) == own)
                .map(|material| material.code.clone()),
        );
        codes
    }

    /// Writes into materials which paper they are, where their name says so and nobody else did.
    pub fn assign(&self, materials: &mut [Material]) {
        for material in materials {
            if material.standard.is_empty()
                && let Some(code) = self.code_of(&material.name)
            {
                code.clone_into(&mut material.standard);
            }
        }
    }

    /// Materials with every code as it stands today; borrowed where nothing went over to another.
    pub fn settled<'a>(&self, materials: &'a [Material]) -> Cow<'a, [Material]> {
        let gone_over =
            |material: &Material| self.canonical(&material.standard) != material.standard;
        if !materials.iter().any(gone_over) {
            return Cow::Borrowed(materials);
        }
        let mut settled = materials.to_vec();
        for material in &mut settled {
            let code = self.canonical(&material.standard).to_owned();
            material.standard = code;
        }
        Cow::Owned(settled)
    }

    /// Materials of an item that name a standard which is not there or has gone over to another.
    pub fn check(&self, item: &Item) -> Vec<Finding> {
        let named = item
            .materials
            .iter()
            .filter(|material| !material.standard.is_empty());
        named
            .filter_map(|material| {
                let (severity, code, message) = match self.get(&material.standard) {
                    None => (
                        Severity::Error,
                        UNKNOWN,
                        format!(
                            "材料“{}”的标准材料编码{}不在材料库里，请从材料库选择",
                            material.name, material.standard
                        ),
                    ),
                    // The item follows with the drafts of the merger; until then both codes mean the same.
                    Some(known) if !known.merged_into.is_empty() => (
                        Severity::Warning,
                        "material.standard.merged",
                        format!(
                            "标准材料{}“{}”已经并入{}，请改用{}",
                            known.code, known.name, known.merged_into, known.merged_into
                        ),
                    ),
                    Some(_) => return None,
                };
                Some(Finding {
                    severity,
                    field: format!("materials[{}].standard", material.key),
                    code,
                    message,
                })
            })
            .collect()
    }
}

/// An item with one standard replaced by another; none where it does not name it.
pub fn replaced(item: &Item, from: &str, into: &str) -> Option<Item> {
    let mut next = item.clone();
    let mut changed = false;
    for material in &mut next.materials {
        if material.standard == from {
            into.clone_into(&mut material.standard);
            changed = true;
        }
    }
    changed.then_some(next)
}

/// An item whose materials of one of these names, unassigned so far, are given a code; none where it has none.
pub fn assigned(item: &Item, names: &[String], code: &str) -> Option<Item> {
    let mut next = item.clone();
    let mut changed = false;
    for material in &mut next.materials {
        if material.standard.is_empty() && names.contains(&material.name) {
            code.clone_into(&mut material.standard);
            changed = true;
        }
    }
    changed.then_some(next)
}

/// What items say of one paper, gathered: its most frequent name, and what at least half of them say.
pub fn gathered(code: &str, materials: &[&Material]) -> StandardMaterial {
    let usual = |said: fn(&Material) -> &str, least: usize| -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for material in materials {
            let text = said(material);
            if !text.is_empty() {
                *counts.entry(text).or_default() += 1;
            }
        }
        // Of equals the first by name, so that the same list gives the same answer.
        let most = counts
            .into_iter()
            .max_by(|(one, count), (other, more)| count.cmp(more).then_with(|| other.cmp(one)));
        most.filter(|(_, count)| count * 2 >= least)
            .map_or_else(String::new, |(text, _)| text.to_owned())
    };
    let all = materials.len();
    let name = usual(|material| &material.name, 0);
    let mut names: Vec<String> = materials
        .iter()
        .map(|material| material.name.clone())
        .filter(|other| *other != name)
        .collect();
    names.sort();
    names.dedup();
    names.truncate(NAMES_MAX);
    StandardMaterial {
        code: code.to_owned(),
        name,
        names,
        issuer: usual(|material| &material.source_agency, all),
        replaced_by: usual(|material| &material.shared_via, all),
        blank_form: usual(|material| &material.blank_form, all),
        sample: usual(|material| &material.sample, all),
        ..StandardMaterial::default()
    }
}
