//! From what an application says and what sources told to facts. Pure: the same inputs give the same facts.

use std::collections::BTreeMap;

use base::codes::CitizenId;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use crate::model::{
    ApplicantFacts, Datum, FactDef, Inputs, Kind, Origin, Sighting, State, Subject, Told, Trust,
};
use crate::rules::{Compiled, EARLIER_DAYS_MAX};

/// Every fact of a rule set, by its key.
pub fn build(compiled: &Compiled, inputs: &Inputs) -> BTreeMap<String, Datum> {
    let today = calendar::civil_date(inputs.at);
    let mut facts: BTreeMap<String, Datum> = BTreeMap::new();
    for at in &compiled.order {
        let def = &compiled.set.facts[*at];
        let sightings = def
            .from
            .iter()
            .map(|origin| sighting(def, origin, inputs, &facts, today))
            .collect();
        facts.insert(def.key.clone(), settle(def, sightings));
    }
    facts
}

/// The identity number or credit code of a subject, where the application names it.
pub fn number_of(
    subject: &Subject,
    applicant: &ApplicantFacts,
    form: &serde_json::Map<String, Value>,
) -> Option<String> {
    match subject {
        Subject::Applicant => Some(applicant.id_number.clone()),
        Subject::Form(field) => form
            .get(field)
            .and_then(Value::as_str)
            .map(base::text::normalise_code),
    }
    .filter(|number| !number.is_empty())
}

/// The first subject that is named.
pub fn first_named<'a>(
    about: &'a [Subject],
    applicant: &ApplicantFacts,
    form: &serde_json::Map<String, Value>,
) -> Option<(&'a Subject, String)> {
    about
        .iter()
        .find_map(|subject| number_of(subject, applicant, form).map(|number| (subject, number)))
}

/// One value from several sightings: all of them known and the same, or none.
fn settle(def: &FactDef, sightings: Vec<Sighting>) -> Datum {
    let worst = sightings
        .iter()
        .map(|sighting| sighting.state)
        .find(|state| *state != State::Known);
    let first = sightings
        .first()
        .and_then(|sighting| sighting.value.clone());
    let differ = sightings
        .iter()
        .any(|sighting| sighting.state == State::Known && sighting.value != first);
    let state = match worst {
        Some(worst) => worst,
        None if differ => State::Conflict,
        None if first.is_none() => State::Missing,
        None => State::Known,
    };
    Datum {
        key: def.key.clone(),
        state,
        value: first.filter(|_| state == State::Known),
        sightings,
    }
}

fn sighting(
    def: &FactDef,
    origin: &Origin,
    inputs: &Inputs,
    facts: &BTreeMap<String, Datum>,
    today: Date,
) -> Sighting {
    match origin {
        Origin::Form { field } => said(
            def,
            "form",
            "申请表",
            inputs
                .form
                .get(field)
                .cloned()
                .filter(|value| !empty(value)),
        ),
        Origin::Material { key } => said(
            def,
            "material",
            "申请材料",
            Some(Value::Bool(
                inputs.materials.get(key).copied().unwrap_or_default(),
            )),
        ),
        Origin::Applicant { field } => {
            let value = match field.as_str() {
                "name" => &inputs.applicant.name,
                "id_number" => &inputs.applicant.id_number,
                "region" => &inputs.applicant.region,
                _ => &inputs.applicant.kind,
            };
            registered(
                def,
                "applicant",
                "申请人登记信息",
                (!value.is_empty()).then(|| Value::from(value.as_str())),
            )
        }
        Origin::ItemRegion => {
            let mut region = inputs.region.as_str();
            while region.len() == 6 && region.ends_with("00")
                || region.len() == 4 && region.ends_with("00")
            {
                region = &region[..region.len() - 2];
            }
            registered(def, "item", "事项的行使区划", Some(Value::from(region)))
        }
        Origin::BornOf { about } => {
            let born = first_named(about, &inputs.applicant, &inputs.form)
                .and_then(|(_, number)| CitizenId::parse(&number, today).ok())
                .map(|id| Value::from(id.birth_date().to_string()));
            registered(def, "id_number", "公民身份号码", born)
        }
        Origin::YearsSince { fact } => derived(def, facts.get(fact), |day| whole_years(day, today)),
        Origin::DaysSince { fact } => derived(def, facts.get(fact), |day| {
            day.until(today).ok().map(|span| i64::from(span.get_days()))
        }),
        Origin::Source {
            source,
            field,
            about,
        } => told(def, source, field, about, inputs),
        Origin::Earlier { about, days } => {
            let count = first_named(about, &inputs.applicant, &inputs.form)
                .map(|(subject, _)| Value::from(earlier(subject, *days, inputs)));
            registered(def, "platform", "本平台办件", count)
        }
    }
}

/// How many earlier cases about a subject count.
fn earlier(subject: &Subject, days: u32, inputs: &Inputs) -> usize {
    let hours = i64::from(days.min(EARLIER_DAYS_MAX)) * 24;
    let since = inputs.at.checked_sub(hours.hours());
    inputs
        .earlier
        .iter()
        .filter(|case| case.about == *subject)
        .filter(|case| days == 0 || since.as_ref().is_ok_and(|since| case.at >= *since))
        .count()
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

fn said(def: &FactDef, source: &str, name: &str, value: Option<Value>) -> Sighting {
    of(def, source, name, Trust::D, value)
}

fn registered(def: &FactDef, source: &str, name: &str, value: Option<Value>) -> Sighting {
    of(def, source, name, Trust::A, value)
}

fn of(def: &FactDef, source: &str, name: &str, trust: Trust, value: Option<Value>) -> Sighting {
    let (state, said) = match &value {
        None => (State::Missing, "没有填写或者没有登记".to_owned()),
        Some(value) if !is_kind(value, def.kind) => {
            (State::Malformed, format!("应为{}", def.kind.label()))
        }
        Some(_) if trust < def.trust => (
            State::Missing,
            format!("可信等级不足，这里需要{}", def.trust.label()),
        ),
        Some(_) => (State::Known, String::new()),
    };
    Sighting {
        source: source.to_owned(),
        name: name.to_owned(),
        trust,
        observed_at: None,
        fetched_at: None,
        state,
        value: value.filter(|_| state == State::Known),
        said,
    }
}

/// A number that follows from a date; as known as the date is.
fn derived(def: &FactDef, from: Option<&Datum>, compute: impl Fn(Date) -> Option<i64>) -> Sighting {
    let number = from
        .and_then(|datum| datum.value.as_ref())
        .and_then(Value::as_str)
        .and_then(|day| day.parse().ok())
        .and_then(compute);
    let mut sighting = registered(def, "derived", "推算", number.map(Value::from));
    if let Some(from) = from
        && from.state != State::Known
    {
        sighting.state = from.state;
        from.state.label().clone_into(&mut sighting.said);
    }
    sighting
}

/// Age as the law counts it: a whole year is full on the birthday; a 29 February on 1 March of common years.
pub fn whole_years(from: Date, to: Date) -> Option<i64> {
    let years = i64::from(to.year()) - i64::from(from.year());
    let birthday = Date::new(to.year(), from.month(), from.day())
        .or_else(|_| Date::new(to.year(), 3, 1))
        .ok()?;
    Some(if to < birthday { years - 1 } else { years })
}

/// The value of a field in what a source told.
fn told(def: &FactDef, source: &str, field: &str, about: &[Subject], inputs: &Inputs) -> Sighting {
    let named = first_named(about, &inputs.applicant, &inputs.form);
    let told = named.and_then(|(subject, _)| {
        inputs
            .told
            .iter()
            .find(|told| told.source == source && told.about == *subject)
    });
    let Some(told) = told else {
        return Sighting {
            source: source.to_owned(),
            name: source.to_owned(),
            trust: Trust::D,
            observed_at: None,
            fetched_at: None,
            state: State::Missing,
            value: None,
            said: "申请中没有写明核验对象".to_owned(),
        };
    };
    let (state, value, observed_at, said) = read(def, field, told, inputs.at);
    Sighting {
        source: told.source.clone(),
        name: told.source_name.clone(),
        trust: told.trust,
        observed_at,
        fetched_at: Some(told.fetched_at),
        state,
        value,
        said,
    }
}

fn read(
    def: &FactDef,
    field: &str,
    told: &Told,
    at: Timestamp,
) -> (State, Option<Value>, Option<Timestamp>, String) {
    let records = match &told.answer {
        Err(failure) => {
            let state = if failure.word() == "malformed" {
                State::Malformed
            } else {
                State::Unavailable
            };
            return (state, None, None, failure.label().to_owned());
        }
        Ok(records) => records,
    };
    if records.is_empty() {
        return (State::Missing, None, None, "登记中没有这个对象".to_owned());
    }
    let values: Vec<Option<&Value>> = records
        .iter()
        .map(|record| record.fields.get(field).filter(|value| !value.is_null()))
        .collect();
    // Of several records the oldest sight counts: all of them have to be fresh.
    let observed_at = records.iter().map(|record| record.observed_at).min();
    if values.windows(2).any(|pair| pair[0] != pair[1]) {
        return (
            State::Conflict,
            None,
            observed_at,
            format!("{}条登记互相矛盾", records.len()),
        );
    }
    let Some(value) = values.first().copied().flatten() else {
        return (
            State::Missing,
            None,
            observed_at,
            "登记中这一项是空的".to_owned(),
        );
    };
    if !is_kind(value, def.kind) {
        return (
            State::Malformed,
            None,
            observed_at,
            format!("应为{}", def.kind.label()),
        );
    }
    if told.trust < def.trust {
        return (
            State::Missing,
            None,
            observed_at,
            format!("可信等级不足，这里需要{}", def.trust.label()),
        );
    }
    let fresh = def.max_age_hours == 0
        || observed_at.is_some_and(|seen| {
            at.checked_sub(i64::from(def.max_age_hours).hours())
                .is_ok_and(|oldest| seen >= oldest)
        });
    if !fresh {
        return (
            State::Stale,
            None,
            observed_at,
            format!("超过{}的时效要求", hours(def.max_age_hours)),
        );
    }
    (
        State::Known,
        Some(value.clone()),
        observed_at,
        String::new(),
    )
}

fn hours(hours: u32) -> String {
    if hours.is_multiple_of(24) {
        format!("{}日", hours / 24)
    } else {
        format!("{hours}小时")
    }
}

fn is_kind(value: &Value, kind: Kind) -> bool {
    match kind {
        Kind::Bool => value.is_boolean(),
        Kind::Int => value.as_i64().is_some(),
        Kind::Text => value.is_string(),
        Kind::Date => value
            .as_str()
            .is_some_and(|text| text.len() == 10 && text.parse::<Date>().is_ok()),
        Kind::Texts => value
            .as_array()
            .is_some_and(|values| values.iter().all(Value::is_string)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::whole_years;

    #[test]
    fn a_year_is_full_on_the_birthday() {
        assert_eq!(whole_years(date(1946, 5, 21), date(2026, 5, 20)), Some(79));
        assert_eq!(whole_years(date(1946, 5, 21), date(2026, 5, 21)), Some(80));
        // Born on 29 February: 1 March in common years.
        assert_eq!(whole_years(date(1944, 2, 29), date(2026, 2, 28)), Some(81));
        assert_eq!(whole_years(date(1944, 2, 29), date(2026, 3, 1)), Some(82));
        assert_eq!(whole_years(date(1944, 2, 29), date(2024, 2, 29)), Some(80));
    }
}
