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
    /// Keyset of the list; a clock stands where a queue has a task number.
    pub fn after(&self) -> After {
        After {
            due_at: self.due_at.map_or(NEVER, Timestamp::as_millisecond),
            case_id: self.case_id,
            no: 0,
        }
    }
}

/// Which clock a board watches. Promised and statutory run side by side; a case without a promise is watched by
/// its statutory one, before acceptance by the one for the notice.
const WATCHED: &str = "watched = 1";

/// Open clocks by organisation and light, inside the actor's scope.
pub fn by_org(
    tx: &mut Tx<'_>,
    actor: &Actor,
    now: Timestamp,
) -> Result<BTreeMap<OrgId, Counts>, Error> {
    let Some((scope, mut values)) = scope(actor, "") else {
        return Ok(BTreeMap::new());
    };
    values.push(now.as_millisecond().into());
    let now = format!("${}", values.len());
    values.push(NEVER.into());
    let never = format!("${}", values.len());
    let rows = tx.query(
        &format!(
            "SELECT org_id,
                 CAST(sum(CASE WHEN due_at < {now} THEN 1 ELSE 0 END) AS BIGINT),
                 CAST(sum(CASE WHEN due_at >= {now} AND due_at < {never} AND near_at <= {now} THEN 1 ELSE 0 END) AS BIGINT),
                 CAST(sum(CASE WHEN near_at > {now} AND due_at < {never} THEN 1 ELSE 0 END) AS BIGINT),
                 CAST(sum(CASE WHEN due_at = {never} THEN 1 ELSE 0 END) AS BIGINT)
             FROM clocks WHERE {WATCHED} AND ({scope})
             GROUP BY org_id"
        ),
        &values,
    )?;
    rows.iter()
        .map(|row| {
            Ok((
                row.get::<OrgId>(0)?,
                Counts {
                    over: row.get(1)?,
                    near: row.get(2)?,
                    ok: row.get(3)?,
                    held: row.get(4)?,
                },
            ))
        })
        .collect()
}

/// What a board list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub org: Option<OrgId>,
    pub light: Option<Light>,
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
    let Some((scope, mut values)) = scope(actor, "k.") else {
        return Ok(Vec::new());
    };
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut sql = format!(
        "SELECT c.case_id, c.case_no, c.title, c.applicant_name, c.state, k.org_id, k.region, k.kind,
             k.due_at, k.near_at, k.provisional
         FROM clocks k JOIN cases c ON c.case_id = k.case_id
         WHERE k.{WATCHED} AND ({scope})"
    );
    if let Some(org) = filter.org {
        sql.push_str(&format!(" AND k.org_id = {}", bind(org.into())));
    }
    let at = now.as_millisecond();
    match filter.light {
        None => {}
        Some(Light::Over) => sql.push_str(&format!(" AND k.due_at < {}", bind(at.into()))),
        Some(Light::Near) => {
            let at = bind(at.into());
            sql.push_str(&format!(
                " AND k.due_at >= {at} AND k.near_at <= {at} AND k.due_at < {}",
                bind(NEVER.into())
            ));
        }
        Some(Light::Ok) => sql.push_str(&format!(
            " AND k.near_at > {} AND k.due_at < {}",
            bind(at.into()),
            bind(NEVER.into())
        )),
        Some(Light::Held) => sql.push_str(&format!(" AND k.due_at = {}", bind(NEVER.into()))),
    }
    if let Some(after) = &filter.after {
        let (due, case) = (bind(after.due_at.into()), bind(after.case_id.into()));
        sql.push_str(&format!(" AND (k.due_at, k.case_id) > ({due}, {case})"));
    }
    sql.push_str(&format!(
        " ORDER BY k.due_at, k.case_id LIMIT {}",
        bind((filter.limit.clamp(1, 1000) as i64).into())
    ));
    tx.query(&sql, &values)?.iter().map(watched).collect()
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
