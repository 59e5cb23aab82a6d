//! Reading a guide: names, kinds of answers, conditions. What is wrong names the question or outcome and the
//! expression.

use std::collections::HashSet;

use super::condition::{Conditions, Formula};
use super::{COMBINED_OPTIONS_MAX, Guide, OUTCOMES_MAX, QUESTIONS_MAX};
use crate::checks::{Finding, Severity};
use crate::model::{Item, Outcome, Question, QuestionKind, Situation};

/// Words that CEL keeps for itself.
const RESERVED: [&str; 18] = [
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
    "if", "import", "let", "loop", "package", "return", "var",
];

pub(super) fn error(field: String, code: &'static str, message: String) -> Finding {
    Finding {
        severity: Severity::Error,
        field,
        code,
        message,
    }
}

impl Guide {
    /// Reads a guide's conditions.
    ///
    /// # Errors
    /// Everything that is wrong with names, answers and conditions.
    pub fn compile(situation: &Situation, item: &Item) -> Result<Guide, Vec<Finding>> {
        let mut found = Vec::new();
        sizes(situation, &mut found);
        let mut keys = HashSet::new();
        for (at, question) in situation.questions.iter().enumerate() {
            key(
                &question.key,
                &mut keys,
                &place("questions", at, "key"),
                &mut found,
            );
            self::question(question, at, &mut found);
        }
        let mut keys = HashSet::new();
        for (at, outcome) in situation.outcomes.iter().enumerate() {
            key(
                &outcome.key,
                &mut keys,
                &place("outcomes", at, "key"),
                &mut found,
            );
            self::outcome(outcome, at, item, &mut found);
        }
        let questions = &situation.questions;
        let mut conditions = Conditions::new(questions);
        let mut read = |before: usize, when: &str, field: String, whose: &str| {
            conditions
                .read(questions, before, when)
                .unwrap_or_else(|wrong| {
                    found.push(error(
                        field,
                        "situation.condition",
                        format!("{whose}的条件“{when}”：{wrong}"),
                    ));
                    Formula::Known(false)
                })
        };
        let asked = questions
            .iter()
            .enumerate()
            .map(|(at, question)| {
                let whose = format!("问题“{}”", named(&question.text, &question.key));
                read(at, &question.when, place("questions", at, "when"), &whose)
            })
            .collect();
        let holds = situation
            .outcomes
            .iter()
            .enumerate()
            .map(|(at, outcome)| {
                let whose = format!("结果“{}”", named(&outcome.name, &outcome.key));
                read(
                    questions.len(),
                    &outcome.when,
                    place("outcomes", at, "when"),
                    &whose,
                )
            })
            .collect();
        if found.is_empty() {
            Ok(Guide {
                situation: situation.clone(),
                conditions,
                asked,
                holds,
            })
        } else {
            Err(found)
        }
    }
}

/// Where something stands, as fields are named elsewhere.
pub(super) fn place(list: &str, at: usize, member: &str) -> String {
    format!("situation.{list}[{at}].{member}")
}

/// The words for people, else the key.
pub(super) fn named<'a>(text: &'a str, key: &'a str) -> &'a str {
    if text.is_empty() { key } else { text }
}

fn sizes(situation: &Situation, found: &mut Vec<Finding>) {
    if situation.questions.len() > QUESTIONS_MAX {
        found.push(error(
            "situation.questions".to_owned(),
            "situation.size",
            format!("最多{QUESTIONS_MAX}个问题"),
        ));
    }
    if situation.outcomes.len() > OUTCOMES_MAX {
        found.push(error(
            "situation.outcomes".to_owned(),
            "situation.size",
            format!("最多{OUTCOMES_MAX}个结果"),
        ));
    }
}

fn key(key: &str, known: &mut HashSet<String>, field: &str, found: &mut Vec<Finding>) {
    let mut chars = key.chars();
    let shaped = chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !shaped || RESERVED.contains(&key) || key.len() > 40 {
        found.push(error(
            field.to_owned(),
            "situation.key",
            format!("标识“{key}”应以小写字母开头，由小写字母、数字和下划线组成，不超过40个字符"),
        ));
    } else if !known.insert(key.to_owned()) {
        found.push(error(
            field.to_owned(),
            "situation.key",
            format!("标识“{key}”用了两次"),
        ));
    }
}

fn question(question: &Question, at: usize, found: &mut Vec<Finding>) {
    let whose = named(&question.text, &question.key);
    let mut wrong = |member: &str, message: String| {
        found.push(error(
            place("questions", at, member),
            "situation.question",
            message,
        ));
    };
    if question.text.trim().is_empty() {
        wrong("text", format!("请写明第{}个问题", at + 1));
    }
    let choice = matches!(question.kind, QuestionKind::Choice | QuestionKind::Choices);
    if choice {
        let mut values = HashSet::new();
        let fewest = if question.kind == QuestionKind::Choice {
            2
        } else {
            1
        };
        if question.options.len() < fewest {
            wrong("options", format!("问题“{whose}”至少要有{fewest}个选项"));
        }
        if question.kind == QuestionKind::Choices && question.options.len() > COMBINED_OPTIONS_MAX {
            wrong(
                "options",
                format!("多选的问题“{whose}”最多{COMBINED_OPTIONS_MAX}个选项"),
            );
        }
        for option in &question.options {
            if option.value.is_empty() || option.label.trim().is_empty() {
                wrong("options", format!("问题“{whose}”的每个选项都要有值和文字"));
            } else if !values.insert(option.value.as_str()) {
                wrong(
                    "options",
                    format!("问题“{whose}”的选项“{}”写了两次", option.value),
                );
            }
        }
    } else if !question.options.is_empty() {
        wrong("options", format!("问题“{whose}”不是选择题，不能有选项"));
    }
    if question.kind != QuestionKind::Number && !question.steps.is_empty() {
        wrong("steps", format!("问题“{whose}”不是数字题，不能有分界"));
    }
    if question.steps.windows(2).any(|pair| pair[0] >= pair[1]) {
        wrong("steps", format!("问题“{whose}”的分界应从小到大"));
    }
}

/// What an outcome names must be there.
fn outcome(outcome: &Outcome, at: usize, item: &Item, found: &mut Vec<Finding>) {
    let whose = named(&outcome.name, &outcome.key);
    let mut unknown = |member: &str, what: &str, name: &str| {
        found.push(error(
            place("outcomes", at, member),
            "situation.unknown",
            format!("结果“{whose}”引用的{what}“{name}”不存在"),
        ));
    };
    for (member, keys) in [
        ("materials", &outcome.materials),
        ("without", &outcome.without),
    ] {
        for key in keys {
            if !item.materials.iter().any(|material| material.key == *key) {
                unknown(member, "材料", key);
            }
        }
    }
    if let Some(key) = outcome
        .materials
        .iter()
        .find(|key| outcome.without.contains(key))
    {
        found.push(error(
            place("outcomes", at, "without"),
            "situation.contradiction",
            format!("结果“{whose}”既要又不要材料“{key}”"),
        ));
    }
    let mut unknown = |member: &str, what: &str, name: &str| {
        found.push(error(
            place("outcomes", at, member),
            "situation.unknown",
            format!("结果“{whose}”引用的{what}“{name}”不存在"),
        ));
    };
    for key in &outcome.pages {
        if item.form.page(key).is_none() {
            unknown("pages", "申请表页", key);
        }
    }
    let suffix = &outcome.handling_item;
    if !suffix.is_empty()
        && !item
            .handling_items
            .iter()
            .any(|known| known.suffix == *suffix)
    {
        unknown("handling_item", "业务办理项", suffix);
    }
}
