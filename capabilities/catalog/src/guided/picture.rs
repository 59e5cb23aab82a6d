//! A picture of a guide: the questions one below the other, each with the way that leads to it, and the outcomes
//! beside them. Colours are the page's own.

use std::fmt::Write as _;

use super::Guide;
use super::condition::Formula;
use crate::model::{Outcome, Question};

const WIDTH: usize = 860;
const BOX: usize = 320;
const ROW: usize = 64;
const HEIGHT: usize = 44;
const LEFT: usize = 90;
const RIGHT: usize = 520;
/// Characters of a text in a box, and of a condition beside an arrow.
const CHARS: usize = 20;

impl Guide {
    /// The guide drawn as SVG.
    pub fn picture(&self, title: &str) -> String {
        let rows = self.questions().len().max(self.outcomes().len()).max(1);
        let height = rows * ROW + 16;
        let mut out = String::new();
        let _infallible = write!(
            out,
            "<svg class=\"situation\" role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             font-size=\"14\" fill=\"none\" stroke=\"currentColor\"><title>{}</title>",
            escaped(title)
        );
        for (at, question) in self.questions().iter().enumerate() {
            self.arrows(&mut out, &self.asked[at], at, false);
            boxed(
                &mut out,
                LEFT,
                at,
                &question_text(at, question),
                &question.when,
                false,
            );
        }
        for (at, outcome) in self.outcomes().iter().enumerate() {
            self.arrows(&mut out, &self.holds[at], at, true);
            let stops = !outcome.stop.is_empty();
            boxed(
                &mut out,
                RIGHT,
                at,
                &outcome_text(outcome),
                &outcome.when,
                stops,
            );
        }
        out.push_str("</svg>");
        out
    }

    /// Lines from the questions a condition looks at to the box it belongs to.
    fn arrows(&self, out: &mut String, formula: &Formula, row: usize, to_outcome: bool) {
        let mut questions = Vec::new();
        self.conditions.questions(formula, &mut questions);
        questions.sort_unstable();
        questions.dedup();
        for question in questions {
            let (from, to) = (middle(question), middle(row));
            let _infallible = if to_outcome {
                let (start, end) = (LEFT + BOX, RIGHT);
                let bend = usize::midpoint(start, end);
                write!(
                    out,
                    "<path opacity=\"0.5\" d=\"M{start} {from} C{bend} {from} {bend} {to} {end} {to}\"/>"
                )
            } else {
                let bend = LEFT.saturating_sub(14 * (row - question).min(5));
                write!(
                    out,
                    "<path opacity=\"0.5\" d=\"M{LEFT} {from} C{bend} {from} {bend} {to} {LEFT} {to}\"/>"
                )
            };
        }
    }
}

fn middle(row: usize) -> usize {
    8 + row * ROW + HEIGHT / 2
}

fn boxed(out: &mut String, x: usize, row: usize, text: &str, when: &str, stops: bool) {
    let y = 8 + row * ROW;
    let dashes = if stops {
        " stroke-dasharray=\"5 3\""
    } else {
        ""
    };
    let _infallible = write!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX}\" height=\"{HEIGHT}\" rx=\"6\"{dashes}/>\
         <g fill=\"currentColor\" stroke=\"none\"><text x=\"{}\" y=\"{}\">{}</text>",
        x + 10,
        y + 19,
        escaped(&base::text::shorten(text, CHARS)),
    );
    if !when.is_empty() {
        let _infallible = write!(
            out,
            "<text x=\"{}\" y=\"{}\" font-size=\"12\" opacity=\"0.75\">{}</text>",
            x + 10,
            y + 37,
            escaped(&base::text::shorten(when, CHARS * 2)),
        );
    }
    out.push_str("</g>");
}

fn question_text(at: usize, question: &Question) -> String {
    format!("{}. {}", at + 1, question.text)
}

fn outcome_text(outcome: &Outcome) -> String {
    if outcome.name.is_empty() {
        outcome.key.clone()
    } else {
        outcome.name.clone()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
