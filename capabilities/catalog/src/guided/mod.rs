//! 情形导办: what the answers to an item's questions mean.
//!
//! [`Guide::compile`] reads the conditions once, [`Guide::progress`] walks the questions with the answers given so
//! far, [`Guide::applied`] makes the item as it applies to one person: exactly the materials, pages, limit and visits.
//! [`check()`] proves before publishing that every way through the questions ends well ([`mod@check`]).
//!
//! A question that was not asked has no answer. A condition about it is neither true nor false, and what is not true
//! does not hold; `&&`, `||` and `!` treat it as CEL treats an error (Kleene's logic).

mod answers;
mod applied;
pub mod check;
mod compile;
mod condition;
mod picture;
pub mod sheet;

mod walk;

#[cfg(test)]
mod tests;

pub use answers::{Answer, Answers, Misfit, PREFIX, from_pairs, to_pairs};
pub use check::{Report, check};

use condition::{Conditions, Formula, Truth};

use crate::model::{Outcome, Question, Situation};

/// Most questions of one guide.
pub const QUESTIONS_MAX: usize = 60;
/// Most outcomes of one guide.
pub const OUTCOMES_MAX: usize = 200;
/// Most options of a question that takes several: their combinations are all walked.
pub const COMBINED_OPTIONS_MAX: usize = 12;

/// A guide whose conditions were read and found sound.
#[derive(Debug)]
pub struct Guide {
    situation: Situation,
    conditions: Conditions,
    /// When each question is asked.
    asked: Vec<Formula>,
    /// When each outcome holds.
    holds: Vec<Formula>,
}

/// How far the answers lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Questions asked and answered, in their order.
    pub answered: Vec<usize>,
    pub step: Step,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This question comes next.
    Ask(usize),
    /// This outcome says that the item does not help.
    Stop(usize),
    /// All is answered: the outcomes that hold.
    Done(Vec<usize>),
}

impl Guide {
    pub fn questions(&self) -> &[Question] {
        &self.situation.questions
    }

    pub fn outcomes(&self) -> &[Outcome] {
        &self.situation.outcomes
    }

    /// Walks the questions in their order. Answers to questions that are not asked are passed over.
    pub fn progress(&self, answers: &Answers) -> Progress {
        let mut known: Vec<Option<Answer>> = vec![None; self.questions().len()];
        let mut answered = Vec::new();
        for at in 0..self.questions().len() {
            if let Some(stop) = self.stopped(&known) {
                return Progress {
                    answered,
                    step: Step::Stop(stop),
                };
            }
            if self.conditions.truth(&self.asked[at], &known) != Truth::True {
                continue;
            }
            let question = &self.questions()[at];
            let Some(answer) = answers
                .get(&question.key)
                .filter(|answer| answer.fits(question).is_ok())
            else {
                return Progress {
                    answered,
                    step: Step::Ask(at),
                };
            };
            known[at] = Some(answer.clone());
            answered.push(at);
        }
        if let Some(stop) = self.stopped(&known) {
            return Progress {
                answered,
                step: Step::Stop(stop),
            };
        }
        let done = (0..self.outcomes().len())
            .filter(|at| self.conditions.truth(&self.holds[*at], &known) == Truth::True)
            .collect();
        Progress {
            answered,
            step: Step::Done(done),
        }
    }

    /// The first outcome that ends the guide with what is known: what holds now holds whatever is answered later.
    fn stopped(&self, known: &[Option<Answer>]) -> Option<usize> {
        (0..self.outcomes().len()).find(|at| {
            !self.outcomes()[*at].stop.is_empty()
                && self.conditions.truth(&self.holds[*at], known) == Truth::True
        })
    }

    /// Only the answers to questions that are asked: what a case keeps.
    pub fn kept(&self, answers: &Answers) -> Answers {
        self.progress(answers)
            .answered
            .into_iter()
            .filter_map(|at| {
                let key = &self.questions()[at].key;
                answers.get(key).map(|answer| (key.clone(), answer.clone()))
            })
            .collect()
    }

    /// Questions and answers in words, for people.
    pub fn told(&self, answers: &Answers) -> Vec<(String, String)> {
        self.progress(answers)
            .answered
            .into_iter()
            .filter_map(|at| {
                let question = &self.questions()[at];
                let answer = answers.get(&question.key)?;
                Some((question.text.clone(), answer.in_words(question)))
            })
            .collect()
    }
}
