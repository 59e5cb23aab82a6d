//! 数据元: facts that several departments ask for, each known by one code.
//!
//! A form's field names its element ([`crate::model::Field::element`]); what the applicant's record, a licence or an
//! earlier application already says need not be typed again (一表申请). The dictionary ships in
//! `data/items/elements.json`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::checks::{Finding, Severity};
use crate::model::{Field, FieldKind, Form};

/// One entry of the dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// `DE` and four digits; never given to another fact.
    pub code: String,
    pub name: String,
    pub kind: FieldKind,
    /// Characters of a text; 0 where the kind says.
    pub max_length: u16,
    pub source: Source,
    pub sees: Sees,
    pub sensitivity: Sensitivity,
    /// What forms call it.
    pub labels: Vec<String>,
}

/// Where the fact is known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// Only what the applicant said before.
    #[serde(rename = "")]
    Applicant,
    #[serde(rename = "person.name")]
    PersonName,
    #[serde(rename = "person.id_number")]
    PersonId,
    #[serde(rename = "person.phone")]
    PersonPhone,
    #[serde(rename = "person.address")]
    PersonAddress,
    #[serde(rename = "enterprise.name")]
    EnterpriseName,
    #[serde(rename = "enterprise.uscc")]
    EnterpriseUscc,
    #[serde(rename = "enterprise.legal_representative")]
    LegalRepresentative,
    #[serde(rename = "enterprise.address")]
    EnterpriseAddress,
    /// Number of the licence that is asked about.
    #[serde(rename = "license.id")]
    LicenseId,
    #[serde(rename = "license:不动产权证书")]
    PropertyCertificate,
}

impl Source {
    /// Whose data it is, for the dictionary's list.
    pub fn label(self) -> &'static str {
        match self {
            Source::Applicant => "申请人填写",
            Source::PersonName | Source::PersonId | Source::PersonPhone | Source::PersonAddress => {
                "自然人库"
            }
            Source::EnterpriseName
            | Source::EnterpriseUscc
            | Source::LegalRepresentative
            | Source::EnterpriseAddress => "法人库",
            Source::LicenseId | Source::PropertyCertificate => "电子证照库",
        }
    }
}

/// Who may see the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    Public,
    /// Staff who handle the case.
    Staff,
    /// Staff of the deciding body only.
    Office,
}

impl Sees {
    pub fn label(self) -> &'static str {
        match self {
            Sees::Public => "可公开",
            Sees::Staff => "经办人员",
            Sees::Office => "审批部门",
        }
    }
}

/// 《个人信息保护法》第二十八条 names what is sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    Ordinary,
    /// 个人信息.
    Personal,
    /// 敏感个人信息.
    Sensitive,
}

impl Sensitivity {
    pub fn label(self) -> &'static str {
        match self {
            Sensitivity::Ordinary => "一般信息",
            Sensitivity::Personal => "个人信息",
            Sensitivity::Sensitive => "敏感个人信息",
        }
    }
}

static DICTIONARY: LazyLock<Vec<Element>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../data/items/elements.json"))
        .expect("the shipped dictionary is tested")
});

static BY_CODE: LazyLock<HashMap<&'static str, &'static Element>> = LazyLock::new(|| {
    let entries = DICTIONARY.iter();
    entries.map(|entry| (entry.code.as_str(), entry)).collect()
});

/// The whole dictionary, by code.
pub fn all() -> &'static [Element] {
    &DICTIONARY
}

/// An entry by its code.
pub fn by_code(code: &str) -> Option<&'static Element> {
    BY_CODE.get(code).copied()
}

/// What a field called this and of this kind probably is.
pub fn suggestion(label: &str, kind: FieldKind) -> Option<&'static Element> {
    all()
        .iter()
        .find(|entry| entry.kind == kind && entry.labels.iter().any(|known| known == label))
}

/// Fields that name an element which is not there, or is of another kind.
pub fn check(form: &Form) -> Vec<Finding> {
    let mut found = Vec::new();
    for (p, page) in form.pages.iter().enumerate() {
        for (f, field) in page.fields.iter().enumerate() {
            one(&format!("form.pages[{p}].fields[{f}]"), field, &mut found);
        }
    }
    found
}

fn one(path: &str, field: &Field, found: &mut Vec<Finding>) {
    for (at, inner) in field.fields.iter().enumerate() {
        one(&format!("{path}.fields[{at}]"), inner, found);
    }
    if field.element.is_empty() {
        return;
    }
    let mut error = |code: &'static str, message: String| {
        found.push(Finding {
            severity: Severity::Error,
            field: format!("{path}.element"),
            code,
            message,
        });
    };
    match by_code(&field.element) {
        None => error(
            "element.unknown",
            format!(
                "数据元字典里没有{}，请改正“{}”的数据元编码",
                field.element, field.label
            ),
        ),
        Some(entry) if entry.kind != field.kind => error(
            "element.kind",
            format!(
                "“{}”的类型与数据元“{}”不一致，请改成相同的类型",
                field.label, entry.name
            ),
        ),
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FormPage;

    #[test]
    fn the_dictionary_has_one_meaning_for_each_code_and_label() {
        assert!(all().len() >= 60);
        let mut labels = std::collections::HashSet::new();
        for entry in all() {
            assert!(
                entry.code.starts_with("DE") && entry.code.len() == 6,
                "{}",
                entry.code
            );
            assert_eq!(by_code(&entry.code), Some(entry));
            for label in &entry.labels {
                assert!(
                    labels.insert((label, serde_json::to_string(&entry.kind).expect("a word"))),
                    "{label} means two facts"
                );
            }
        }
    }

    fn form(element: &str, kind: FieldKind) -> Form {
        Form {
            pages: vec![FormPage {
                fields: vec![Field {
                    label: "店名".into(),
                    kind,
                    element: element.into(),
                    ..Field::default()
                }],
                ..FormPage::default()
            }],
        }
    }

    #[test]
    fn a_field_is_of_its_elements_kind() {
        let entry = suggestion("店名", FieldKind::Text).expect("in the dictionary");
        assert_eq!(entry.name, "招牌名称");
        assert_eq!(check(&form(&entry.code, FieldKind::Text)), []);
        assert_eq!(check(&form("", FieldKind::Date)), []);
        assert_eq!(
            check(&form(&entry.code, FieldKind::Date))[0].code,
            "element.kind"
        );
        assert_eq!(
            check(&form("DE9999", FieldKind::Text))[0].code,
            "element.unknown"
        );
    }
}
