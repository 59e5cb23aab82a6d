//! An applicant's own cases, narrowed: what waits, what runs, what is done, and by words.

use base::ids::PartyId;
use jiff::Timestamp;
use store::{Tx, Value};

use crate::error::Error;
use crate::list::{self, Before, COLUMNS, Line};

/// Which open cases wait for their applicant and not for an office.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// States in which they do.
    pub states: &'static [&'static str],
    /// Kinds of clocks that run for the applicant while the office goes on: as long as they run.
    pub clocks: &'static [&'static str],
    pub now: Timestamp,
}

/// Which of the applicant's cases.
#[derive(Clone, Copy, Debug, Default)]
pub enum Part {
    #[default]
    All,
    /// Open, and waiting for the applicant.
    Theirs(Waiting),
    /// Open otherwise.
    Running(Waiting),
    Closed,
}

/// What an applicant's list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Narrow {
    pub part: Part,
    /// Part of the title or of the case number.
    pub text: String,
}

/// How many cases an applicant has in each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub theirs: u64,
    pub running: u64,
    pub closed: u64,
}

/// Values of a statement, in the order of their places.
#[derive(Default)]
struct Values(Vec<Value>);

impl Values {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    fn list(&mut self, words: &[&str]) -> String {
        let places: Vec<String> = words.iter().map(|word| self.bind(*word)).collect();
        places.join(", ")
    }

    /// The condition that an open case waits for its applicant.
    fn waits(&mut self, waiting: &Waiting) -> String {
        let (states, clocks) = (self.list(waiting.states), self.list(waiting.clocks));
        let now = self.bind(waiting.now);
        format!(
            "(state IN ({states})
              OR EXISTS (SELECT 1 FROM clocks
                          WHERE clocks.case_id = cases.case_id
                            AND clocks.kind IN ({clocks}) AND clocks.due_at > {now}))"
        )
    }
}

/// Cases of one applicant, newest first, at most `limit` (1–200) after the place given.
pub fn page(
    tx: &mut Tx<'_>,
    applicant: PartyId,
    narrow: &Narrow,
    before: Option<&Before>,
    limit: usize,
) -> Result<Vec<Line>, Error> {
    let mut values = Values::default();
    let mut sql = format!(
        "SELECT {COLUMNS} FROM cases WHERE applicant_id = {}",
        values.bind(applicant)
    );
    match &narrow.part {
        Part::All => {}
        Part::Theirs(waiting) => {
            let waits = values.waits(waiting);
            sql.push_str(&format!(" AND closed_at IS NULL AND {waits}"));
        }
        Part::Running(waiting) => {
            let waits = values.waits(waiting);
            sql.push_str(&format!(" AND closed_at IS NULL AND NOT {waits}"));
        }
        Part::Closed => sql.push_str(" AND closed_at IS NOT NULL"),
    }
    if !narrow.text.is_empty() {
        let part = values.bind(pattern(&narrow.text));
        sql.push_str(&format!(
            " AND (title LIKE {part} ESCAPE '!' OR case_no LIKE {part} ESCAPE '!')"
        ));
    }
    let (at, id) = list::start(before);
    let (at, id) = (values.bind(at), values.bind(id));
    let limit = values.bind(limit.clamp(1, 200) as i64);
    sql.push_str(&format!(
        " AND opened_at <= {at} AND (opened_at, case_id) < ({at}, {id})
          ORDER BY opened_at DESC, case_id DESC LIMIT {limit}"
    ));
    tx.query(&sql, &values.0)?.iter().map(list::line).collect()
}

/// How many cases an applicant has in each part.
pub fn counts(tx: &mut Tx<'_>, applicant: PartyId, waiting: &Waiting) -> Result<Counts, Error> {
    let mut values = Values::default();
    let (applicant, waits) = (values.bind(applicant), values.waits(waiting));
    let rows = tx.query(
        &format!(
            "SELECT part, COUNT(*)
               FROM (SELECT CASE WHEN closed_at IS NOT NULL THEN 'closed'
                                 WHEN {waits} THEN 'theirs'
                                 ELSE 'running' END AS part
                       FROM cases WHERE applicant_id = {applicant}) AS parts
              GROUP BY part"
        ),
        &values.0,
    )?;
    let mut counts = Counts::default();
    for row in &rows {
        let (part, count): (String, u64) = (row.get(0)?, row.get(1)?);
        match part.as_str() {
            "closed" => counts.closed = count,
            "theirs" => counts.theirs = count,
            _ => counts.running = count,
        }
    }
    Ok(counts)
}

/// `%text%` with the signs of a pattern taken literally.
fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(c);
    }
    out.push('%');
    out
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn signs_of_a_pattern_are_letters_in_a_search() {
        assert_eq!(pattern("100%_!"), "%100!%!_!!%");
        assert_eq!(pattern("许可"), "%许可%");
    }
}
