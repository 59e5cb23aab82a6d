//! An applicant's own cases, narrowed: what waits, what runs, what is done, and by words.

use base::ids::PartyId;
use store::{Tx, Value, params};

use crate::error::Error;
use crate::list::{self, Before, COLUMNS, Line};

/// What an applicant's list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Narrow {
    /// Only these states; all where there are none.
    pub states: Vec<&'static str>,
    /// Only open or only closed ones.
    pub closed: Option<bool>,
    /// Part of the title or of the case number.
    pub text: String,
}

/// Cases of one applicant, newest first, at most `limit` (1–200) after the place given.
pub fn page(
    tx: &mut Tx<'_>,
    applicant: PartyId,
    narrow: &Narrow,
    before: Option<&Before>,
    limit: usize,
) -> Result<Vec<Line>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut sql = format!(
        "SELECT {COLUMNS} FROM cases WHERE applicant_id = {}",
        bind(applicant.into())
    );
    if !narrow.states.is_empty() {
        let states: Vec<String> = narrow
            .states
            .iter()
            .map(|state| bind((*state).into()))
            .collect();
        sql.push_str(&format!(" AND state IN ({})", states.join(", ")));
    }
    match narrow.closed {
        Some(true) => sql.push_str(" AND closed_at IS NOT NULL"),
        Some(false) => sql.push_str(" AND closed_at IS NULL"),
        None => {}
    }
    if !narrow.text.is_empty() {
        let part = bind(pattern(&narrow.text).into());
        sql.push_str(&format!(
            " AND (title LIKE {part} ESCAPE '!' OR case_no LIKE {part} ESCAPE '!')"
        ));
    }
    let (at, id) = list::start(before);
    let (at, id) = (bind(at.into()), bind(id.into()));
    let limit = bind((limit.clamp(1, 200) as i64).into());
    sql.push_str(&format!(
        " AND opened_at <= {at} AND (opened_at, case_id) < ({at}, {id})
          ORDER BY opened_at DESC, case_id DESC LIMIT {limit}"
    ));
    tx.query(&sql, &values)?.iter().map(list::line).collect()
}

/// How many cases an applicant has in each state.
pub fn counts(tx: &mut Tx<'_>, applicant: PartyId) -> Result<Vec<(String, u64)>, Error> {
    tx.query(
        "SELECT state, COUNT(*) FROM cases WHERE applicant_id = $1 GROUP BY state ORDER BY state",
        &params![applicant],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
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
