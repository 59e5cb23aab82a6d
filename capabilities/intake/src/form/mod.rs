//! Answers to an item's form: reading what was typed, checking it, showing it again.
//!
//! A draft keeps answers as they were typed ([`Typed`]); a case keeps them as JSON of the form's schema.
//! [`read`] goes from the one to the other, [`typed`] back. [`check`] is the one door for all channels: our own
//! rules say what to do about a value, the JSON Schema of the item version has the last word.

mod check;
mod read;
mod schema;
mod show;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::said::Said;

pub use check::{check, citizen_id_said, fits_options, uscc_said};
pub use read::{normalise, phone_said, read, read_fields};
pub use schema::{Schemas, compile};
pub use show::{shown, typed, typed_all};

/// Answers as JSON, by field key.
pub type Answers = Map<String, Value>;

/// Answers as typed, by field key; several texts for a choice of many.
pub type Typed = BTreeMap<String, Vec<String>>;

/// What is wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Field key; the unknown key itself where a field does not exist.
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

/// Everything wrong with the answers of one page, as typed.
pub(crate) fn check_page(
    intake: &crate::Intake,
    published: &catalog::model::Published,
    page: &catalog::model::FormPage,
    typed: &Typed,
) -> web::Result<Vec<Wrong>> {
    let of_page = |wrong: &Wrong| page.fields.iter().any(|field| field.key == wrong.field);
    let (answers, mut wrong) = read_fields(page.fields.iter(), typed);
    let validator = intake.schemas.of(published)?;
    let found = check(
        &published.item.form,
        &validator,
        &answers,
        intake.app.today(),
    );
    for finding in found.into_iter().filter(of_page) {
        if !wrong.iter().any(|known| known.field == finding.field) {
            wrong.push(finding);
        }
    }
    let place = |key: &str| page.fields.iter().position(|field| field.key == key);
    wrong.sort_by_key(|wrong| place(&wrong.field));
    Ok(wrong)
}

/// Reads and checks a whole form as typed: the answers, and everything wrong in the form's order.
pub(crate) fn check_typed(
    intake: &crate::Intake,
    published: &catalog::model::Published,
    typed: &Typed,
) -> web::Result<(Answers, Vec<Wrong>)> {
    let form = &published.item.form;
    let (answers, mut wrong) = read(form, typed);
    let validator = intake.schemas.of(published)?;
    for finding in check(form, &validator, &answers, intake.app.today()) {
        if !wrong.iter().any(|known| known.field == finding.field) {
            wrong.push(finding);
        }
    }
    let place = |key: &str| form.fields().position(|field| field.key == key);
    wrong.sort_by_key(|wrong| place(&wrong.field));
    Ok((answers, wrong))
}

/// The longest text kept of one typed answer, in bytes; more than any field may have.
pub const TYPED_BYTES_MAX: usize = 16 * 1024;
