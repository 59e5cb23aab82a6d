//! Queues: the open tasks an actor may do, ordered by time left.

use base::codes::CaseNo;
use base::ids::{CaseId, OrgId, StaffId};
use casework::{Actor, Permission, actor::Staff};
use jiff::Timestamp;
use store::{Engine, Row, Tx, Value, params};

use crate::{derived::NEVER, error::Error};

/// One open task as a queue shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub case_id: CaseId,
    pub no: i64,
    pub kind: String,
    pub org: OrgId,
    pub staff: Option<StaffId>,
    /// From when it is 快到期.
    pub near_at: Option<Timestamp>,
    /// None while the clock stands still, or for a task without one.
    pub due_at: Option<Timestamp>,
    pub provisional: bool,
    pub opened_at: Timestamp,
    pub case_no: String,
    pub state: String,
    pub title: String,
    pub applicant_name: String,
}

/// What a queue is narrowed to. The default is everything the actor may do.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the case number, the applicant's name or the item's name; at most 50 characters are used.
    pub text: String,
    pub light: Option<Light>,
    pub kind: Option<String>,
    /// Continue after this entry.
    pub after: Option<After>,
    /// 1–200.
    pub limit: usize,
}

/// 绿黄红.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Ok,
    Near,
    Over,
    Held,
}

/// Where a page ended: keyset, so a page never shifts under the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    pub due_at: i64,
    pub case_id: CaseId,
    pub no: i64,
}

impl Entry {
    pub fn after(&self) -> After {
        After {
            due_at: self.due_at.map_or(NEVER, Timestamp::as_millisecond),
            case_id: self.case_id,
            no: self.no,
        }
    }
}

/// Tasks the actor may do, most urgent first.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<Entry>, Error> {
    let Some(mut sql) = Sql::for_actor(
        "SELECT case_id, no, kind, org_id, staff_id, near_at, due_at, provisional, opened_at, case_no,
             state, title, applicant_name
         FROM tasks WHERE ",
        actor,
    ) else {
        return Ok(Vec::new());
    };
    sql.filter(filter, now, tx.engine());
    if let Some(after) = &filter.after {
        let (due, case, no) = (
            sql.bind(after.due_at),
            sql.bind(after.case_id),
            sql.bind(after.no),
        );
        sql.text.push_str(&format!(
            " AND (due_at, case_id, no) > ({due}, {case}, {no})"
        ));
    }
    let limit = sql.bind(filter.limit.clamp(1, 200) as i64);
    sql.text
        .push_str(&format!(" ORDER BY due_at, case_id, no LIMIT {limit}"));
    tx.query(&sql.text, &sql.params)?
        .iter()
        .map(entry)
        .collect()
}

/// How many open tasks, by light; each count stops at [`COUNT_LIMIT`] so that a page never waits for a long one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub over: i64,
    pub near: i64,
    pub ok: i64,
    pub held: i64,
}

/// A count shown as “999+”.
pub const COUNT_LIMIT: i64 = 1000;

impl Counts {
    pub fn total(&self) -> i64 {
        self.over + self.near + self.ok + self.held
    }
}

/// Counts of the actor's whole queue by light.
pub fn counts(tx: &mut Tx<'_>, actor: &Actor, now: Timestamp) -> Result<Counts, Error> {
    let mut count = |light| -> Result<i64, Error> {
        let Some(mut sql) =
            Sql::for_actor("SELECT count(*) FROM (SELECT 1 FROM tasks WHERE ", actor)
        else {
            return Ok(0);
        };
        sql.filter(
            &Filter {
                light: Some(light),
                ..Filter::default()
            },
            now,
            tx.engine(),
        );
        let limit = sql.bind(COUNT_LIMIT);
        sql.text.push_str(&format!(" LIMIT {limit}) AS counted"));
        Ok(tx.query_one(&sql.text, &sql.params)?.get(0)?)
    };
    Ok(Counts {
        over: count(Light::Over)?,
        near: count(Light::Near)?,
        ok: count(Light::Ok)?,
        held: count(Light::Held)?,
    })
}

/// The task after `after` in the actor's queue: “next case” without going back to the list.
pub fn next(
    tx: &mut Tx<'_>,
    actor: &Actor,
    except: CaseId,
    now: Timestamp,
) -> Result<Option<Entry>, Error> {
    let entries = list(
        tx,
        actor,
        &Filter {
            limit: 2,
            ..Filter::default()
        },
        now,
    )?;
    Ok(entries.into_iter().find(|entry| entry.case_id != except))
}

/// Takes a task (领办) or gives it back: the owner is a column of the open task and a fact of the case; this
/// only answers who has it.
pub fn owner(tx: &mut Tx<'_>, case: CaseId, no: i64) -> Result<Option<StaffId>, Error> {
    let row = tx.query_opt(
        "SELECT staff_id FROM tasks WHERE case_id = $1 AND no = $2",
        &params![case, no],
    )?;
    Ok(row
        .map(|row| row.get::<Option<StaffId>>(0))
        .transpose()?
        .flatten())
}

struct Sql {
    text: String,
    params: Vec<Value>,
}

impl Sql {
    /// `None` when the actor may do no task at all.
    fn for_actor(select: &str, actor: &Actor) -> Option<Sql> {
        let Actor::Staff(staff) = actor else {
            return None;
        };
        let mut sql = Sql {
            text: select.to_owned(),
            params: Vec::new(),
        };
        let scopes = sql.scopes(staff);
        if scopes.is_empty() {
            return None;
        }
        sql.text.push('(');
        sql.text.push_str(&scopes.join(" OR "));
        sql.text.push(')');
        Some(sql)
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    fn scopes(&mut self, staff: &Staff) -> Vec<String> {
        let mut scopes = Vec::new();
        for grant in &staff.grants {
            let words: Vec<&'static str> = grant
                .role
                .permissions()
                .iter()
                .filter(|permission| DOABLE.contains(permission))
                .map(|permission| permission.word())
                .collect();
            if words.is_empty() {
                continue;
            }
            let words: Vec<String> = words.into_iter().map(|word| self.bind(word)).collect();
            let mut scope = format!("(permission IN ({})", words.join(", "));
            if let Some(org) = grant.org {
                scope.push_str(&format!(" AND org_id = {}", self.bind(org)));
            }
            if let Some((low, high)) = region_range(&grant.region) {
                let low = self.bind(low);
                let high = self.bind(high);
                scope.push_str(&format!(" AND region >= {low} AND region < {high}"));
            }
            scope.push(')');
            scopes.push(scope);
        }
        scopes
    }

    fn filter(&mut self, filter: &Filter, now: Timestamp, engine: Engine) {
        let now = now.as_millisecond();
        match filter.light {
            None => {}
            Some(Light::Over) => {
                let now = self.bind(now);
                self.text.push_str(&format!(" AND due_at < {now}"));
            }
            Some(Light::Near) => {
                let (a, b) = (self.bind(now), self.bind(now));
                self.text
                    .push_str(&format!(" AND due_at >= {a} AND near_at <= {b}"));
            }
            Some(Light::Ok) => {
                let (now, never) = (self.bind(now), self.bind(NEVER));
                self.text
                    .push_str(&format!(" AND near_at > {now} AND due_at < {never}"));
            }
            Some(Light::Held) => {
                let never = self.bind(NEVER);
                self.text.push_str(&format!(" AND due_at = {never}"));
            }
        }
        if let Some(kind) = &filter.kind {
            let kind = self.bind(kind.as_str());
            self.text.push_str(&format!(" AND kind = {kind}"));
        }
        let text: String = filter.text.trim().chars().take(50).collect();
        if let Ok(no) = CaseNo::parse(&text) {
            // A whole number names one case: no need to look at every task.
            let no = self.bind(no.to_string());
            self.text.push_str(&format!(
                " AND case_id = (SELECT case_id FROM cases WHERE case_no = {no})"
            ));
        } else if !text.is_empty() {
            // The same function under two names; it looks at bytes, where LIKE would take signs apart.
            let position = match engine {
                Engine::Sqlite => "instr",
                Engine::Postgres => "strpos",
            };
            let number = self.bind(text.to_uppercase());
            let text = self.bind(text);
            self.text.push_str(&format!(
                " AND ({position}(applicant_name, {text}) > 0 OR {position}(title, {text}) > 0
                   OR {position}(case_no, {number}) > 0)"
            ));
        }
    }
}

/// Permissions that can stand on a task.
const DOABLE: &[Permission] = &[
    Permission::Receive,
    Permission::Accept,
    Permission::Decide,
    Permission::Deliver,
];

/// Region codes below `code` as a half-open range of strings; `None` for everything.
pub(crate) fn region_range(code: &str) -> Option<(String, String)> {
    let mut prefix = code;
    if prefix.len() == 6 {
        while prefix.ends_with("00") {
            prefix = &prefix[..prefix.len() - 2];
        }
    }
    if prefix.is_empty() {
        return None;
    }
    // ':' follows '9' in ASCII.
    Some((prefix.to_owned(), format!("{prefix}:")))
}

fn entry(row: &Row) -> Result<Entry, Error> {
    let instant = |ms: i64| {
        (ms != NEVER)
            .then(|| Timestamp::from_millisecond(ms).ok())
            .flatten()
    };
    Ok(Entry {
        case_id: row.get(0)?,
        no: row.get(1)?,
        kind: row.get(2)?,
        org: row.get(3)?,
        staff: row.get(4)?,
        near_at: instant(row.get(5)?),
        due_at: instant(row.get(6)?),
        provisional: row.get(7)?,
        opened_at: row.get(8)?,
        case_no: row.get(9)?,
        state: row.get(10)?,
        title: row.get(11)?,
        applicant_name: row.get(12)?,
    })
}
