//! The pages: what staff see of rules and runs, what a citizen sees of a decision and of an offer.

mod citizen;
mod editor;
mod overview;
mod rule_sets;
mod runs;
mod tabs;
mod work;

use ::web::{Access, Routes};
use casework::{Actor, Permission, Scope};
use serde_json::Value;

use crate::model::{Datum, Kind};
use crate::state::Smart;
use crate::store::runs::Run;

pub(crate) use citizen::explained;
pub(crate) use rule_sets::{read_set, tried};
pub(crate) use runs::visible;

pub(crate) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    let read = Access::Permission(Permission::ReadCase);
    let decide = Access::Permission(Permission::Decide);
    let compile = Access::Permission(Permission::Compile);
    let review = Access::Permission(Permission::Review);
    let administer = Access::Permission(Permission::Administer);
    routes
        .get("/staff/smart", Access::Staff, overview::get)
        .post("/staff/smart/mode", Access::Staff, overview::switch)
        .get("/staff/smart/runs", Access::Staff, runs::list)
        .get("/staff/smart/runs/{run_id}", read, runs::show)
        .get("/staff/smart/ready", decide, work::ready)
        .post("/staff/smart/ready/{case_id}", decide, work::grant)
        .get(
            "/staff/smart/rules/{base_code}",
            Access::Staff,
            rule_sets::get,
        )
        .post("/staff/smart/rules/{base_code}", compile, rule_sets::draft)
        .post(
            "/staff/smart/rules/{base_code}/try",
            compile,
            rule_sets::trial,
        )
        .post(
            "/staff/smart/rules/{base_code}/rows",
            compile,
            rule_sets::rows,
        )
        .get(
            "/staff/smart/rules/{base_code}/versions/{version}/export",
            Access::Staff,
            rule_sets::export,
        )
        .post(
            "/staff/smart/rules/{base_code}/versions/{version}",
            review,
            rule_sets::review,
        )
        .get(
            "/staff/smart/shadow/{base_code}",
            Access::Staff,
            work::shadow,
        )
        .get("/staff/smart/samples", Access::Staff, work::samples)
        .post("/staff/smart/samples/{run_id}", Access::Staff, work::check)
        .get("/staff/smart/sources", Access::Staff, work::sources)
        .get("/staff/smart/sources/{source}", Access::Staff, work::source)
        .post("/staff/smart/sources/{source}", administer, work::change)
        .get("/staff/smart/offers", read, work::offers)
        .get("/cases/{case_id}/why", Access::Owner, citizen::why)
        .get("/my/offers", Access::Person, citizen::offers)
        .get("/my/offers/{offer_id}", Access::Person, citizen::offer)
        .post("/my/offers/{offer_id}", Access::Person, citizen::answer)
        .menu(
            45,
            ui::MenuItem {
                key: "smart",
                href: "/staff/smart",
                label: "智能审批",
                icon: "check",
            },
            None,
        )
}

/// Whether the actor may see a run: whoever may read its case or supervises where it is.
pub(crate) fn may_see(actor: &Actor, run: &Run) -> bool {
    let scope = Scope {
        region: &run.region,
        org: Some(run.org),
    };
    actor.may(Permission::ReadCase, &scope) || actor.may(Permission::Supervise, &scope)
}

/// A fact's value for a screen; personal ones masked.
pub(crate) fn shown(kind: Kind, value: &Value, personal: bool) -> String {
    let text = match (kind, value) {
        (_, Value::Bool(true)) => return "是".to_owned(),
        (_, Value::Bool(false)) => return "否".to_owned(),
        (_, Value::Number(number)) if personal => {
            return "*".repeat(number.to_string().len());
        }
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Array(values)) if personal => return format!("{}项", values.len()),
        (_, Value::Array(values)) if values.is_empty() => "无".to_owned(),
        (_, Value::Array(values)) => values
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("、"),
        _ => String::new(),
    };
    if personal { masked(&text) } else { text }
}

/// The first sign and as many stars as there are others, at most eight.
fn masked(text: &str) -> String {
    let mut signs = text.chars();
    let Some(first) = signs.next() else {
        return String::new();
    };
    let rest = signs.count();
    format!("{first}{}", "*".repeat(rest.min(8)))
}

/// One fact as a page shows it.
pub(crate) struct FactRow {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) state: &'static str,
    pub(crate) good: bool,
    pub(crate) sightings: Vec<SightingRow>,
}

pub(crate) struct SightingRow {
    pub(crate) name: String,
    pub(crate) trust: &'static str,
    pub(crate) observed_at: Option<jiff::Timestamp>,
    pub(crate) fetched_at: Option<jiff::Timestamp>,
    pub(crate) said: String,
    pub(crate) value: String,
}

pub(crate) fn fact_row(def: &crate::model::FactDef, datum: &Datum) -> FactRow {
    let value = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or_else(String::new, |value| shown(def.kind, value, def.personal))
    };
    FactRow {
        label: def.label.clone(),
        value: value(&datum.value),
        state: datum.state.label(),
        good: datum.state == crate::model::State::Known,
        sightings: datum
            .sightings
            .iter()
            .map(|sighting| SightingRow {
                name: sighting.name.clone(),
                trust: sighting.trust.label(),
                observed_at: sighting.observed_at,
                fetched_at: sighting.fetched_at,
                said: sighting.said.clone(),
                value: value(&sighting.value),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::shown;
    use crate::model::Kind;

    #[test]
    fn personal_values_are_masked() {
        assert_eq!(shown(Kind::Text, &json!("张建国"), true), "张**");
        assert_eq!(shown(Kind::Text, &json!("张建国"), false), "张建国");
        assert_eq!(shown(Kind::Int, &json!(2), true), "*");
        assert_eq!(shown(Kind::Texts, &json!(["a", "b"]), true), "2项");
        assert_eq!(shown(Kind::Texts, &json!([]), false), "无");
        assert_eq!(shown(Kind::Bool, &json!(true), false), "是");
    }
}
