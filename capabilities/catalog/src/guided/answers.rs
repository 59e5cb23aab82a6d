//! Answers: typed, as a case keeps them, as an address carries them, and in words.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Question, QuestionKind};

/// Answers by the key of the question.
pub type Answers = BTreeMap<String, Answer>;

/// What stands before a question's key in an address.
pub const PREFIX: &str = "q-";
/// The largest number that can be answered.
pub(super) const NUMBER_MAX: i64 = 1_000_000_000;

/// One answer: `"home"`, `["online"]`, `true`, `120`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(untagged)]
pub enum Answer {
    YesNo(bool),
    Number(i64),
    One(String),
    Several(Vec<String>),
}

/// Why an answer does not fit its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    Missing,
    NotAnOption,
    NotANumber,
}

impl Misfit {
    /// What to do about it.
    pub fn says(self) -> &'static str {
        match self {
            Misfit::Missing => "请回答这个问题",
            Misfit::NotAnOption => "请在列出的选项中选择",
            Misfit::NotANumber => "请填写整数，例如120",
        }
    }
}

impl Answer {
    /// Whether it answers the question.
    pub fn fits(&self, question: &Question) -> Result<(), Misfit> {
        let known = |value: &String| question.options.iter().any(|option| option.value == *value);
        match (self, question.kind) {
            (Answer::One(value), QuestionKind::Choice) if known(value) => Ok(()),
            (Answer::Several(values), QuestionKind::Choices) if values.is_empty() => {
                Err(Misfit::Missing)
            }
            (Answer::Several(values), QuestionKind::Choices) if values.iter().all(known) => Ok(()),
            (Answer::YesNo(_), QuestionKind::YesNo) => Ok(()),
            (Answer::Number(number), QuestionKind::Number) if (0..=NUMBER_MAX).contains(number) => {
                Ok(())
            }
            (_, QuestionKind::Number) => Err(Misfit::NotANumber),
            _ => Err(Misfit::NotAnOption),
        }
    }

    /// What was sent for a question; none where nothing was.
    pub fn read(question: &Question, sent: &[&str]) -> Result<Answer, Misfit> {
        let first = sent
            .iter()
            .map(|text| text.trim())
            .find(|text| !text.is_empty());
        let first = first.ok_or(Misfit::Missing)?;
        let answer = match question.kind {
            QuestionKind::Choice => Answer::One(first.to_owned()),
            QuestionKind::Choices => Answer::Several(
                // In the order of the options, each once: the same choice is the same answer.
                question
                    .options
                    .iter()
                    .filter(|option| sent.contains(&option.value.as_str()))
                    .map(|option| option.value.clone())
                    .collect(),
            ),
            QuestionKind::YesNo => Answer::YesNo(match first {
                "yes" => true,
                "no" => false,
                _ => return Err(Misfit::NotAnOption),
            }),
            QuestionKind::Number => Answer::Number(
                base::text::single_line(first)
                    .parse()
                    .map_err(|_| Misfit::NotANumber)?,
            ),
        };
        answer.fits(question).map(|()| answer)
    }

    /// The texts a form or an address carries.
    pub fn sent(&self) -> Vec<String> {
        match self {
            Answer::One(value) => vec![value.clone()],
            Answer::Several(values) => values.clone(),
            Answer::YesNo(yes) => vec![if *yes { "yes" } else { "no" }.to_owned()],
            Answer::Number(number) => vec![number.to_string()],
        }
    }

    /// As people read it.
    pub fn in_words(&self, question: &Question) -> String {
        let label = |value: &String| {
            question
                .options
                .iter()
                .find(|option| option.value == *value)
                .map_or_else(|| value.clone(), |option| option.label.clone())
        };
        match self {
            Answer::One(value) => label(value),
            Answer::Several(values) => values.iter().map(label).collect::<Vec<_>>().join("、"),
            Answer::YesNo(true) => "是".to_owned(),
            Answer::YesNo(false) => "否".to_owned(),
            Answer::Number(number) => number.to_string(),
        }
    }
}

/// Reads the answers among the pairs of an address or a form; what does not fit is passed over and asked again.
pub fn from_pairs(questions: &[Question], pairs: &[(String, String)]) -> Answers {
    let mut answers = Answers::new();
    for question in questions {
        let sent: Vec<&str> = pairs
            .iter()
            .filter(|(name, _)| name.strip_prefix(PREFIX) == Some(&question.key))
            .map(|(_, text)| text.as_str())
            .collect();
        if let Ok(answer) = Answer::read(question, &sent) {
            answers.insert(question.key.clone(), answer);
        }
    }
    answers
}

/// The pairs that [`from_pairs`] reads.
pub fn to_pairs(answers: &Answers) -> Vec<(String, String)> {
    answers
        .iter()
        .flat_map(|(key, answer)| {
            let name = format!("{PREFIX}{key}");
            answer
                .sent()
                .into_iter()
                .map(move |text| (name.clone(), text))
        })
        .collect()
}
