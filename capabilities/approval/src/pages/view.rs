//! What several pages of a case need: loading it for an actor, its answers and materials as they are shown.

use std::sync::Arc;

use base::ids::CaseId;
use casework::{Actor, Case};
use catalog::model::{Field, FieldKind, Item, Published};
use serde_json::Value;

use crate::{
    answers::{self, Answers},
    details,
    error::Error,
    flow::KIND,
    origins::Origins,
    service::{Approval, may_know},
};

/// A case with everything a page shows beside it.
pub(crate) struct Loaded {
    pub case: Case,
    pub answers: Answers,
    /// 办理情形: questions and answers that the materials and pages follow from.
    pub situation: Vec<(String, String)>,
    pub published: Option<Arc<Published>>,
    pub org_name: String,
    pub applicant: Option<people::Party>,
}

impl Approval {
    /// Loads a case for an actor who may know it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody else.
    pub(crate) async fn open_for(&self, actor: &Actor, id: CaseId) -> Result<Loaded, Error> {
        let (actor, me) = (actor.clone(), self.clone());
        self.app
            .db
            .read(move |tx| {
                let case = cases::load(tx, id)?
                    .filter(|case| case.kind == KIND && may_know(&actor, case))
                    .ok_or(Error::NotFound)?;
                let answers = match details::form(&case) {
                    Some(form) => {
                        answers::load(tx, &me.app.people, id, form.revision)?.unwrap_or_default()
                    }
                    None => Answers::new(),
                };
                let about = details::about(&case);
                let published = match &about {
                    Some(about) => me.catalog.version_in(tx, about.version)?,
                    None => None,
                };
                let answered = about.map(|about| about.situation).unwrap_or_default();
                let situation = published
                    .as_ref()
                    .and_then(|published| me.catalog.guide(published))
                    .map_or_else(Vec::new, |guide| guide.told(&answered));
                let published =
                    published.map(|published| me.catalog.applied(&published, &answered));
                let org_name = people::orgs::by_id(tx, case.org)
                    .map_err(people)?
                    .map(|org| org.name)
                    .unwrap_or_default();
                let applicant = me.app.people.party(tx, case.applicant).map_err(people)?;
                Ok(Loaded {
                    case,
                    answers,
                    situation,
                    published,
                    org_name,
                    applicant,
                })
            })
            .await
    }
}

impl Approval {
    /// What kind of case it is, for an actor who may know it.
    pub(super) async fn kind_for(
        &self,
        actor: &Actor,
        id: CaseId,
    ) -> Result<Option<String>, Error> {
        let actor = actor.clone();
        self.app
            .db
            .read(move |tx| {
                let case = cases::load(tx, id)?.filter(|case| may_know(&actor, case));
                Ok(case.map(|case| case.kind))
            })
            .await
    }
}

fn people(error: people::Error) -> Error {
    match error {
        people::Error::Store(error) => Error::Store(error),
        other => Error::Cases(cases::Error::Damaged(other.to_string())),
    }
}

/// One answered field.
pub(super) struct Shown {
    pub label: String,
    pub value: String,
    /// Where it was taken from, where it was filled in beforehand.
    pub origin: String,
}

/// Answers in the order of the form; personal ones masked unless `full`.
pub(super) fn shown(
    item: &Item,
    answers: &Answers,
    origins: &Origins,
    full: bool,
) -> Vec<(String, Vec<Shown>)> {
    let origins = origins.of_answers();
    item.form
        .pages
        .iter()
        .map(|page| {
            let fields = page
                .fields
                .iter()
                .filter_map(|field| {
                    let value = answers.get(&field.key)?;
                    Some(Shown {
                        label: field.label.clone(),
                        value: value_text(field, value, full),
                        origin: origins.get(field.key.as_str()).cloned().unwrap_or_default(),
                    })
                })
                .collect();
            (page.title.clone(), fields)
        })
        .filter(|(_, fields): &(String, Vec<Shown>)| !fields.is_empty())
        .collect()
}

fn value_text(field: &Field, value: &Value, full: bool) -> String {
    if catalog::form::is_nested(field.kind) {
        return catalog::form::shown(field, Some(value), full);
    }
    let label_of = |value: &str| {
        field
            .options
            .iter()
            .find(|option| option.value == value)
            .map_or_else(|| value.to_owned(), |option| option.label.clone())
    };
    let text = match value {
        Value::String(text) => label_of(text),
        Value::Array(values) => values
            .iter()
            .filter_map(Value::as_str)
            .map(label_of)
            .collect::<Vec<_>>()
            .join("、"),
        Value::Number(number) if field.kind == FieldKind::Amount => number
            .as_i64()
            .map_or_else(String::new, |fen| base::Fen(fen).to_string()),
        Value::Bool(true) => "是".to_owned(),
        Value::Bool(false) => "否".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    if full {
        return text;
    }
    match field.kind {
        FieldKind::CitizenId => base::mask::citizen_id(&text),
        FieldKind::Phone => base::mask::phone(&text),
        FieldKind::Address if field.personal => base::mask::address(&text),
        FieldKind::BankCard => tail(&text),
        _ if field.personal => base::mask::name(&text),
        _ => text,
    }
}

/// Last four characters of a card number.
fn tail(text: &str) -> String {
    let digits: Vec<char> = text.chars().collect();
    let from = digits.len().saturating_sub(4);
    format!("****{}", digits[from..].iter().collect::<String>())
}

/// Percent-encodes for a query value.
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
        out
    })
}
