//! Answers from the counts, and the marks behind each answer.
//!
//! **Invariant:** [`sum`] of a part of a measure and the length of [`list`] of the same part are equal: a number and
//! the list it opens cannot differ. Both look at the supervisor's scope alone.

use std::collections::BTreeMap;

use base::codes::RegionCode;
use base::ids::{CaseId, OrgId};
use casework::{Actor, Grant, Permission};
use jiff::Timestamp;
use store::{Row, Tx, Value};

use super::marks::Measure;
use super::period::{Span, day_key, month_key};
use super::tables::{ALL_BODIES, ALL_ITEMS, HOUR_OF_WEEK};

/// What figures are narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub org: Option<OrgId>,
    /// A region and all below it.
    pub region: Option<String>,
    /// The region itself, without those below it.
    pub alone: bool,
    /// The item's name.
    pub item: Option<String>,
}

/// Some of the cases of a measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    All,
    /// Decided after the limit.
    Late,
    /// Decided within it.
    InTime,
    /// Decided under a promise in working days: those an average is made over.
    Timed,
    /// Submitted, and since then gone on to this.
    Reached(Measure),
    /// Submitted in this hour of the week.
    Hour(i64),
}

/// Sums over marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub n: i64,
    pub late: i64,
    pub timed: i64,
    /// Working days, over those that are timed.
    pub used: i64,
    pub promised: i64,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.n += other.n;
        self.late += other.late;
        self.timed += other.timed;
        self.used += other.used;
        self.promised += other.promised;
    }
}

/// The sums of a measure over a span.
pub fn sum(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    measure: Measure,
    span: Span,
) -> Result<Sum, store::Error> {
    let mut total = Sum::default();
    for (_, sum) in grouped(tx, actor, selection, measure, span, "''")? {
        total.add(sum);
    }
    Ok(total)
}

/// How many cases are in a part of a measure: as many as [`list`] has.
pub fn count(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    (measure, part): (Measure, Part),
    span: Span,
) -> Result<i64, store::Error> {
    let counted = match part {
        Part::Reached(later) => match later.since_submission() {
            Some(since) => since,
            None => return Ok(0),
        },
        Part::Hour(hour) => {
            let hours = hours(tx, actor, selection, span)?;
            return Ok(hours.get(&hour).copied().unwrap_or(0));
        }
        _ => measure,
    };
    let sum = sum(tx, actor, selection, counted, span)?;
    Ok(match part {
        Part::Late => sum.late,
        Part::InTime => sum.n - sum.late,
        Part::Timed => sum.timed,
        _ => sum.n,
    })
}

/// Sums by region code.
pub fn by_region(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    measure: Measure,
    span: Span,
) -> Result<BTreeMap<String, Sum>, store::Error> {
    grouped(tx, actor, selection, measure, span, "c.region")
}

/// Sums by day, keyed as [`day`] says.
pub fn by_day(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    measure: Measure,
    span: Span,
) -> Result<BTreeMap<String, Sum>, store::Error> {
    by_span(
        tx,
        actor,
        selection,
        measure,
        (day_key(span.from), day_key(span.to)),
    )
}

/// Sums by month, keyed as [`month`] says; of spans that begin and end with a month.
pub fn by_month(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    measure: Measure,
    span: Span,
) -> Result<BTreeMap<String, Sum>, store::Error> {
    by_span(
        tx,
        actor,
        selection,
        measure,
        (month_key(span.from), month_key(span.to)),
    )
}

/// The key of a day.
pub fn day(day: jiff::civil::Date) -> String {
    day_key(day)
}

/// The key of a day's month.
pub fn month(day: jiff::civil::Date) -> String {
    month_key(day)
}

/// Sums by body; `bodies` are those of the scope.
pub fn by_org(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    bodies: &[OrgId],
    measure: Measure,
    span: Span,
) -> Result<BTreeMap<OrgId, Sum>, store::Error> {
    let mut sums: BTreeMap<OrgId, Sum> = BTreeMap::new();
    // SQLite takes some thousands of parameters, and a body more makes no difference.
    for bodies in bodies.chunks(200) {
        for range in span.keys() {
            let Some(mut sql) = Sql::new(actor, "c.") else {
                return Ok(sums);
            };
            let bodies: Vec<String> = bodies.iter().map(|org| sql.bind((*org).into())).collect();
            if bodies.is_empty() {
                continue;
            }
            sql.and(&format!("c.org_id IN ({})", bodies.join(", ")));
            sql.counted(selection, measure, &range);
            let rows = tx.query(
                &format!(
                    "{SUMS} c.org_id FROM monitor_counts c WHERE {} GROUP BY c.org_id",
                    sql.text
                ),
                &sql.values,
            )?;
            for row in &rows {
                sums.entry(row.get(5)?).or_default().add(read_sum(row)?);
            }
        }
    }
    Ok(sums)
}

/// Submissions by hour of the week.
pub fn hours(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    span: Span,
) -> Result<BTreeMap<i64, i64>, store::Error> {
    let mut hours: BTreeMap<i64, i64> = BTreeMap::new();
    for (from, to) in span.keys() {
        let Some(mut sql) = Sql::new(actor, "c.") else {
            return Ok(hours);
        };
        sql.body(actor, selection);
        sql.narrow(selection, "c.");
        let (from, to) = (sql.bind(from.into()), sql.bind(to.into()));
        sql.and(&format!("c.span >= {from} AND c.span < {to}"));
        let rows = tx.query(
            &format!(
                "SELECT c.hour, CAST(sum(c.n) AS BIGINT) FROM monitor_hours c WHERE {} GROUP BY c.hour",
                sql.text
            ),
            &sql.values,
        )?;
        for row in &rows {
            *hours.entry(row.get(0)?).or_default() += row.get::<i64>(1)?;
        }
    }
    Ok(hours)
}

/// Names of items, those with most submissions first.
pub fn items(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<String>, store::Error> {
    tx.query(
        "SELECT item FROM monitor_items WHERE n > 0 ORDER BY n DESC, item LIMIT $1",
        &store::params![limit],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Where a page of marks ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: i64,
    pub case: CaseId,
}

/// A case behind a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    pub case: CaseId,
    pub at: Timestamp,
    pub org: OrgId,
    pub late: bool,
    pub time: Option<(i64, i64)>,
}

impl Marked {
    pub fn place(&self) -> Place {
        Place {
            at: self.at.as_millisecond(),
            case: self.case,
        }
    }
}

/// The cases behind a figure, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    (measure, part): (Measure, Part),
    span: Span,
    before: Option<&Place>,
    limit: usize,
) -> Result<Vec<Marked>, store::Error> {
    let Some(mut sql) = Sql::new(actor, "m.") else {
        return Ok(Vec::new());
    };
    if let Some(org) = selection.org {
        let org = sql.bind(org.into());
        sql.and(&format!("m.org_id = {org}"));
    }
    sql.region(selection, "m.");
    if let Some(item) = &selection.item {
        let item = sql.bind(item.as_str().into());
        sql.and(&format!("m.item = {item}"));
    }
    let number = sql.bind(measure.number().into());
    let (from, to) = span.instants();
    let (from, to) = (sql.bind(from.into()), sql.bind(to.into()));
    sql.and(&format!(
        "m.measure = {number} AND m.at >= {from} AND m.at < {to}"
    ));
    match part {
        Part::All => {}
        Part::Late => sql.and("m.late = 1"),
        Part::InTime => sql.and("m.late = 0"),
        Part::Timed => sql.and("m.used IS NOT NULL"),
        Part::Reached(later) => {
            let later = sql.bind(later.number().into());
            sql.and(&format!(
                "EXISTS (SELECT 1 FROM monitor_marks o WHERE o.case_id = m.case_id AND o.measure = {later})"
            ));
        }
        Part::Hour(hour) => {
            let hour = sql.bind(hour.into());
            sql.and(&format!("{HOUR_OF_WEEK} = {hour}"));
        }
    }
    if let Some(before) = before {
        let (at, case) = (sql.bind(before.at.into()), sql.bind(before.case.into()));
        sql.and(&format!(
            "m.at <= {at} AND (m.at, m.case_id) < ({at}, {case})"
        ));
    }
    let limit = sql.bind((limit.clamp(1, 1000) as i64).into());
    tx.query(
        &format!(
            "SELECT m.case_id, m.at, m.org_id, m.late, m.used, m.promised
             FROM monitor_marks m WHERE {} ORDER BY m.at DESC, m.case_id DESC LIMIT {limit}",
            sql.text
        ),
        &sql.values,
    )?
    .iter()
    .map(|row| {
        let (used, promised): (Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?);
        Ok(Marked {
            case: row.get(0)?,
            at: row.get(1)?,
            org: row.get(2)?,
            late: row.get(3)?,
            time: used.zip(promised),
        })
    })
    .collect()
}

const SUMS: &str =
    "SELECT CAST(sum(c.n) AS BIGINT), CAST(sum(c.late) AS BIGINT), CAST(sum(c.timed) AS BIGINT),
     CAST(sum(c.used) AS BIGINT), CAST(sum(c.promised) AS BIGINT),";

fn read_sum(row: &Row) -> Result<Sum, store::Error> {
    Ok(Sum {
        n: row.get(0)?,
        late: row.get(1)?,
        timed: row.get(2)?,
        used: row.get(3)?,
        promised: row.get(4)?,
    })
}

fn by_span(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    measure: Measure,
    range: (String, String),
) -> Result<BTreeMap<String, Sum>, store::Error> {
    let mut sums = BTreeMap::new();
    add_group(tx, actor, selection, measure, &range, "c.span", &mut sums)?;
    Ok(sums)
}

fn grouped(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    measure: Measure,
    span: Span,
    by: &str,
) -> Result<BTreeMap<String, Sum>, store::Error> {
    let mut sums = BTreeMap::new();
    for range in span.keys() {
        add_group(tx, actor, selection, measure, &range, by, &mut sums)?;
    }
    Ok(sums)
}

fn add_group(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    measure: Measure,
    range: &(String, String),
    by: &str,
    sums: &mut BTreeMap<String, Sum>,
) -> Result<(), store::Error> {
    let Some(mut sql) = Sql::new(actor, "c.") else {
        return Ok(());
    };
    sql.body(actor, selection);
    sql.counted(selection, measure, range);
    let rows = tx.query(
        &format!(
            "{SUMS} c.grouped FROM (SELECT c.*, {by} AS grouped FROM monitor_counts c WHERE {}) c GROUP BY c.grouped",
            sql.text
        ),
        &sql.values,
    )?;
    for row in &rows {
        sums.entry(row.get(5)?).or_default().add(read_sum(row)?);
    }
    Ok(())
}

/// Conditions, growing.
struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// The supervisor's scope; `None` for whoever supervises nothing.
    fn new(actor: &Actor, table: &str) -> Option<Sql> {
        let mut sql = Sql {
            text: String::new(),
            values: Vec::new(),
        };
        let mut scopes = Vec::new();
        for grant in grants(actor) {
            let mut parts = vec!["1 = 1".to_owned()];
            if let Some(org) = grant.org {
                parts.push(format!("{table}org_id = {}", sql.bind(org.into())));
            }
            if let Some((low, high)) = region_range(&grant.region) {
                let (low, high) = (sql.bind(low.into()), sql.bind(high.into()));
                parts.push(format!("{table}region >= {low} AND {table}region < {high}"));
            }
            scopes.push(parts.join(" AND "));
        }
        if scopes.is_empty() {
            return None;
        }
        sql.text = format!("(({}))", scopes.join(") OR ("));
        Some(sql)
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    /// Which rows of counts: those of one body, of all together, or of each where the scope knows single bodies.
    fn body(&mut self, actor: &Actor, selection: &Selection) {
        let limited: Vec<Option<OrgId>> = grants(actor).map(|grant| grant.org).collect();
        if let Some(org) = selection.org {
            let org = self.bind(org.into());
            self.and(&format!("c.org_id = {org}"));
        } else if limited.iter().all(Option::is_none) {
            let all = self.bind(ALL_BODIES.into());
            self.and(&format!("c.org_id = {all}"));
        } else if limited.iter().all(Option::is_some) {
            let bodies: Vec<String> = limited
                .into_iter()
                .flatten()
                .map(|org| self.bind(org.into()))
                .collect();
            self.and(&format!("c.org_id IN ({})", bodies.join(", ")));
        } else {
            let all = self.bind(ALL_BODIES.into());
            self.and(&format!("c.org_id > {all}"));
        }
    }

    fn counted(&mut self, selection: &Selection, measure: Measure, range: &(String, String)) {
        self.narrow(selection, "c.");
        let number = self.bind(measure.number().into());
        let (from, to) = (
            self.bind(range.0.as_str().into()),
            self.bind(range.1.as_str().into()),
        );
        self.and(&format!(
            "c.measure = {number} AND c.span >= {from} AND c.span < {to}"
        ));
    }

    fn narrow(&mut self, selection: &Selection, table: &str) {
        self.region(selection, table);
        let item = self.bind(selection.item.as_deref().unwrap_or(ALL_ITEMS).into());
        self.and(&format!("{table}item = {item}"));
    }

    fn region(&mut self, selection: &Selection, table: &str) {
        if let (true, Some(region)) = (selection.alone, &selection.region) {
            let region = self.bind(region.as_str().into());
            self.and(&format!("{table}region = {region}"));
            return;
        }
        if let Some((low, high)) = selection.region.as_deref().and_then(region_range) {
            let (low, high) = (self.bind(low.into()), self.bind(high.into()));
            self.and(&format!(
                "{table}region >= {low} AND {table}region < {high}"
            ));
        }
    }
}

/// The grants that let the actor supervise.
fn grants(actor: &Actor) -> impl Iterator<Item = &Grant> {
    let grants = match actor {
        Actor::Staff(staff) => staff.grants.as_slice(),
        Actor::Person(_) | Actor::System => &[],
    };
    grants
        .iter()
        .filter(|grant| grant.role.permissions().contains(&Permission::Supervise))
}

/// Codes of a region and all below it; `None` for everywhere. A code that is none covers nothing.
fn region_range(code: &str) -> Option<(String, String)> {
    if code.is_empty() || code.chars().all(|c| c == '0') {
        return None;
    }
    let prefix =
        RegionCode::parse(code).map_or_else(|_| code.to_owned(), |code| code.prefix().to_owned());
    // ':' follows '9' in ASCII.
    Some((prefix.clone(), format!("{prefix}:")))
}

#[cfg(test)]
mod tests {
    use super::region_range;

    #[test]
    fn regions_are_ranges_of_codes() {
        let range = |code| region_range(code).map(|(low, high)| format!("{low}{high}"));
        assert_eq!(range("990100").as_deref(), Some("99019901:"));
        assert_eq!(range("990102").as_deref(), Some("990102990102:"));
        assert_eq!(range(""), None);
    }
}
