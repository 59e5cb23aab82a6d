//! The figures and the cases behind them, with the names pages and JSON need.

use std::collections::BTreeMap;

use base::ids::OrgId;
use cases::board::{self, Filter, Watched};
use cases::queue::Counts;
use casework::{Actor, Permission, Scope};
use jiff::Timestamp;
use people::Org;
use people::orgs::OrgFilter;
use store::Tx;
use web::{Problem, Result};

/// Figures of one body.
#[derive(Clone, Debug)]
pub struct OrgFigures {
    pub org: OrgId,
    pub name: String,
    pub counts: Counts,
}

/// Figures of the actor's scope, the body with most overdue cases first.
pub fn figures(tx: &mut Tx<'_>, actor: &Actor, now: Timestamp) -> Result<Vec<OrgFigures>> {
    let counts = board::by_org(tx, actor, now).map_err(problem)?;
    let names = org_names(tx)?;
    let mut figures: Vec<OrgFigures> = counts
        .into_iter()
        .map(|(org, counts)| OrgFigures {
            org,
            name: name_of(&names, org),
            counts,
        })
        .collect();
    figures.sort_by(|one, other| {
        let key = |figures: &OrgFigures| {
            let counts = figures.counts;
            (counts.over, counts.near, counts.total())
        };
        key(other)
            .cmp(&key(one))
            .then_with(|| one.name.cmp(&other.name))
    });
    Ok(figures)
}

/// The sum over bodies.
pub fn total(figures: &[OrgFigures]) -> Counts {
    figures
        .iter()
        .fold(Counts::default(), |sum, figures| Counts {
            over: sum.over + figures.counts.over,
            near: sum.near + figures.counts.near,
            ok: sum.ok + figures.counts.ok,
            held: sum.held + figures.counts.held,
        })
}

/// The cases behind a figure, most urgent first.
pub fn watched(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<Watched>> {
    board::list(tx, actor, filter, now).map_err(problem)
}

/// Names of bodies by id.
pub fn org_names(tx: &mut Tx<'_>) -> Result<BTreeMap<OrgId, String>> {
    Ok(orgs(tx)?
        .into_iter()
        .map(|org| (org.id, org.name))
        .collect())
}

/// Every body, by region and key; for the choice of one.
pub fn orgs(tx: &mut Tx<'_>) -> Result<Vec<Org>> {
    Ok(people::orgs::list(tx, &OrgFilter::default(), None, 2000)?)
}

/// Whether the actor holds the permission over a body's cases.
pub fn covers(actor: &Actor, permission: Permission, org: &Org) -> bool {
    let scope = Scope {
        region: &org.region,
        org: Some(org.id),
    };
    actor.may(permission, &scope)
}

/// The name, or a dash for a body that is not on record.
pub fn name_of(names: &BTreeMap<OrgId, String>, org: OrgId) -> String {
    names.get(&org).cloned().unwrap_or_else(|| "—".to_owned())
}

/// A storage error keeps its own way of being answered.
pub(crate) fn problem(error: cases::Error) -> Problem {
    match error {
        cases::Error::Store(error) => error.into(),
        other => Problem::internal(&other),
    }
}
