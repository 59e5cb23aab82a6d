//! Answers to an item's form: reading what was typed, checking it, showing it again.
//!
//! A draft keeps answers as they were typed ([`Typed`]); a case keeps them as JSON of the form's schema.
//! [`read`] goes from the one to the other, [`typed_all`] back; [`lookup`] completes what refers to something outside.
//! [`check`] is the one door for all channels: our own
//! rules say what to do about a value, the JSON Schema of the item version has the last word.

mod check;
pub mod lookup;
mod read;
mod schema;
pub mod typed;

#[cfg(test)]
mod nested_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::said::Said;

pub use catalog::form::shown;
pub use check::{check, citizen_id_said, fits_options, uscc_said};
pub use read::{normalise, phone_said, read, read_fields};
pub use schema::{Schemas, compile};
pub use typed::typed_all;

/// Answers as JSON, by field key.
pub type Answers = Map<String, Value>;

/// Answers as typed, by the name of the control ([`typed`]); several texts for a choice of many.
pub type Typed = BTreeMap<String, Vec<String>>;

/// What is wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Name of the control ([`typed`]), which is the field key where an answer is one value; the unknown key itself
    /// where a field does not exist.
    pub field: String,
    pub said: Said,
}

impl Wrong {
    pub(crate) fn new(field: &str, said: Said) -> Wrong {
        Wrong {
            field: field.to_owned(),
            said,
        }
    }
}

impl crate::Intake {
    /// Completes answers by what they refer to; tells what does not exist.
    pub async fn settle(
        &self,
        who: &lookup::Who,
        form: &catalog::model::Form,
        answers: &mut Answers,
    ) -> web::Result<Vec<Wrong>> {
        if !lookup::refers(form.fields()) {
            return Ok(Vec::new());
        }
        let (who, asked, wanted) = (who.clone(), form.clone(), answers.clone());
        let found = self
            .app
            .db
            .read(move |tx| lookup::find(tx, &who, asked.fields(), &wanted))
            .await?;
        Ok(lookup::settle(form.fields(), answers, &found))
    }
}

/// Everything wrong with the answers of one page, as typed.
pub(crate) async fn check_page(
    intake: &crate::Intake,
    published: &catalog::model::Published,
    page: &catalog::model::FormPage,
    typed: &Typed,
    who: &lookup::Who,
) -> web::Result<Vec<Wrong>> {
    let form = catalog::model::Form {
        pages: vec![page.clone()],
    };
    let of_page = |wrong: &Wrong| form.field(typed::base_key(&wrong.field)).is_some();
    let (mut answers, mut wrong) = read(&form, typed);
    add(&mut wrong, intake.settle(who, &form, &mut answers).await?);
    let validator = intake.schemas.of(published)?;
    let found = check(
        &published.item.form,
        &validator,
        &answers,
        intake.app.today(),
    );
    add(&mut wrong, found.into_iter().filter(of_page));
    in_order(&form, &mut wrong);
    Ok(wrong)
}

/// Reads and checks a whole form as typed: the answers, and everything wrong in the form's order.
pub(crate) async fn check_typed(
    intake: &crate::Intake,
    published: &catalog::model::Published,
    typed: &Typed,
    who: &lookup::Who,
) -> web::Result<(Answers, Vec<Wrong>)> {
    let form = &published.item.form;
    let (mut answers, mut wrong) = read(form, typed);
    add(&mut wrong, intake.settle(who, form, &mut answers).await?);
    let validator = intake.schemas.of(published)?;
    add(
        &mut wrong,
        check(form, &validator, &answers, intake.app.today()),
    );
    in_order(form, &mut wrong);
    Ok((answers, wrong))
}

/// One sentence for each control: the first one.
fn add(wrong: &mut Vec<Wrong>, more: impl IntoIterator<Item = Wrong>) {
    for finding in more {
        if !wrong.iter().any(|known| known.field == finding.field) {
            wrong.push(finding);
        }
    }
}

/// Puts findings in the order in which the form asks; those about one field in the order of its rows and parts.
fn in_order(form: &catalog::model::Form, wrong: &mut [Wrong]) {
    let place = |name: &str| {
        let mut parts = name.split('-');
        let field = parts.next().unwrap_or_default();
        let at = form.fields().position(|known| known.key == field);
        let row: Option<usize> = parts.next().and_then(|row| row.parse().ok());
        let inner = parts.next().and_then(|key| {
            let mut fields = form.field(field)?.fields.iter();
            fields.position(|inner| inner.key == key)
        });
        (at, row, inner)
    };
    wrong.sort_by_key(|wrong| place(&wrong.field));
}

/// The longest text kept of one typed answer, in bytes; more than any field may have.
pub const TYPED_BYTES_MAX: usize = 16 * 1024;
