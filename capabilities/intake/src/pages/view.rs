//! What templates show: plain texts, ready for the page's language.

use catalog::form::{max_length, rule};
use catalog::model::{Field, FieldKind, Item, Material};
use ui::Page;

use approval::details::MaterialGiven;

use crate::form::{Typed, Wrong};
use crate::materials::{self, Need};

/// A question with what was typed and what is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct FieldView {
    /// Name and id of the control.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    /// `text`, `long`, `choice`, `choices`, `confirm`.
    pub(crate) control: &'static str,
    pub(crate) required: bool,
    pub(crate) value: String,
    pub(crate) options: Vec<OptionView>,
    /// Empty if nothing is wrong.
    pub(crate) error: String,
    pub(crate) input_mode: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) width: &'static str,
    pub(crate) checked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct OptionView {
    pub(crate) id: String,
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) checked: bool,
}

impl FieldView {
    /// `prefix` keeps names of different parts of one page apart.
    pub(crate) fn of(
        page: &Page,
        prefix: &str,
        field: &Field,
        typed: &Typed,
        wrong: &[Wrong],
    ) -> FieldView {
        let texts = typed.get(&field.key).map_or(&[][..], Vec::as_slice);
        let name = format!("{prefix}{}", field.key);
        let rule = rule(field.kind);
        let options = field
            .options
            .iter()
            .enumerate()
            .map(|(place, option)| OptionView {
                // The error summary leads to the first one.
                id: if place == 0 {
                    name.clone()
                } else {
                    format!("{name}-{place}")
                },
                value: option.value.clone(),
                label: option.label.clone(),
                hint: option.hint.clone(),
                checked: texts.contains(&option.value),
            })
            .collect();
        FieldView {
            label: field.label.clone(),
            hint: hint(page, field),
            control: match field.kind {
                FieldKind::LongText => "long",
                FieldKind::Choice => "choice",
                FieldKind::Choices => "choices",
                FieldKind::Confirm => "confirm",
                _ => "text",
            },
            required: field.required,
            value: texts.first().cloned().unwrap_or_default(),
            options,
            error: error_of(page, wrong, &field.key),
            input_mode: rule.input_mode,
            autocomplete: rule.autocomplete,
            width: match field.kind {
                FieldKind::CitizenId | FieldKind::Uscc | FieldKind::BankCard => "w-id",
                FieldKind::Phone | FieldKind::Date | FieldKind::Amount | FieldKind::Number => {
                    "w-10"
                }
                FieldKind::Text if max_length(field) <= 30 => "w-20",
                _ => "",
            },
            checked: texts
                .first()
                .is_some_and(|text| matches!(text.as_str(), "1" | "on" | "true")),
            name,
        }
    }
}

fn hint(page: &Page, field: &Field) -> String {
    if !field.hint.is_empty() {
        return field.hint.clone();
    }
    match field.kind {
        FieldKind::CitizenId => page.t("18位，最后一位可以是X").to_owned(),
        FieldKind::Date => page.t("年-月-日，例如2026-05-21").to_owned(),
        FieldKind::Amount => page.t("单位：元，最多两位小数").to_owned(),
        _ => String::new(),
    }
}

/// The sentence about one field, in the page's language; empty if nothing is wrong.
pub(crate) fn error_of(page: &Page, wrong: &[Wrong], key: &str) -> String {
    wrong
        .iter()
        .find(|wrong| wrong.field == key)
        .map_or_else(String::new, |wrong| said(page, &wrong.said))
}

/// A sentence in the page's language.
pub(crate) fn said(page: &Page, said: &crate::said::Said) -> String {
    page.tf(&said.template, &said.pairs())
}

/// The error summary: (id of the control, sentence).
pub(crate) fn summary(page: &Page, prefix: &str, wrong: &[Wrong]) -> Vec<(String, String)> {
    wrong
        .iter()
        .map(|wrong| (format!("{prefix}{}", wrong.field), said(page, &wrong.said)))
        .collect()
}

/// A material on a page where it can be handed in.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a template's switches, each shown by itself"
)]
#[derive(Clone, Debug)]
pub(crate) struct MaterialView {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) need: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) condition: String,
    pub(crate) source: String,
    pub(crate) notes: String,
    pub(crate) standard: String,
    pub(crate) form: String,
    pub(crate) copies: String,
    pub(crate) paper_allowed: bool,
    /// The paper was taken in, or will be brought.
    pub(crate) paper: bool,
    pub(crate) shared: bool,
    pub(crate) later: bool,
    pub(crate) files: Vec<FileView>,
    pub(crate) error: String,
    /// What a correction notice asks for.
    pub(crate) asked: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct FileView {
    pub(crate) name: String,
    pub(crate) size: String,
    pub(crate) digest: String,
    pub(crate) href: String,
}

impl MaterialView {
    pub(crate) fn of(
        page: &Page,
        item: &Item,
        material: &Material,
        given: &[MaterialGiven],
        wrong: &[Wrong],
        href: impl Fn(&str) -> String,
    ) -> MaterialView {
        let entry = materials::given(given, &material.key);
        let need = materials::need(material);
        MaterialView {
            key: material.key.clone(),
            name: material.name.clone(),
            need: need.label(),
            tone: need.tone(),
            condition: material.condition.clone(),
            source: source(page, material),
            notes: material.fill_notes.clone(),
            standard: material.accept_standard.clone(),
            form: material.form.clone(),
            copies: copies(page, material),
            paper_allowed: materials::paper_allowed(item, material) && need != Need::Shared,
            paper: entry.is_some_and(|entry| entry.paper || materials::will_bring_paper(entry)),
            shared: need == Need::Shared,
            later: need == Need::Later,
            files: entry
                .map(|entry| {
                    entry
                        .files
                        .iter()
                        .map(|file| FileView {
                            name: file.name.clone(),
                            size: materials::size_text(file.size),
                            href: href(&file.digest),
                            digest: file.digest.clone(),
                        })
                        .collect()
                })
                .unwrap_or_default(),
            error: error_of(page, wrong, &material.key),
            asked: Vec::new(),
        }
    }
}

fn source(page: &Page, material: &Material) -> String {
    use catalog::model::SourceChannel;
    let channel = match material.source_channel {
        SourceChannel::Applicant => page.t("申请人自备"),
        SourceChannel::Government => page.t("政府部门核发"),
        SourceChannel::Other => page.t("其他机构出具"),
    };
    if material.source_agency.is_empty() {
        channel.to_owned()
    } else {
        format!("{channel}（{}）", material.source_agency)
    }
}

fn copies(page: &Page, material: &Material) -> String {
    let mut parts = Vec::new();
    if material.original_count > 0 {
        parts.push(page.t1("原件{n}份", "n", material.original_count));
    }
    if material.copy_count > 0 {
        parts.push(page.t1("复印件{n}份", "n", material.copy_count));
    }
    parts.join("，")
}

/// A row of 核对: label, answer, where to change it.
#[derive(Clone, Debug)]
pub(crate) struct AnswerRow {
    pub(crate) label: String,
    pub(crate) value: String,
    /// Address of the page that changes it; empty where it cannot be changed.
    pub(crate) change: String,
}

/// A part of 核对.
#[derive(Clone, Debug)]
pub(crate) struct AnswerPart {
    pub(crate) title: String,
    pub(crate) rows: Vec<AnswerRow>,
}
