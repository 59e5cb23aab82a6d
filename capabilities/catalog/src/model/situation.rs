//! 情形导办: questions that lead to exactly what a person's situation needs.
//!
//! Conditions are CEL over the answers: `place == "home"`, `"online" in ways`, `area > 100`. A question is asked where
//! its condition holds; every outcome whose condition holds applies. What the answers mean is computed by
//! [`crate::guided`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Choice, Limit};

/// The questions and what follows from the answers. Empty where the item asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Situation {
    /// In the order they are asked; a condition may only look back.
    pub questions: Vec<Question>,
    pub outcomes: Vec<Outcome>,
}

impl Situation {
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Question {
    /// `[a-z][a-z0-9_]*`, unique in the guide: the variable of conditions.
    pub key: String,
    /// e.g. 您的店开在哪里？
    pub text: String,
    pub hint: String,
    pub kind: QuestionKind,
    /// For a choice: at least two.
    pub options: Vec<Choice>,
    /// For a number: where the answers begin to mean something else, ascending. The check walks every interval.
    pub steps: Vec<i64>,
    /// CEL over the answers before; empty means it is always asked.
    pub when: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// A string, one of the options.
    #[default]
    Choice,
    /// A list of strings among the options.
    Choices,
    /// A boolean.
    YesNo,
    /// A whole number.
    Number,
}

/// What holds where `when` holds. Empty members change nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Outcome {
    /// `[a-z][a-z0-9_]*`, unique in the guide.
    pub key: String,
    /// e.g. 网络经营
    pub name: String,
    /// CEL over the answers; empty means always.
    pub when: String,
    /// Suffix of the 业务办理项 applied for.
    pub handling_item: String,
    /// Keys of situational materials that are needed.
    pub materials: Vec<String>,
    /// Keys of materials that are not needed.
    pub without: Vec<String>,
    /// Keys of form pages that are asked; pages named by any outcome are asked only where one of them applies.
    pub pages: Vec<String>,
    pub promised_limit: Option<Limit>,
    pub visit_count: Option<u8>,
    /// Name of the route through the offices; empty for the usual one.
    pub route: String,
    /// Where the person cannot be helped by this item: why, and what to do instead. Ends the guide.
    pub stop: String,
}
