//! Components that stand on many pages, each compiled once.
//!
//! A macro is written out again wherever it is called, with every macro it calls itself. Those of `components.html`
//! and its neighbours that are long or often used only pass their arguments to a method here; its template is in
//! `templates/components/`. What an argument means is said beside the macro.
//! Each is HTML already: every value in it was escaped by its own template.

use std::borrow::Borrow;

use askama::{Template, filters::HtmlSafe};

use crate::{Definition, Page, View, fields, staff_list, strip::ClockView, viewer::Document};

/// What is wrong with a form, as links to its fields.
#[derive(Template)]
#[template(path = "components/error_summary.html")]
pub struct ErrorSummary<'a> {
    page: &'a Page,
    errors: Vec<(&'a str, &'a str)>,
}

/// The two lines below a label.
#[derive(Template)]
#[template(path = "components/hint_error.html")]
pub struct HintError<'a> {
    page: &'a Page,
    id: &'a str,
    hint: &'a str,
    error: &'a str,
}

/// Label, hint and error of one field.
#[derive(Template)]
#[template(path = "components/field_head.html")]
pub struct FieldHead<'a> {
    page: &'a Page,
    id: &'a str,
    label: &'a str,
    hint: &'a str,
    error: &'a str,
    optional: bool,
}

/// A box of one line.
#[derive(Template)]
#[template(path = "components/text.html")]
pub struct TextField<'a> {
    page: &'a Page,
    name: &'a str,
    label: &'a str,
    value: &'a str,
    hint: &'a str,
    error: &'a str,
    kind: &'a str,
    width: &'a str,
    optional: bool,
    unit: &'a str,
}

/// A box of several lines.
#[derive(Template)]
#[template(path = "components/textarea.html")]
pub struct TextArea<'a> {
    page: &'a Page,
    name: &'a str,
    label: &'a str,
    value: &'a str,
    hint: &'a str,
    error: &'a str,
    rows: &'a str,
    optional: bool,
}

/// A list to choose one from.
#[derive(Template)]
#[template(path = "components/select.html")]
pub struct Select<'a> {
    page: &'a Page,
    name: &'a str,
    label: &'a str,
    value: &'a str,
    hint: &'a str,
    error: &'a str,
    options: Vec<(&'a str, &'a str)>,
    optional: bool,
}

/// A group of which one is chosen.
#[derive(Template)]
#[template(path = "components/radios.html")]
pub struct Radios<'a> {
    page: &'a Page,
    name: &'a str,
    label: &'a str,
    options: Vec<(&'a str, &'a str)>,
    value: &'a str,
    hint: &'a str,
    error: &'a str,
}

/// A group of which any number is ticked.
#[derive(Template)]
#[template(path = "components/checkboxes.html")]
pub struct Checkboxes<'a> {
    page: &'a Page,
    name: &'a str,
    label: &'a str,
    options: Vec<(&'a str, &'a str)>,
    values: &'a [String],
    hint: &'a str,
    error: &'a str,
}

/// A date in three boxes.
#[derive(Template)]
#[template(path = "components/date_parts.html")]
pub struct DateParts<'a> {
    page: &'a Page,
    name: &'a str,
    label: &'a str,
    year: &'a str,
    month: &'a str,
    day: &'a str,
    hint: &'a str,
    error: &'a str,
}

/// A file to choose.
#[derive(Template)]
#[template(path = "components/file_input.html")]
pub struct FileInput<'a> {
    page: &'a Page,
    name: &'a str,
    id: &'a str,
    label: &'a str,
    hint: &'a str,
    error: &'a str,
    multiple: bool,
    accept: &'a str,
}

/// The search box of citizens' pages.
#[derive(Template)]
#[template(path = "components/search.html")]
pub struct SearchBox<'a> {
    page: &'a Page,
    action: &'a str,
    label: &'a str,
    value: &'a str,
    placeholder: &'a str,
}

/// One question of a form, of any kind.
#[derive(Template)]
#[template(path = "components/question.html")]
pub struct Question<'a> {
    page: &'a Page,
    f: &'a fields::Field,
}

/// A whole clock: its name, light, due date, strip and derivation.
#[derive(Template)]
#[template(path = "components/clock.html")]
pub struct ClockPart<'a> {
    page: &'a Page,
    view: &'a ClockView,
}

/// What the signs of a day strip mean.
#[derive(Template)]
#[template(path = "components/strip_key.html")]
pub struct StripKey<'a> {
    page: &'a Page,
}

/// A figure with its definition.
#[derive(Template)]
#[template(path = "components/stat_defined.html")]
pub struct StatDefined<'a> {
    page: &'a Page,
    id: &'a str,
    value: &'a str,
    unit: &'a str,
    href: &'a str,
    note: &'a str,
    definition: &'a Definition,
}

/// Tabs.
#[derive(Template)]
#[template(path = "components/views.html")]
pub struct Views<'a> {
    page: &'a Page,
    items: &'a [View],
    label: &'a str,
}

/// Tabs of a staff list, and saving what it is narrowed to.
#[derive(Template)]
#[template(path = "components/list_views.html")]
pub struct ListViews<'a> {
    page: &'a Page,
    views: &'a staff_list::Views,
}

/// The filter form of a staff list.
#[derive(Template)]
#[template(path = "components/list_filters.html")]
pub struct ListFilters<'a> {
    page: &'a Page,
    filters: &'a staff_list::Filters,
}

/// The heads of a staff list's columns.
#[derive(Template)]
#[template(path = "components/list_head.html")]
pub struct ListHead<'a> {
    page: &'a Page,
    columns: &'a [staff_list::Column],
    ticks: &'a str,
}

/// The buttons over the ticked rows.
#[derive(Template)]
#[template(path = "components/list_bulk.html")]
pub struct ListBulk<'a> {
    page: &'a Page,
    acts: &'a [staff_list::BulkAct],
}

/// A filtered list as a file.
#[derive(Template)]
#[template(path = "components/list_export.html")]
pub struct ListExport<'a> {
    page: &'a Page,
    xlsx: &'a str,
    csv: &'a str,
}

/// The keys of a staff list.
#[derive(Template)]
#[template(path = "components/list_keys.html")]
pub struct ListKeys<'a> {
    page: &'a Page,
    bulk: bool,
}

/// One document of a list, to look at beside a form.
#[derive(Template)]
#[template(path = "components/viewer.html")]
pub struct Viewer<'a> {
    page: &'a Page,
    document: &'a Document,
    id: &'a str,
}

/// The parts of “我的”.
#[derive(Template)]
#[template(path = "components/my_sections.html")]
pub struct MySections<'a> {
    page: &'a Page,
    current: &'a str,
}

macro_rules! html {
    ($($part:ident)*) => {
        $(impl HtmlSafe for $part<'_> {})*
    };
}

html! {
    ErrorSummary HintError FieldHead TextField TextArea Select Radios Checkboxes DateParts
    FileInput SearchBox Question ClockPart StripKey StatDefined Views ListViews ListFilters
    ListHead ListBulk ListExport ListKeys Viewer MySections
}

/// Pairs however a template happens to hold them.
fn pairs<A: AsRef<str>, B: AsRef<str>>(pairs: &[(A, B)]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|(first, second)| (first.as_ref(), second.as_ref()))
        .collect()
}

#[expect(
    clippy::too_many_arguments,
    reason = "the macros' arguments, which have names and defaults there"
)]
impl Page {
    pub fn error_summary<'a, A: AsRef<str>, B: AsRef<str>>(
        &'a self,
        errors: &'a [(A, B)],
    ) -> ErrorSummary<'a> {
        ErrorSummary {
            page: self,
            errors: pairs(errors),
        }
    }

    pub fn hint_error<'a>(&'a self, id: &'a str, hint: &'a str, error: &'a str) -> HintError<'a> {
        HintError {
            page: self,
            id,
            hint,
            error,
        }
    }

    pub fn field_head<'a>(
        &'a self,
        id: &'a str,
        label: &'a str,
        hint: &'a str,
        error: &'a str,
        optional: impl Borrow<bool>,
    ) -> FieldHead<'a> {
        FieldHead {
            page: self,
            id,
            label,
            hint,
            error,
            optional: *optional.borrow(),
        }
    }

    pub fn text_field<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        value: &'a str,
        hint: &'a str,
        error: &'a str,
        kind: &'a str,
        width: &'a str,
        optional: impl Borrow<bool>,
        unit: &'a str,
    ) -> TextField<'a> {
        TextField {
            page: self,
            name,
            label,
            value,
            hint,
            error,
            kind,
            width,
            optional: *optional.borrow(),
            unit,
        }
    }

    pub fn textarea<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        value: &'a str,
        hint: &'a str,
        error: &'a str,
        rows: &'a str,
        optional: impl Borrow<bool>,
    ) -> TextArea<'a> {
        TextArea {
            page: self,
            name,
            label,
            value,
            hint,
            error,
            rows,
            optional: *optional.borrow(),
        }
    }

    pub fn select<'a, A: AsRef<str>, B: AsRef<str>>(
        &'a self,
        name: &'a str,
        label: &'a str,
        value: &'a str,
        hint: &'a str,
        error: &'a str,
        options: &'a [(A, B)],
        optional: impl Borrow<bool>,
    ) -> Select<'a> {
        Select {
            page: self,
            name,
            label,
            value,
            hint,
            error,
            options: pairs(options),
            optional: *optional.borrow(),
        }
    }

    pub fn radios<'a, A: AsRef<str>, B: AsRef<str>>(
        &'a self,
        name: &'a str,
        label: &'a str,
        options: &'a [(A, B)],
        value: &'a str,
        hint: &'a str,
        error: &'a str,
    ) -> Radios<'a> {
        Radios {
            page: self,
            name,
            label,
            options: pairs(options),
            value,
            hint,
            error,
        }
    }

    pub fn checkboxes<'a, A: AsRef<str>, B: AsRef<str>>(
        &'a self,
        name: &'a str,
        label: &'a str,
        options: &'a [(A, B)],
        values: &'a [String],
        hint: &'a str,
        error: &'a str,
    ) -> Checkboxes<'a> {
        Checkboxes {
            page: self,
            name,
            label,
            options: pairs(options),
            values,
            hint,
            error,
        }
    }

    pub fn date_parts<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        year: &'a str,
        month: &'a str,
        day: &'a str,
        hint: &'a str,
        error: &'a str,
    ) -> DateParts<'a> {
        DateParts {
            page: self,
            name,
            label,
            year,
            month,
            day,
            hint,
            error,
        }
    }

    pub fn file_input<'a>(
        &'a self,
        name: &'a str,
        id: &'a str,
        label: &'a str,
        hint: &'a str,
        error: &'a str,
        multiple: impl Borrow<bool>,
        accept: &'a str,
    ) -> FileInput<'a> {
        FileInput {
            page: self,
            name,
            id,
            label,
            hint,
            error,
            multiple: *multiple.borrow(),
            accept,
        }
    }

    pub fn search_box<'a>(
        &'a self,
        action: &'a str,
        label: &'a str,
        value: &'a str,
        placeholder: &'a str,
    ) -> SearchBox<'a> {
        SearchBox {
            page: self,
            action,
            label,
            value,
            placeholder,
        }
    }

    pub fn question<'a>(&'a self, f: &'a fields::Field) -> Question<'a> {
        Question { page: self, f }
    }

    pub fn clock<'a>(&'a self, view: &'a ClockView) -> ClockPart<'a> {
        ClockPart { page: self, view }
    }

    pub fn strip_key(&self) -> StripKey<'_> {
        StripKey { page: self }
    }

    pub fn stat_defined<'a>(
        &'a self,
        id: &'a str,
        value: &'a str,
        unit: &'a str,
        href: &'a str,
        note: &'a str,
        definition: &'a Definition,
    ) -> StatDefined<'a> {
        StatDefined {
            page: self,
            id,
            value,
            unit,
            href,
            note,
            definition,
        }
    }

    pub fn views<'a>(&'a self, items: &'a [View], label: &'a str) -> Views<'a> {
        Views {
            page: self,
            items,
            label,
        }
    }

    pub fn list_views<'a>(&'a self, views: &'a staff_list::Views) -> ListViews<'a> {
        ListViews { page: self, views }
    }

    pub fn list_filters<'a>(&'a self, filters: &'a staff_list::Filters) -> ListFilters<'a> {
        ListFilters {
            page: self,
            filters,
        }
    }

    pub fn list_head<'a>(
        &'a self,
        columns: &'a [staff_list::Column],
        ticks: &'a str,
    ) -> ListHead<'a> {
        ListHead {
            page: self,
            columns,
            ticks,
        }
    }

    pub fn list_bulk<'a>(&'a self, acts: &'a [staff_list::BulkAct]) -> ListBulk<'a> {
        ListBulk { page: self, acts }
    }

    pub fn list_export<'a>(&'a self, xlsx: &'a str, csv: &'a str) -> ListExport<'a> {
        ListExport {
            page: self,
            xlsx,
            csv,
        }
    }

    pub fn list_keys(&self, bulk: impl Borrow<bool>) -> ListKeys<'_> {
        ListKeys {
            page: self,
            bulk: *bulk.borrow(),
        }
    }

    pub fn viewer<'a>(&'a self, document: &'a Document, id: &'a str) -> Viewer<'a> {
        Viewer {
            page: self,
            document,
            id,
        }
    }

    pub fn my_sections<'a>(&'a self, current: &'a str) -> MySections<'a> {
        MySections {
            page: self,
            current,
        }
    }
}
