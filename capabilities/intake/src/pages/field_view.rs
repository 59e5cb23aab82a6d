//! A question as a template shows it: its control, what was typed, what is wrong.

use catalog::form::{max_length, rows, rule};
use catalog::model::{Field, FieldKind};
use ui::Page;
use ui::fields::{Choice, Field as FieldView, File, Level, Part, Row};

use super::seen::Seen;
use super::view::error_of;
use crate::form::typed::{row_name, rows_typed};
use crate::form::{Typed, Wrong};

/// What every field of a page is made from.
pub(crate) struct FieldViews<'a> {
    pub(crate) page: &'a Page,
    /// Keeps names of different parts of one page apart.
    pub(crate) prefix: &'a str,
    pub(crate) typed: &'a Typed,
    pub(crate) wrong: &'a [Wrong],
    pub(crate) seen: &'a Seen,
    /// The address of a file by its digest; empty where it cannot be looked at here.
    pub(crate) file_href: &'a dyn Fn(&str) -> String,
}

impl FieldViews<'_> {
    pub(crate) fn of(&self, field: &Field) -> FieldView {
        self.at(field, &field.key)
    }

    fn texts(&self, name: &str) -> &[String] {
        self.typed.get(name).map_or(&[], Vec::as_slice)
    }

    fn text(&self, name: &str) -> String {
        self.texts(name).first().cloned().unwrap_or_default()
    }

    fn error(&self, name: &str) -> String {
        error_of(self.page, self.wrong, name)
    }

    fn at(&self, field: &Field, key: &str) -> FieldView {
        let texts = self.texts(key);
        let name = format!("{}{key}", self.prefix);
        let rule = rule(field.kind);
        let mut view = FieldView {
            label: field.label.clone(),
            hint: hint(self.page, field),
            control: control(field.kind),
            required: field.required,
            value: self.text(key),
            options: Self::options(field, &name, texts),
            error: self.error(key),
            input_mode: rule.input_mode,
            autocomplete: rule.autocomplete,
            width: width(field),
            checked: texts
                .first()
                .is_some_and(|text| matches!(text.as_str(), "1" | "on" | "true")),
            key: key.to_owned(),
            name,
            ..FieldView::default()
        };
        match field.kind {
            FieldKind::Date => self.date(&mut view),
            FieldKind::RegionAddress => self.region(&mut view),
            FieldKind::File => view.file = self.file(key),
            FieldKind::Signature => self.signature(&mut view),
            FieldKind::Group | FieldKind::Table => self.rows(field, &mut view),
            _ => {}
        }
        view
    }

    fn options(field: &Field, name: &str, texts: &[String]) -> Vec<Choice> {
        let options = field.options.iter().enumerate();
        options
            .map(|(place, option)| Choice {
                // The error summary leads to the first one.
                id: if place == 0 {
                    name.to_owned()
                } else {
                    format!("{name}-{place}")
                },
                value: option.value.clone(),
                label: option.label.clone(),
                hint: option.hint.clone(),
                checked: texts.contains(&option.value),
            })
            .collect()
    }

    fn part(&self, view: &FieldView, part: &str, label: &str, value: String) -> Part {
        Part {
            id: format!("{}-{part}", view.name),
            name: format!("{}-{part}", view.name),
            label: self.page.t(label).to_owned(),
            value,
            error: self.error(&format!("{}-{part}", view.key)),
        }
    }

    /// What is no date stays where it was typed: in the first box.
    fn date(&self, view: &mut FieldView) {
        let pieces: Vec<&str> = view.value.split('-').collect();
        let three = match pieces.as_slice() {
            [year, month, day] => [*year, *month, *day],
            _ => [view.value.as_str(), "", ""],
        };
        let words = [("year", "年"), ("month", "月"), ("day", "日")];
        view.parts = words
            .into_iter()
            .zip(three)
            .map(|((part, label), value)| self.part(view, part, label, value.to_owned()))
            .collect();
        // The error summary leads to the year.
        view.parts[0].id.clone_from(&view.name);
    }

    fn region(&self, view: &mut FieldView) {
        const LABELS: [&str; 5] = ["省", "市", "区县", "街道（镇、乡）", "社区（村）"];
        let chosen = self.text(&format!("{}-region", view.key));
        let lists = self.seen.lists(&chosen);
        view.levels = lists
            .into_iter()
            .zip(LABELS)
            .enumerate()
            .map(|(at, ((list, chosen), label))| Level {
                id: if at == 0 {
                    format!("{}-region", view.name)
                } else {
                    format!("{}-level-{at}", view.name)
                },
                label: self.page.t(label).to_owned(),
                options: list
                    .iter()
                    .map(|(code, name)| (code.clone(), name.clone(), code == chosen))
                    .collect(),
            })
            .collect();
        let street = self.text(&format!("{}-street", view.key));
        view.parts = vec![self.part(view, "street", "路名、门牌号、楼层房间", street)];
        let region = self.error(&format!("{}-region", view.key));
        if view.error.is_empty() {
            view.error = region;
        }
    }

    fn signature(&self, view: &mut FieldView) {
        let key = &view.key;
        let (name, sure) = (
            self.text(&format!("{key}-name")),
            self.text(&format!("{key}-sure")),
        );
        view.file = self.file(key);
        view.parts = vec![
            self.part(view, "name", "申请人姓名", name),
            self.part(view, "sure", "本人确认以上内容属实", sure),
        ];
    }

    fn file(&self, key: &str) -> Option<File> {
        let digest = self.text(key);
        let file = self.seen.file(&digest)?;
        Some(File {
            name: file.name.clone(),
            size: crate::materials::size_text(file.size),
            href: (self.file_href)(&digest),
            digest,
        })
    }

    fn rows(&self, field: &Field, view: &mut FieldView) {
        let (fewest, most) = rows(field);
        let least = if field.kind == FieldKind::Table {
            fewest.max(3).min(most)
        } else {
            fewest
        };
        let sent = self
            .typed
            .contains_key(&format!("{}-rows", view.key))
            .then(|| rows_typed(self.typed, &view.key));
        let count = match (sent, field.kind) {
            (Some(sent), _) => sent.clamp(fewest, most),
            (None, _) => least,
        };
        view.rows = (0..count)
            .map(|at| Row {
                number: at + 1,
                fields: field
                    .fields
                    .iter()
                    .map(|inner| self.at(inner, &row_name(&view.key, at, &inner.key)))
                    .collect(),
            })
            .collect();
        view.heads = field
            .fields
            .iter()
            .map(|inner| (inner.label.clone(), inner.required))
            .collect();
        if field.kind == FieldKind::Table {
            // A cell is one line: a date is typed whole.
            for cell in view.rows.iter_mut().flat_map(|row| &mut row.fields) {
                if cell.control == "date" {
                    cell.control = "text";
                }
            }
        }
        view.may_add = count < most;
        view.may_remove = count > fewest;
    }
}

fn control(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::LongText => "long",
        FieldKind::Choice => "choice",
        FieldKind::Choices => "choices",
        FieldKind::Confirm => "confirm",
        FieldKind::Date => "date",
        FieldKind::RegionAddress => "region",
        FieldKind::File => "file",
        FieldKind::Signature => "signature",
        FieldKind::Group => "group",
        FieldKind::Table => "table",
        _ => "text",
    }
}

fn width(field: &Field) -> &'static str {
    match field.kind {
        FieldKind::CitizenId | FieldKind::Uscc | FieldKind::BankCard => "w-id",
        FieldKind::Phone | FieldKind::Amount | FieldKind::Number => "w-10",
        FieldKind::Text if max_length(field) <= 30 => "w-20",
        _ => "",
    }
}

fn hint(page: &Page, field: &Field) -> String {
    if !field.hint.is_empty() {
        return field.hint.clone();
    }
    match field.kind {
        FieldKind::CitizenId => page.t("18位，最后一位可以是X").to_owned(),
        FieldKind::Date => page.t("年、月、日，例如2026 5 21").to_owned(),
        FieldKind::Amount => page.t("单位：元，最多两位小数").to_owned(),
        _ => String::new(),
    }
}
