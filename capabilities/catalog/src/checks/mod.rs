//! What a record must satisfy before it is published, and what is only noted.
//!
//! An [`Severity::Error`] stops the record. A [`Severity::Warning`] travels with it as a [`Flag`]: real catalogues
//! hold malformed historic codes and gaps; they are kept as they came and marked, never repaired.
//!
//! The ten rules of the item standard stand in [`standard`]. What a new draft may not break, a list that is imported
//! may have broken long ago: some of the ten are errors for the one and marks for the other ([`Origin`]).

pub mod standard;
pub mod wording;

use std::collections::HashSet;

use base::text::visible_len;

pub use wording::Wording;

use crate::form::{FIELDS_MAX, OPTIONS_MAX, PAGES_MAX, ROW_FIELDS_MAX, ROWS_MAX, fits_row};
use crate::library;
use crate::model::{CaseType, Field, FieldKind, Flag, Form, Item};
use crate::words;

/// Characters of 事项名称 (GB/T 39046-2020 table 4).
pub const NAME_LENGTH_MAX: usize = 200;
/// Characters of any other text: what a cell of a spreadsheet holds is more, what a page can show is less.
pub const TEXT_LENGTH_MAX: usize = 10_000;
/// Entries of any list of an item.
pub const LIST_MAX: usize = 200;

/// Whether a finding stops the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One thing found wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// Where, e.g. `promised_limit` or `materials[2].key`.
    pub field: String,
    /// Stable word, e.g. `c1.longer`.
    pub code: &'static str,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

impl Finding {
    /// The mark a kept record carries.
    pub fn into_flag(self) -> Flag {
        Flag {
            field: self.field,
            code: self.code.to_owned(),
            message: self.message,
        }
    }
}

/// Where a record comes from: how strictly it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A list as somebody else kept it: what it breaks of the standard is marked and stays.
    Import,
    /// Written here, about to be published.
    Draft,
}

/// Everything found in an imported record, errors first.
pub fn check(item: &Item) -> Vec<Finding> {
    check_as(item, Origin::Import, &Wording::default())
}

/// Everything found in a record that is to be published, errors first.
pub fn check_draft(item: &Item, wording: &Wording) -> Vec<Finding> {
    check_as(item, Origin::Draft, wording)
}

fn check_as(item: &Item, origin: Origin, wording: &Wording) -> Vec<Finding> {
    let mut found = Findings::new(origin);
    names_and_lengths(item, &mut found);
    standard::check_into(item, wording, &mut found);
    code_sets(item, &mut found);
    due(item, &mut found);
    materials(item, &mut found);
    form(&item.form, &mut found);
    gaps(item, &mut found);
    found.in_order()
}

/// What older lists lack beside the standard: elements that are due because of what another one says, the base item.
const KEPT_UNCHANGED: [&str; 4] = [
    "visit_reason.missing",
    "delegated_dept.missing",
    "licence.unlisted",
    "local.basis",
];

/// What stood in the published version already no longer stops a draft: a telephone number can be corrected before
/// the whole record is put right. Only breaches of the standard and codes from another library are forgiven so, and
/// only unchanged ones.
pub fn forgive(found: &mut [Finding], before: &[Finding]) {
    for finding in found {
        let lenient = standard::is_lenient(finding.code)
            || KEPT_UNCHANGED.contains(&finding.code)
            || finding.code == library::UNKNOWN;
        if lenient && before.contains(finding) {
            finding.severity = Severity::Warning;
        }
    }
}

struct Findings {
    origin: Origin,
    all: Vec<Finding>,
}

impl Findings {
    fn new(origin: Origin) -> Findings {
        Findings {
            origin,
            all: Vec::new(),
        }
    }

    fn in_order(mut self) -> Vec<Finding> {
        self.all
            .sort_by_key(|finding| finding.severity == Severity::Warning);
        self.all
    }

    /// An error in a draft, a mark in an import.
    fn breach(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        match self.origin {
            Origin::Import => self.warn(field, code, message),
            Origin::Draft => self.error(field, code, message),
        }
    }

    fn error(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.all.push(Finding {
            severity: Severity::Error,
            field: field.into(),
            code,
            message: message.into(),
        });
    }

    fn warn(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.all.push(Finding {
            severity: Severity::Warning,
            field: field.into(),
            code,
            message: message.into(),
        });
    }
}

fn names_and_lengths(item: &Item, found: &mut Findings) {
    if item.name.trim().is_empty() {
        found.error("name", "name.missing", "请填写事项名称");
    }
    let length = visible_len(&item.name);
    if length > NAME_LENGTH_MAX {
        found.error(
            "name",
            "name.length",
            format!("事项名称最长{NAME_LENGTH_MAX}个字，现在{length}个字，请缩短"),
        );
    }
    if item.name.contains(['\n', '\r']) {
        found.error("name", "name.lines", "事项名称不能换行，请写成一行");
    }
    let value = serde_json::to_value(item).expect("an item is plain data");
    lengths("", &value, found);
}

/// Walks the record: no text longer than a page can show, no list without an end.
fn lengths(path: &str, value: &serde_json::Value, found: &mut Findings) {
    match value {
        serde_json::Value::String(text) => {
            // A character has at most four bytes; most texts need no counting.
            if text.len() > TEXT_LENGTH_MAX && text.chars().count() > TEXT_LENGTH_MAX {
                found.error(
                    path,
                    "text.length",
                    format!("这一项最长{TEXT_LENGTH_MAX}个字，请缩短"),
                );
            }
            if text
                .chars()
                .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
            {
                found.error(path, "text.control", "这一项含有看不见的控制字符，请删去");
            }
        }
        serde_json::Value::Array(list) => {
            if list.len() > LIST_MAX {
                found.error(
                    path,
                    "list.length",
                    format!("这一项最多{LIST_MAX}条，现在{}条，请减少", list.len()),
                );
            }
            for (index, entry) in list.iter().enumerate().take(LIST_MAX) {
                lengths(&format!("{path}[{index}]"), entry, found);
            }
        }
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                lengths(&path, member, found);
            }
        }
        _ => {}
    }
}

fn code_sets(item: &Item, found: &mut Findings) {
    let type_fits = item.item_type.len() == 2 && item.item_type.bytes().all(|b| b.is_ascii_digit());
    if item.item_type.is_empty() {
        found.warn("item_type", "item_type.missing", "没有事项类型，请补充");
    } else if !type_fits {
        found.error(
            "item_type",
            "item_type.code",
            "事项类型应为两位数字，例如01（行政许可）",
        );
    }
    if item.exercise_level > 7 {
        found.error("exercise_level", "exercise_level.code", "行使层级应为1至7");
    }
    for object in &item.service_objects {
        if words::word_of(words::SERVICE_OBJECTS, object).is_none() {
            found.error(
                "service_objects",
                "service_objects.code",
                "服务对象应为1至6",
            );
        }
    }
    for form in &item.handling_forms {
        if words::word_of(words::HANDLING_FORMS, form).is_none() {
            found.error(
                "handling_forms",
                "handling_forms.code",
                "办理形式应为1、2、3、4或9",
            );
        }
    }
}

/// Elements that are due because of what another one says: the reason for a visit, whose power is used.
fn due(item: &Item, found: &mut Findings) {
    if item.visit_count > 0 && item.visit_reason.trim().is_empty() {
        found.breach(
            "visit_reason",
            "visit_reason.missing",
            "要到现场办理的，请写明必须现场办理的原因",
        );
    }
    if item.power_source.is_entrusted() && item.delegated_dept.trim().is_empty() {
        found.breach(
            "delegated_dept",
            "delegated_dept.missing",
            "委托行使的，请写明委托部门",
        );
    }
}

fn materials(item: &Item, found: &mut Findings) {
    let mut keys = HashSet::new();
    for (index, material) in item.materials.iter().enumerate() {
        if material.name.trim().is_empty() {
            found.error(
                format!("materials[{index}].name"),
                "material.name",
                format!("第{}项材料没有名称，请填写", index + 1),
            );
        }
        key(
            &format!("materials[{index}].key"),
            &material.key,
            &mut keys,
            found,
        );
    }
}

fn form(form: &Form, found: &mut Findings) {
    if form.pages.len() > PAGES_MAX {
        found.error(
            "form.pages",
            "form.pages",
            format!("申请表最多{PAGES_MAX}页，请合并"),
        );
    }
    if form.fields().count() > FIELDS_MAX {
        found.error(
            "form.pages",
            "form.fields",
            format!("申请表最多{FIELDS_MAX}项，请减少"),
        );
    }
    let mut pages = HashSet::new();
    let mut fields = HashSet::new();
    for (p, page) in form.pages.iter().enumerate() {
        let path = format!("form.pages[{p}]");
        key(&format!("{path}.key"), &page.key, &mut pages, found);
        if page.title.trim().is_empty() {
            found.error(
                format!("{path}.title"),
                "form.title",
                "申请表的这一页没有标题，请写成一个问题",
            );
        }
        if page.fields.is_empty() {
            found.error(
                format!("{path}.fields"),
                "form.empty",
                "申请表的这一页没有要填的内容，请删去或补充",
            );
        }
        for (f, field) in page.fields.iter().enumerate() {
            let path = format!("{path}.fields[{f}]");
            key(&format!("{path}.key"), &field.key, &mut fields, found);
            one_field(&path, field, found);
        }
    }
}

fn one_field(path: &str, field: &Field, found: &mut Findings) {
    if field.label.trim().is_empty() {
        found.error(
            format!("{path}.label"),
            "form.label",
            "申请表里有一项没有名称，请填写",
        );
    }
    let chosen = matches!(field.kind, FieldKind::Choice | FieldKind::Choices);
    if chosen {
        let mut values = HashSet::new();
        let fits = field.options.iter().all(|option| {
            !option.value.is_empty()
                && !option.label.is_empty()
                && values.insert(option.value.as_str())
        });
        if field.options.is_empty() || field.options.len() > OPTIONS_MAX || !fits {
            found.error(
                format!("{path}.options"),
                "form.options",
                format!(
                    "“{}”的选项要有1至{OPTIONS_MAX}个，值和名称都不能空，值不能重复",
                    field.label
                ),
            );
        }
    }
    if field.max_length > crate::form::LONG_TEXT_LENGTH {
        found.error(
            format!("{path}.max_length"),
            "form.max_length",
            "字数上限最多2000",
        );
    }
    if let (Some(min), Some(max)) = (field.min, field.max)
        && min > max
    {
        found.error(
            format!("{path}.min"),
            "form.bounds",
            "最小值大于最大值，请核对",
        );
    }
    row(path, field, found);
}

/// What a row asks: groups and tables only, one level deep.
fn row(path: &str, field: &Field, found: &mut Findings) {
    if !matches!(field.kind, FieldKind::Group | FieldKind::Table) {
        if !field.fields.is_empty() {
            found.error(
                format!("{path}.fields"),
                "form.row",
                format!("“{}”不是成组填写的，不能再分小项", field.label),
            );
        }
        return;
    }
    let rows = 0..=i64::try_from(ROWS_MAX).expect("a small number");
    let bounds = [field.min, field.max];
    if bounds.iter().flatten().any(|bound| !rows.contains(bound)) {
        found.error(
            format!("{path}.max"),
            "form.rows",
            format!("“{}”最多{ROWS_MAX}行", field.label),
        );
    }
    if field.fields.is_empty() || field.fields.len() > ROW_FIELDS_MAX {
        found.error(
            format!("{path}.fields"),
            "form.row",
            format!("“{}”每行要有1至{ROW_FIELDS_MAX}个小项", field.label),
        );
    }
    let mut keys = HashSet::new();
    for (at, inner) in field.fields.iter().enumerate() {
        let path = format!("{path}.fields[{at}]");
        key(&format!("{path}.key"), &inner.key, &mut keys, found);
        if fits_row(field.kind, inner.kind) {
            one_field(&path, inner, found);
        } else {
            found.error(
                format!("{path}.kind"),
                "form.row",
                format!(
                    "“{}”里不能放“{}”这种小项，请单独成项",
                    field.label, inner.label
                ),
            );
        }
    }
}

/// What a guide should say and does not: marked, so that somebody completes it.
fn gaps(item: &Item, found: &mut Findings) {
    let mut gap = |missing: bool, field: &str, code: &'static str, message: &str| {
        if missing {
            found.warn(field, code, message);
        }
    };
    gap(
        item.service_objects.is_empty(),
        "service_objects",
        "service_objects.missing",
        "没有服务对象，请补充",
    );
    gap(
        item.case_type == CaseType::Promised
            && item.promised_limit.is_none()
            && item.statutory_limit.is_none(),
        "promised_limit",
        "limit.missing",
        "没有法定时限和承诺时限，办件不能算出到期日，请补充",
    );
    gap(
        item.handling_forms.is_empty(),
        "handling_forms",
        "handling_forms.missing",
        "没有办理形式，请补充",
    );
    gap(
        item.consult_phone.is_empty(),
        "consult_phone",
        "consult_phone.missing",
        "没有咨询电话，请补充",
    );
}

fn key(path: &str, key: &str, seen: &mut HashSet<String>, found: &mut Findings) {
    let fits = !key.is_empty()
        && key.len() <= 64
        && key
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !fits {
        found.error(
            path,
            "key.shape",
            format!("标识“{key}”只能用小写字母、数字和下划线，最长64位"),
        );
    } else if !seen.insert(key.to_owned()) {
        found.error(
            path,
            "key.repeated",
            format!("标识“{key}”重复了，请改成不同的"),
        );
    }
}

#[cfg(test)]
mod tests;
