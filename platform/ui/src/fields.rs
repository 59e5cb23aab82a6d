//! Questions of a form as `questions.html` shows them: every kind of answer that a form can ask for.
//!
//! What fills these in knows the form; what stands here is text, ready for the page's language.

/// One question with what was typed and what is wrong with it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a template's switches, each shown by itself"
)]
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Name and id of the control.
    pub name: String,
    pub label: String,
    pub hint: String,
    /// `text`, `long`, `choice`, `choices`, `confirm`, `date`, `region`, `file`, `signature`, `group`, `table`.
    pub control: &'static str,
    pub required: bool,
    pub value: String,
    pub options: Vec<Choice>,
    /// Empty if nothing is wrong.
    pub error: String,
    pub input_mode: &'static str,
    pub autocomplete: &'static str,
    pub width: &'static str,
    pub checked: bool,
    /// Year, month, day of a date; street of a region; name and confirmation of a signature.
    pub parts: Vec<Part>,
    /// The lists of a region, from the province down.
    pub levels: Vec<Level>,
    /// The file or the drawn signature that is there.
    pub file: Option<File>,
    /// Rows of a group or table.
    pub rows: Vec<Row>,
    /// What the buttons beside the field name it by: `add:` and this.
    pub key: String,
    /// Headings of a table, and whether they must be filled in.
    pub heads: Vec<(String, bool)>,
    pub may_add: bool,
    pub may_remove: bool,
}

/// One choice.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub id: String,
    pub value: String,
    pub label: String,
    pub hint: String,
    pub checked: bool,
}

/// One box of several that make up an answer.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub id: String,
    pub name: String,
    pub label: String,
    pub value: String,
    pub error: String,
}

/// One list of the region tree.
#[derive(Clone, Debug, Default)]
pub struct Level {
    pub id: String,
    pub label: String,
    /// Code, name, chosen.
    pub options: Vec<(String, String, bool)>,
}

/// A file that was uploaded before.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub name: String,
    pub size: String,
    pub digest: String,
    /// Empty where it cannot be looked at.
    pub href: String,
}

/// One row of a group or table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Counted from 1.
    pub number: usize,
    pub fields: Vec<Field>,
}
