//! Queues: the open tasks an actor may do, ordered by time left.

mod overview;

pub use overview::{Counts, Figures, OVERVIEW_OF, Overview, Subjects, overview};

use std::collections::BTreeSet;

use base::codes::CaseNo;
use base::ids::{CaseId, OrgId, StaffId};
use casework::{Actor, Permission, actor::Staff};
use jiff::Timestamp;
use store::{Engine, Row, Tx, Value, params};

use crate::{derived::NEVER, error::Error, words};

/// The columns of an [`Entry`], in its order.
const ENTRY: &str = "case_id, no, kind, org_id, staff_id, near_at, due_at, provisional, opened_at, case_no, \
                     state, title, applicant_name";

/// Cases named in one statement.
const AMONG_MAX: usize = 250;

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
    /// The item's whole name.
    pub item: Option<String>,
    pub org: Option<OrgId>,
    /// This region and everything below it.
    pub region: Option<String>,
    /// Stands in the queue since this instant or later.
    pub since: Option<Timestamp>,
    /// Stands in the queue since before this instant.
    pub before: Option<Timestamp>,
    pub claim: Option<Claim>,
    /// Due at this instant or later.
    pub due_from: Option<Timestamp>,
    /// Due at this instant or sooner.
    pub due_until: Option<Timestamp>,
    /// Only what came back from the applicant after a correction.
    pub returned: bool,
    /// Continue after this entry, in the order of [`list`].
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

/// Who has taken it (领办).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    By(StaffId),
    Nobody,
    Somebody,
}

/// What a page of the queue is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Due,
    Opened,
    Applicant,
    Item,
}

impl Sort {
    fn column(self) -> &'static str {
        match self {
            Sort::Due => "hit_due",
            Sort::Opened => "opened_at",
            Sort::Applicant => "applicant_name",
            Sort::Item => "title",
        }
    }
}

/// A column and its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub sort: Sort,
    pub descending: bool,
}

impl Order {
    /// The same column from the other end.
    #[must_use]
    pub fn reversed(self) -> Order {
        Order {
            descending: !self.descending,
            ..self
        }
    }

    /// The place of an entry in this order.
    pub fn place(self, entry: &Entry) -> Place {
        let key = match self.sort {
            Sort::Due => Key::Number(entry.after().due_at),
            Sort::Opened => Key::Number(entry.opened_at.as_millisecond()),
            Sort::Applicant => Key::Text(entry.applicant_name.clone()),
            Sort::Item => Key::Text(entry.title.clone()),
        };
        Place {
            key,
            case_id: entry.case_id,
            no: entry.no,
        }
    }
}

/// Where an entry stands in an order: a page goes on after it even when the entry itself is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub key: Key,
    pub case_id: CaseId,
    pub no: i64,
}

/// The value of the column a page is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Number(i64),
    Text(String),
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
    let after = filter.after.as_ref().map(|after| Place {
        key: Key::Number(after.due_at),
        case_id: after.case_id,
        no: after.no,
    });
    page(tx, actor, filter, Order::default(), after.as_ref(), now)
}

/// One page of the queue in any order, after a place.
///
/// Only open tasks of the actor's scope are looked at, first in an index that holds all that narrows them; only what
/// is left is read. An order other than by due date sorts that.
pub fn page(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    order: Order,
    after: Option<&Place>,
    now: Timestamp,
) -> Result<Vec<Entry>, Error> {
    let Some(sql) = Sql::of_page(tx.engine(), Some(ENTRY), actor, filter, order, after, now) else {
        return Ok(Vec::new());
    };
    tx.query(&sql.text, &sql.params)?
        .iter()
        .map(entry)
        .collect()
}

/// The cases of a [`page`], one for each of its entries: mostly told by the index alone.
pub fn cases_of_page(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    order: Order,
    after: Option<&Place>,
    now: Timestamp,
) -> Result<Vec<CaseId>, Error> {
    let Some(sql) = Sql::of_page(tx.engine(), None, actor, filter, order, after, now) else {
        return Ok(Vec::new());
    };
    let rows = tx.query(&sql.text, &sql.params)?;
    Ok(rows
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<_, _>>()?)
}

/// The actor's tasks of some cases, in no order.
pub fn among(tx: &mut Tx<'_>, actor: &Actor, cases: &[CaseId]) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::new();
    for some in cases.chunks(AMONG_MAX) {
        let Some(mut sql) = Sql::for_actor(&format!("SELECT {ENTRY} FROM tasks WHERE "), actor)
        else {
            return Ok(Vec::new());
        };
        let places: Vec<String> = some.iter().map(|case| sql.bind(*case)).collect();
        sql.text
            .push_str(&format!(" AND case_id IN ({})", places.join(", ")));
        for row in &tx.query(&sql.text, &sql.params)? {
            found.push(entry(row)?);
        }
    }
    Ok(found)
}

impl Filter {
    /// Whether it leaves out any task the actor may do, whichever page of them it asks for.
    pub fn narrows(&self) -> bool {
        let Filter {
            text,
            light,
            kind,
            item,
            org,
            region,
            since,
            before,
            claim,
            due_from,
            due_until,
            returned,
            after: _,
            limit: _,
        } = self;
        !text.trim().is_empty()
            || (light, kind, item, org, region) != (&None, &None, &None, &None, &None)
            || (since, before, due_from, due_until) != (&None, &None, &None, &None)
            || claim.is_some()
            || *returned
    }
}

/// A count shown as “999+”.
pub const COUNT_LIMIT: i64 = 1000;

/// How many tasks a filter leaves; counting stops at [`COUNT_LIMIT`].
pub fn count(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    now: Timestamp,
) -> Result<i64, Error> {
    let Some(mut sql) = Sql::for_actor("SELECT count(*) FROM (SELECT 1 FROM tasks WHERE ", actor)
    else {
        return Ok(0);
    };
    sql.filter(filter, now, tx.engine());
    let limit = sql.bind(COUNT_LIMIT);
    sql.text.push_str(&format!(" LIMIT {limit}) AS counted"));
    Ok(tx.query_one(&sql.text, &sql.params)?.get(0)?)
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

/// Cases with open work whose title is one of these, at most `limit`.
pub fn of_titles(
    tx: &mut Tx<'_>,
    titles: &BTreeSet<String>,
    limit: usize,
) -> Result<Vec<CaseId>, Error> {
    if titles.is_empty() {
        return Ok(Vec::new());
    }
    let mut params: Vec<Value> = titles.iter().map(|title| title.as_str().into()).collect();
    let places: Vec<String> = (1..=params.len()).map(|n| format!("${n}")).collect();
    params.push((limit as i64).into());
    let rows = tx.query(
        &format!(
            "SELECT DISTINCT case_id FROM tasks WHERE title IN ({}) ORDER BY case_id LIMIT ${}",
            places.join(", "),
            params.len()
        ),
        &params,
    )?;
    rows.iter().map(|row| Ok(row.get(0)?)).collect()
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
    /// Where the conditions begin.
    conditions: usize,
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
            conditions: select.len(),
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

    /// The statement of a page of the queue: these columns of its tasks, or only their cases.
    fn of_page(
        engine: Engine,
        columns: Option<&str>,
        actor: &Actor,
        filter: &Filter,
        order: Order,
        after: Option<&Place>,
        now: Timestamp,
    ) -> Option<Sql> {
        let select = format!(
            "SELECT {} FROM
                (SELECT due_at AS hit_due, case_id AS hit_case, no AS hit_no FROM tasks WHERE ",
            columns.unwrap_or("hit_case")
        );
        let mut sql = Sql::for_actor(&select, actor)?;
        sql.filter(filter, now, engine);
        sql.text.push_str(") AS hits");
        if columns.is_some() || order.sort != Sort::Due {
            sql.text
                .push_str(" JOIN tasks ON case_id = hit_case AND no = hit_no");
        }
        let column = order.sort.column();
        let (sign, direction) = if order.descending {
            ("<", " DESC")
        } else {
            (">", "")
        };
        if let Some(after) = after {
            let key = match &after.key {
                Key::Number(number) => sql.bind(*number),
                Key::Text(text) => sql.bind(text.as_str()),
            };
            let (case, no) = (sql.bind(after.case_id), sql.bind(after.no));
            sql.text.push_str(&format!(
                " WHERE ({column}, hit_case, hit_no) {sign} ({key}, {case}, {no})"
            ));
        }
        let limit = sql.bind(filter.limit.clamp(1, 1000) as i64);
        sql.text.push_str(&format!(
            " ORDER BY {column}{direction}, hit_case{direction}, hit_no{direction} LIMIT {limit}"
        ));
        Some(sql)
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    fn scopes(&mut self, staff: &Staff) -> Vec<String> {
        let mut scopes = Vec::new();
        let absent = staff.stands_in_for.iter();
        for grant in staff
            .grants
            .iter()
            .chain(absent.flat_map(|absent| &absent.grants))
        {
            // What stands on a task is what a deputy takes over, see `Permission::is_stood_in_for`.
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

    fn subject(&mut self, filter: &Filter) {
        if let Some(item) = &filter.item {
            let item = self.bind(item.as_str());
            self.text.push_str(&format!(" AND title = {item}"));
        }
        if let Some(org) = filter.org {
            let org = self.bind(org);
            self.text.push_str(&format!(" AND org_id = {org}"));
        }
        if let Some((low, high)) = filter.region.as_deref().and_then(region_range) {
            let (low, high) = (self.bind(low), self.bind(high));
            self.text
                .push_str(&format!(" AND region >= {low} AND region < {high}"));
        }
    }

    fn times(&mut self, filter: &Filter) {
        for (column, sign, at) in [
            ("opened_at", ">=", filter.since),
            ("opened_at", "<", filter.before),
            ("due_at", ">=", filter.due_from),
            ("due_at", "<=", filter.due_until),
        ] {
            if let Some(at) = at {
                let at = self.bind(at.as_millisecond());
                self.text.push_str(&format!(" AND {column} {sign} {at}"));
            }
        }
    }

    /// Adds what a filter asks of a row.
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
        self.subject(filter);
        self.times(filter);
        match filter.claim {
            None => {}
            Some(Claim::By(staff)) => {
                let staff = self.bind(staff);
                self.text.push_str(&format!(" AND staff_id = {staff}"));
            }
            Some(Claim::Nobody) => self.text.push_str(" AND staff_id IS NULL"),
            Some(Claim::Somebody) => self.text.push_str(" AND staff_id IS NOT NULL"),
        }
        if filter.returned {
            // The first task of a case is its first examination; a later one follows a correction.
            let kind = self.bind(EXAMINATION);
            self.text
                .push_str(&format!(" AND kind = {kind} AND no > 1"));
        }
        let text: String = filter.text.trim().chars().take(50).collect();
        if text.is_empty() {
            return;
        }
        if let Ok(no) = CaseNo::parse(&text) {
            // A whole number names one case: no need to look at every task.
            let no = self.bind(no.to_string());
            self.text.push_str(&format!(
                " AND case_id = (SELECT case_id FROM cases WHERE case_no = {no})"
            ));
            return;
        }
        // The same function under two names; it looks at bytes, where LIKE would take signs apart.
        let position = match engine {
            Engine::Sqlite => "instr",
            Engine::Postgres => "strpos",
        };
        let number = if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let number = self.bind(text.to_uppercase());
            format!(" OR {position}(case_no, {number}) > 0")
        } else {
            // No number holds such a character. Asked first: it leaves few rows, and whether each is in scope
            // costs more than this.
            let marks = self.bind(words::marks(&[&text]));
            self.text
                .insert_str(self.conditions, &format!("words & {marks} = {marks} AND "));
            String::new()
        };
        let text = self.bind(text);
        self.text.push_str(&format!(
            " AND ({position}(applicant_name, {text}) > 0 OR {position}(title, {text}) > 0{number})"
        ));
    }
}

/// Kind of the task in which an application is examined before it is accepted.
const EXAMINATION: &str = "accept";

/// Kind of the task in which a result is handed over.
const DELIVERY: &str = "deliver";

/// Permissions that can stand on a task.
pub(crate) const DOABLE: &[Permission] = &[
    Permission::Receive,
    Permission::Accept,
    Permission::Decide,
    Permission::Deliver,
    Permission::ApproveExtension,
    Permission::ApproveJointExtension,
    Permission::Inspect,
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
