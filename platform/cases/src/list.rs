//! Lists of cases: an applicant's own, and everything inside a supervisor's scope.

use base::ids::{CaseId, OrgId, PartyId};
use casework::{Actor, Permission};
use jiff::Timestamp;
use store::{Engine, Row, Tx, Value, params};

use crate::{derived::NEVER, error::Error, queue::region_range};

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub case_id: CaseId,
    pub case_no: String,
    pub kind: String,
    pub state: String,
    pub region: String,
    pub org: OrgId,
    pub title: String,
    pub applicant: PartyId,
    pub applicant_name: String,
    pub channel: String,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// Promised due instant (or the statutory one where nothing was promised).
    pub due_at: Option<Timestamp>,
    pub outcome: Option<String>,
}

/// Where a page of a newest-first list ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub opened_at: i64,
    pub case_id: CaseId,
}

impl Line {
    pub fn before(&self) -> Before {
        Before {
            opened_at: self.opened_at.as_millisecond(),
            case_id: self.case_id,
        }
    }
}

pub(crate) const COLUMNS: &str = "case_id, case_no, kind, state, region, org_id, title, applicant_id, applicant_name, \
                       channel, opened_at, closed_at, due_at, outcome";

/// What a case is about, e.g. the version of the item that was applied for; none for what is no case or about nothing.
pub fn about(tx: &mut Tx<'_>, case: uuid::Uuid) -> Result<Option<uuid::Uuid>, store::Error> {
    tx.query_opt(
        "SELECT about_id FROM cases WHERE case_id = $1",
        &params![case],
    )?
    .map_or(Ok(None), |row| row.get(0))
}

/// Whether a case is open, or ended with this outcome.
pub fn is_open_or(tx: &mut Tx<'_>, case: uuid::Uuid, outcome: &str) -> Result<bool, store::Error> {
    let row = tx.query_opt(
        "SELECT case_id FROM cases WHERE case_id = $1 AND (closed_at IS NULL OR outcome = $2)",
        &params![case, outcome],
    )?;
    Ok(row.is_some())
}

/// Whether a subject of the feed is a case that is over.
pub fn is_closed(tx: &mut Tx<'_>, case: uuid::Uuid) -> Result<bool, store::Error> {
    let row = tx.query_opt(
        "SELECT case_id FROM cases WHERE case_id = $1 AND closed_at IS NOT NULL",
        &params![case],
    )?;
    Ok(row.is_some())
}

/// Cases of one applicant, newest first.
pub fn of_applicant(
    tx: &mut Tx<'_>,
    applicant: PartyId,
    before: Option<&Before>,
    limit: usize,
) -> Result<Vec<Line>, Error> {
    let before = start(before);
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM cases
             WHERE applicant_id = $1 AND opened_at <= $2 AND (opened_at, case_id) < ($2, $3)
             ORDER BY opened_at DESC, case_id DESC LIMIT $4"
        ),
        &params![applicant, before.0, before.1, limit.clamp(1, 200) as i64],
    )?
    .iter()
    .map(line)
    .collect()
}

/// What a scope list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub org: Option<OrgId>,
    pub state: Option<String>,
    /// Exact case number.
    pub case_no: Option<String>,
    /// Opened at this instant or later.
    pub from: Option<Timestamp>,
    /// Opened before this instant.
    pub until: Option<Timestamp>,
    pub before: Option<Before>,
    pub limit: usize,
}

/// Where a text stands in another. The same function under two names; LIKE would take signs apart.
pub fn position(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "instr",
        Engine::Postgres => "strpos",
    }
}

/// Cases that [`newest_of`] looks at.
const NEWEST: i64 = 2000;

/// Among the newest cases the actor may read, open or closed, those whose applicant or item holds the text.
pub fn newest_of(
    tx: &mut Tx<'_>,
    actor: &Actor,
    text: &str,
    limit: usize,
) -> Result<Vec<Line>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let Some(scope) = scope(actor, &mut values) else {
        return Ok(Vec::new());
    };
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let position = position(tx.engine());
    let (newest, text) = (bind(NEWEST.into()), bind(text.into()));
    let limit = bind((limit.clamp(1, 200) as i64).into());
    let sql = format!(
        "SELECT {COLUMNS} FROM
           (SELECT {COLUMNS} FROM cases WHERE ({scope}) ORDER BY opened_at DESC LIMIT {newest}) AS newest
         WHERE {position}(applicant_name, {text}) > 0 OR {position}(title, {text}) > 0
         ORDER BY opened_at DESC, case_id DESC LIMIT {limit}"
    );
    tx.query(&sql, &values)?.iter().map(line).collect()
}

fn scope(actor: &Actor, values: &mut Vec<Value>) -> Option<String> {
    scope_of(actor, Permission::ReadCase, values)
}

/// The condition of the regions (`region`) and bodies (`org_id`) in which a member of staff holds a permission; none
/// where that is nowhere.
pub fn scope_of(actor: &Actor, permission: Permission, values: &mut Vec<Value>) -> Option<String> {
    let Actor::Staff(staff) = actor else {
        return None;
    };
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut scopes = Vec::new();
    let absent = staff.stands_in_for.iter();
    let absent = absent.filter(|_| permission.is_stood_in_for());
    for grant in staff
        .grants
        .iter()
        .chain(absent.flat_map(|absent| &absent.grants))
    {
        if !grant.role.permissions().contains(&permission) {
            continue;
        }
        let mut parts = Vec::new();
        if let Some(org) = grant.org {
            parts.push(format!("org_id = {}", bind(org.into())));
        }
        if let Some((low, high)) = region_range(&grant.region) {
            let (low, high) = (bind(low.into()), bind(high.into()));
            parts.push(format!("region >= {low} AND region < {high}"));
        }
        scopes.push(if parts.is_empty() {
            "1 = 1".to_owned()
        } else {
            format!("({})", parts.join(" AND "))
        });
    }
    (!scopes.is_empty()).then(|| scopes.join(" OR "))
}

/// Cases the actor may read, newest first.
pub fn of_scope(tx: &mut Tx<'_>, actor: &Actor, filter: &Filter) -> Result<Vec<Line>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let Some(scope) = scope(actor, &mut values) else {
        return Ok(Vec::new());
    };
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut sql = format!("SELECT {COLUMNS} FROM cases WHERE ({scope})");
    if let Some(org) = filter.org {
        sql.push_str(&format!(" AND org_id = {}", bind(org.into())));
    }
    if let Some(state) = &filter.state {
        sql.push_str(&format!(" AND state = {}", bind(state.as_str().into())));
    }
    if let Some(no) = &filter.case_no {
        sql.push_str(&format!(" AND case_no = {}", bind(no.as_str().into())));
    }
    if let Some(from) = filter.from {
        let from = bind(from.as_millisecond().into());
        sql.push_str(&format!(" AND opened_at >= {from}"));
    }
    if let Some(until) = filter.until {
        let until = bind(until.as_millisecond().into());
        sql.push_str(&format!(" AND opened_at < {until}"));
    }
    let before = start(filter.before.as_ref());
    let (at, id) = (bind(before.0.into()), bind(before.1.into()));
    sql.push_str(&format!(
        " AND opened_at <= {at} AND (opened_at, case_id) < ({at}, {id})
          ORDER BY opened_at DESC, case_id DESC LIMIT {}",
        bind((filter.limit.clamp(1, 200) as i64).into())
    ));
    tx.query(&sql, &values)?.iter().map(line).collect()
}

/// What a list of one process is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// [`casework::Case::kind`]; stands in the text of the query, so that an index of that kind is used.
    pub kind: &'static str,
    pub state: Option<&'static str>,
    /// Only what is open: ordered by due date, the nearest first. Otherwise the newest first.
    pub open: bool,
    /// Only what fell due before this instant.
    pub over: Option<Timestamp>,
    /// Part of the number, the title or the applicant's name; at most 50 characters are used.
    pub text: String,
    /// Continue after this place of the order.
    pub after: Option<Place>,
    pub limit: usize,
}

/// A place in the order of [`of_process`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    pub at: i64,
    pub case: CaseId,
}

impl Line {
    /// Where the line stands in a list that is open, or is not.
    pub fn place(&self, open: bool) -> Place {
        Place {
            at: if open {
                self.due_at.map_or(NEVER, Timestamp::as_millisecond)
            } else {
                self.opened_at.as_millisecond()
            },
            case: self.case_id,
        }
    }
}

/// Cases of one process where the actor holds a permission.
pub fn of_process(
    tx: &mut Tx<'_>,
    actor: &Actor,
    permission: Permission,
    process: &Process,
) -> Result<Vec<Line>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let Some(scope) = scope_of(actor, permission, &mut values) else {
        return Ok(Vec::new());
    };
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut sql = format!(
        "SELECT {COLUMNS} FROM cases WHERE kind = '{}' AND ({scope})",
        process.kind
    );
    if let Some(state) = process.state {
        sql.push_str(&format!(" AND state = {}", bind(state.into())));
    }
    if process.open {
        sql.push_str(" AND closed_at IS NULL");
    }
    if let Some(over) = process.over {
        sql.push_str(&format!(" AND due_at <= {}", bind(over.into())));
    }
    let text: String = process.text.trim().chars().take(50).collect();
    if !text.is_empty() {
        let position = position(tx.engine());
        let text = bind(text.into());
        sql.push_str(&format!(
            " AND ({position}(case_no, {text}) > 0 OR {position}(title, {text}) > 0
                   OR {position}(applicant_name, {text}) > 0)"
        ));
    }
    let (key, order, sign) = if process.open {
        (format!("COALESCE(due_at, {NEVER})"), "ASC", ">")
    } else {
        ("opened_at".to_owned(), "DESC", "<")
    };
    if let Some(place) = process.after {
        let (at, case) = (bind(place.at.into()), bind(place.case.into()));
        sql.push_str(&format!(" AND ({key}, case_id) {sign} ({at}, {case})"));
    }
    let limit = bind((process.limit.clamp(1, 1001) as i64).into());
    sql.push_str(&format!(
        " ORDER BY {key} {order}, case_id {order} LIMIT {limit}"
    ));
    tx.query(&sql, &values)?.iter().map(line).collect()
}

/// How many cases of a process stand in each state, and how many of them are over at this instant.
pub fn states_of(
    tx: &mut Tx<'_>,
    actor: &Actor,
    permission: Permission,
    kind: &'static str,
    now: Timestamp,
) -> Result<Vec<(String, i64, i64)>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let Some(scope) = scope_of(actor, permission, &mut values) else {
        return Ok(Vec::new());
    };
    values.push(now.into());
    let sql = format!(
        "SELECT state, COUNT(*),
                CAST(SUM(CASE WHEN closed_at IS NULL AND due_at <= ${} THEN 1 ELSE 0 END) AS BIGINT)
         FROM cases WHERE kind = '{kind}' AND ({scope}) GROUP BY state",
        values.len()
    );
    tx.query(&sql, &values)?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect()
}

pub(crate) fn start(before: Option<&Before>) -> (i64, uuid::Uuid) {
    before.map_or((i64::MAX, uuid::Uuid::max()), |before| {
        (before.opened_at, before.case_id.uuid())
    })
}

pub(crate) fn line(row: &Row) -> Result<Line, Error> {
    Ok(Line {
        case_id: row.get(0)?,
        case_no: row.get(1)?,
        kind: row.get(2)?,
        state: row.get(3)?,
        region: row.get(4)?,
        org: row.get(5)?,
        title: row.get(6)?,
        applicant: row.get(7)?,
        applicant_name: row.get(8)?,
        channel: row.get(9)?,
        opened_at: row.get(10)?,
        closed_at: row.get(11)?,
        due_at: row.get(12)?,
        outcome: row.get(13)?,
    })
}
