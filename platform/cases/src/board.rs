//! The supervisor's figures: open cases by clock state, and the cases behind each figure.

use std::collections::BTreeMap;

use base::ids::{CaseId, OrgId};
use casework::{Actor, Permission};
use jiff::Timestamp;
use store::{Row, Tx, Value};

use crate::{
    derived::NEVER,
    error::Error,
    queue::{After, Counts, Light, region_range},
};

/// One open case as the board lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub case_id: CaseId,
    pub case_no: String,
    pub title: String,
    pub applicant_name: String,
    pub state: String,
    pub org: OrgId,
    pub region: String,
    pub clock: String,
    pub due_at: Option<Timestamp>,
    pub near_at: Option<Timestamp>,
    pub provisional: bool,
}

impl Watched {
    /// Keyset of the list; a case stands in it once.
    pub fn after(&self) -> After {
        After {
            due_at: self.due_at.map_or(NEVER, Timestamp::as_millisecond),
            case_id: self.case_id,
            no: 0,
        }
    }
}

/// Which clock a board watches: of those that run beside each other in one case the promised one, even while it
/// stands still, else the statutory one, else what ends first. So every case counts once.
const WATCHED: &str = "watched = 1";

/// Open cases of one body in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub org: OrgId,
    pub region: String,
    pub counts: Counts,
}

/// Open cases by organisation and light, inside the actor's scope.
pub fn by_org(
    tx: &mut Tx<'_>,
    actor: &Actor,
    now: Timestamp,
) -> Result<BTreeMap<OrgId, Counts>, Error> {
    let mut counts: BTreeMap<OrgId, Counts> = BTreeMap::new();
    for standing in standing(tx, actor, &Filter::default(), now)? {
        let sum = counts.entry(standing.org).or_default();
        sum.over += standing.counts.over;
        sum.near += standing.counts.near;
        sum.ok += standing.counts.ok;
        sum.held += standing.counts.held;
    }
    Ok(counts)
}

/// Open cases by organisation, region and light, inside the actor's scope and what the filter leaves of it; its
/// light and its page mean nothing here.
pub fn standing(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<Standing>, Error> {
    let Some(mut sql) = Sql::of_scope(actor) else {
        return Ok(Vec::new());
    };
    let at = sql.bind(now.as_millisecond().into());
    let never = sql.bind(NEVER.into());
    sql.narrow(filter);
    let join = if filter.title.is_some() {
        "JOIN cases c ON c.case_id = k.case_id"
    } else {
        ""
    };
    let rows = tx.query(
        &format!(
            "SELECT k.org_id, k.region,
                 CAST(sum(CASE WHEN due_at < {at} THEN 1 ELSE 0 END) AS BIGINT),
                 CAST(sum(CASE WHEN due_at >= {at} AND due_at < {never} AND near_at <= {at} THEN 1 ELSE 0 END) AS BIGINT),
                 CAST(sum(CASE WHEN near_at > {at} AND due_at < {never} THEN 1 ELSE 0 END) AS BIGINT),
                 CAST(sum(CASE WHEN due_at = {never} THEN 1 ELSE 0 END) AS BIGINT)
             FROM (SELECT k.org_id, k.region, k.due_at, k.near_at FROM clocks k {join}
                   WHERE k.{WATCHED} AND {}) AS k
             GROUP BY k.org_id, k.region",
            sql.text
        ),
        &sql.values,
    )?;
    rows.iter()
        .map(|row| {
            Ok(Standing {
                org: row.get(0)?,
                region: row.get(1)?,
                counts: Counts {
                    over: row.get(2)?,
                    near: row.get(3)?,
                    ok: row.get(4)?,
                    held: row.get(5)?,
                },
            })
        })
        .collect()
}

/// What a board is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub org: Option<OrgId>,
    /// A region and all below it.
    pub region: Option<String>,
    /// The item's name.
    pub title: Option<String>,
    pub light: Option<Light>,
    /// Due after this instant.
    pub due_after: Option<Timestamp>,
    /// Due at this instant or before.
    pub due_until: Option<Timestamp>,
    pub after: Option<After>,
    pub limit: usize,
}

/// The cases behind a figure, most urgent first.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<Watched>, Error> {
    let Some(mut sql) = Sql::of_scope(actor) else {
        return Ok(Vec::new());
    };
    sql.narrow(filter);
    sql.light(filter.light, now);
    if let Some(after) = &filter.after {
        let (due, case) = (
            sql.bind(after.due_at.into()),
            sql.bind(after.case_id.into()),
        );
        sql.and(&format!("(k.due_at, k.case_id) > ({due}, {case})"));
    }
    let limit = sql.bind((filter.limit.clamp(1, 1000) as i64).into());
    tx.query(
        &format!(
            "SELECT c.case_id, c.case_no, c.title, c.applicant_name, c.state, k.org_id, k.region, k.kind,
                 k.due_at, k.near_at, k.provisional
             FROM clocks k JOIN cases c ON c.case_id = k.case_id
             WHERE k.{WATCHED} AND {}
             ORDER BY k.due_at, k.case_id LIMIT {limit}",
            sql.text
        ),
        &sql.values,
    )?
    .iter()
    .map(watched)
    .collect()
}

/// Conditions on clocks `k` and cases `c`, growing.
struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// The actor's supervising scope, or `None` if they supervise nothing.
    fn of_scope(actor: &Actor) -> Option<Sql> {
        let (scope, values) = scope(actor, "k.")?;
        Some(Sql {
            text: format!("({scope})"),
            values,
        })
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    fn narrow(&mut self, filter: &Filter) {
        if let Some(org) = filter.org {
            let org = self.bind(org.into());
            self.and(&format!("k.org_id = {org}"));
        }
        if let Some((low, high)) = filter.region.as_deref().and_then(region_range) {
            let (low, high) = (self.bind(low.into()), self.bind(high.into()));
            self.and(&format!("k.region >= {low} AND k.region < {high}"));
        }
        if let Some(title) = &filter.title {
            let title = self.bind(title.as_str().into());
            self.and(&format!("c.title = {title}"));
        }
        if let Some(after) = filter.due_after {
            let after = self.bind(after.as_millisecond().into());
            self.and(&format!("k.due_at > {after}"));
        }
        if let Some(until) = filter.due_until {
            let until = self.bind(until.as_millisecond().into());
            self.and(&format!("k.due_at <= {until}"));
        }
    }

    fn light(&mut self, light: Option<Light>, now: Timestamp) {
        let now = now.as_millisecond();
        let condition = match light {
            None => return,
            Some(Light::Over) => format!("k.due_at < {}", self.bind(now.into())),
            Some(Light::Near) => {
                let (now, never) = (self.bind(now.into()), self.bind(NEVER.into()));
                format!("k.due_at >= {now} AND k.near_at <= {now} AND k.due_at < {never}")
            }
            Some(Light::Ok) => {
                let (now, never) = (self.bind(now.into()), self.bind(NEVER.into()));
                format!("k.near_at > {now} AND k.due_at < {never}")
            }
            Some(Light::Held) => format!("k.due_at = {}", self.bind(NEVER.into())),
        };
        self.and(&condition);
    }
}

/// The actor's supervising scope as SQL, or `None` if they supervise nothing.
fn scope(actor: &Actor, table: &str) -> Option<(String, Vec<Value>)> {
    let Actor::Staff(staff) = actor else {
        return None;
    };
    let mut values: Vec<Value> = Vec::new();
    let mut scopes = Vec::new();
    for grant in &staff.grants {
        if !grant.role.permissions().contains(&Permission::Supervise) {
            continue;
        }
        let mut parts = vec!["1 = 1".to_owned()];
        if let Some(org) = grant.org {
            values.push(org.into());
            parts.push(format!("{table}org_id = ${}", values.len()));
        }
        if let Some((low, high)) = region_range(&grant.region) {
            values.push(low.into());
            values.push(high.into());
            parts.push(format!(
                "{table}region >= ${} AND {table}region < ${}",
                values.len() - 1,
                values.len()
            ));
        }
        scopes.push(format!("({})", parts.join(" AND ")));
    }
    (!scopes.is_empty()).then(|| (scopes.join(" OR "), values))
}

fn watched(row: &Row) -> Result<Watched, Error> {
    let instant = |ms: i64| {
        (ms != NEVER)
            .then(|| Timestamp::from_millisecond(ms).ok())
            .flatten()
    };
    Ok(Watched {
        case_id: row.get(0)?,
        case_no: row.get(1)?,
        title: row.get(2)?,
        applicant_name: row.get(3)?,
        state: row.get(4)?,
        org: row.get(5)?,
        region: row.get(6)?,
        clock: row.get(7)?,
        due_at: instant(row.get(8)?),
        near_at: instant(row.get(9)?),
        provisional: row.get(10)?,
    })
}
