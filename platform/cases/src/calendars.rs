//! Calendars that were loaded: every one kept, the newest in force over the built-in one, the same for every process
//! that shares the database.

use calendar::{Arrangement, ArrangementKind, Calendar};
use jiff::Timestamp;
use store::{Tx, params};

use crate::error::Error;

/// One loading, as the administrator's page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// 1, 2, 3 …
    pub no: i64,
    pub version: String,
    pub loaded_at: Timestamp,
    pub loaded_by: String,
}

/// The calendar in force: the newest loaded one over the built-in one.
pub fn in_force(tx: &mut Tx<'_>) -> Result<Calendar, Error> {
    let builtin = Calendar::builtin();
    let row = tx.query_opt("SELECT body FROM calendars ORDER BY no DESC LIMIT 1", &[])?;
    let Some(row) = row else {
        return Ok(builtin);
    };
    let body: String = row.get(0)?;
    Calendar::from_csv(body.as_bytes())
        .map(|loaded| builtin.updated_by(&loaded))
        .map_err(|error| Error::Damaged(format!("stored calendar: {error}")))
}

/// Number of the newest loading; 0 when only the built-in calendar is there. Cheap: other processes look at it.
pub fn newest(tx: &mut Tx<'_>) -> Result<i64, Error> {
    Ok(tx
        .query_one("SELECT COALESCE(MAX(no), 0) FROM calendars", &[])?
        .get(0)?)
}

/// Keeps a calendar and puts it in force. Open clocks follow by [`crate::recalendar::run`].
pub fn load(tx: &mut Tx<'_>, calendar: &Calendar, by: &str, now: Timestamp) -> Result<i64, Error> {
    let no = newest(tx)? + 1;
    tx.exec(
        "INSERT INTO calendars (no, version, body, loaded_at, loaded_by) VALUES ($1, $2, $3, $4, $5)",
        &params![no, calendar.version(), csv(calendar), now, by],
    )?;
    Ok(no)
}

/// The newest loadings first, at most 100.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Loaded>, Error> {
    tx.query(
        "SELECT no, version, loaded_at, loaded_by FROM calendars ORDER BY no DESC LIMIT 100",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(Loaded {
            no: row.get(0)?,
            version: row.get(1)?,
            loaded_at: row.get(2)?,
            loaded_by: row.get(3)?,
        })
    })
    .collect()
}

/// A calendar as the file it is read from.
pub fn csv(calendar: &Calendar) -> String {
    let mut text = "date,name,day_type,announced_for_year\n".to_owned();
    for row in calendar.rows() {
        text.push_str(&line(row));
    }
    text
}

fn line(row: &Arrangement) -> String {
    let kind = match row.kind {
        ArrangementKind::Off => "off",
        ArrangementKind::MakeupWorkday => "makeup_workday",
    };
    let name = row.name.replace('"', "\"\"");
    format!(
        "{},\"{name}\",{kind},{}\n",
        row.date, row.announced_for_year
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_reads_back_as_it_was_written() {
        let builtin = Calendar::builtin();
        let again = Calendar::from_csv(csv(&builtin).as_bytes()).expect("our own file");
        assert_eq!(again.rows(), builtin.rows());
        assert_eq!(again.version(), builtin.version());
    }
}
