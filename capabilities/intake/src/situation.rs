//! 情形导办 on the way in: answers that came with an application, and the item as it applies to them.

use std::sync::Arc;

use catalog::guided::{self, Answers, Step};
use catalog::model::Published;
use web::{Fields, Problem, Result};

use crate::Intake;

/// Answers among the pairs of an address, a form field, or a whole form.
pub fn of_pairs<'a>(
    published: &Published,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Answers {
    let pairs: Vec<(String, String)> = pairs
        .filter(|(name, _)| name.starts_with(guided::PREFIX))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    guided::from_pairs(&published.item.situation.questions, &pairs)
}

/// Answers as one text, as an address carries them.
pub fn of_text(published: &Published, text: &str) -> Result<Answers> {
    let fields = Fields::parse(text.as_bytes())
        .map_err(|malformed| Problem::invalid("situation", malformed.to_string()))?;
    Ok(of_pairs(published, fields.iter()))
}

/// The text that [`of_text`] reads.
pub fn to_text(answers: &Answers) -> String {
    let pairs = guided::to_pairs(answers);
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let address = catalog::pages::links::with_query("", &pairs);
    address.strip_prefix('?').unwrap_or_default().to_owned()
}

impl Intake {
    /// The version as it applies to these answers, with those that count. Without answers, the whole item.
    ///
    /// # Errors
    /// A question is open, or the answers say that this item does not help.
    pub fn in_situation(
        &self,
        published: &Arc<Published>,
        answers: &Answers,
    ) -> Result<(Arc<Published>, Answers)> {
        let Some(guide) = self
            .catalog
            .guide(published)
            .filter(|_| !answers.is_empty())
        else {
            return Ok((Arc::clone(published), Answers::new()));
        };
        match guide.progress(answers).step {
            Step::Ask(at) => Err(Problem::invalid(
                "situation",
                format!("请先回答：{}", guide.questions()[at].text),
            )),
            Step::Stop(at) => Err(Problem::conflict(
                "situation_stops",
                guide.outcomes()[at].stop.clone(),
            )),
            Step::Done(_) => Ok((guide.published(published, answers), guide.kept(answers))),
        }
    }

    /// Questions and answers in words.
    pub fn told(&self, published: &Published, answers: &Answers) -> Vec<(String, String)> {
        self.catalog
            .guide(published)
            .map_or_else(Vec::new, |guide| guide.told(answers))
    }
}
