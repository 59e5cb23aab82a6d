//! Calendars that were loaded: every one kept, the newest in force over the built-in one, the same for every process
//! that shares the database.

use calendar::{Arrangement, ArrangementKind, Calendar};
use jiff::{SignedDuration, Timestamp};
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

/// The calendar in force: the newest loaded one over the built-in one. It knows those that were in force before.
pub fn in_force(tx: &mut Tx<'_>) -> Result<Calendar, Error> {
    let builtin = Calendar::builtin();
    let mut loaded = Vec::new();
    for row in tx.query("SELECT body FROM calendars ORDER BY no", &[])? {
        loaded.push(read(&row.get::<String>(0)?)?);
    }
    Ok(match loaded.last() {
        None => builtin,
        Some(newest) => builtin.updated_by(newest).after(&loaded),
    })
}

/// Records the calendar this version came with, the first time and whenever it brings a notice that is not there yet.
///
/// Returns what is in force now if that changed; open clocks follow by [`crate::recalendar::run`].
pub fn adopt(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Calendar>, Error> {
    let row = tx.query_opt("SELECT body FROM calendars ORDER BY no DESC LIMIT 1", &[])?;
    let known = row.map(|row| row.get::<String>(0)).transpose()?;
    let known = known.as_deref().map(read).transpose()?;
    let merged = match &known {
        None => Calendar::builtin(),
        Some(known) => Calendar::builtin().updated_by(known),
    };
    if known.is_some_and(|known| known.rows() == merged.rows()) {
        return Ok(None);
    }
    load(tx, &merged, "tongban", now)?;
    Ok(Some(merged))
}

fn read(body: &str) -> Result<Calendar, Error> {
    Calendar::from_csv(body.as_bytes())
        .map_err(|error| Error::Damaged(format!("stored calendar: {error}")))
}

/// The built-in calendar and every one that was loaded, oldest first: what is over was judged by the calendar of its
/// day.
#[derive(Clone, Debug)]
pub struct History(Vec<(Timestamp, Calendar)>);

/// How long another process may go on with the calendar of before.
const TAKE_OVER: SignedDuration = SignedDuration::from_mins(1);

impl History {
    pub fn read(tx: &mut Tx<'_>) -> Result<History, Error> {
        let mut all = vec![(Timestamp::MIN, Calendar::builtin())];
        for row in tx.query("SELECT loaded_at, body FROM calendars ORDER BY no", &[])? {
            all.push((row.get(0)?, read(&row.get::<String>(1)?)?));
        }
        Ok(History(all))
    }

    /// The calendars by which something may have been judged at an instant: the newest one loaded by then, and the
    /// one before it while other processes were taking the new one over. Before the first loading, the built-in one
    /// and the first, which is the built-in one of that version.
    pub fn at(&self, at: Timestamp) -> impl Iterator<Item = &Calendar> {
        let newest = self
            .0
            .iter()
            .rposition(|(loaded_at, _)| *loaded_at <= at)
            .unwrap_or(0);
        let oldest = (0..=newest)
            .rfind(|place| at.duration_since(self.0[*place].0) >= TAKE_OVER)
            .unwrap_or(0);
        let newest = newest.max(1).min(self.0.len() - 1);
        self.0[oldest..=newest].iter().map(|(_, calendar)| calendar)
    }
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
    fn what_is_over_is_looked_at_with_the_calendar_of_its_day() {
        let at = |second: i64| Timestamp::from_second(second).expect("in range");
        let mut calendars = vec![(Timestamp::MIN, Calendar::builtin())];
        calendars.extend([0, 1000, 2000].map(|second| (at(second), Calendar::builtin())));
        let history = History(calendars);
        let count = |second: i64| history.at(at(second)).count();
        assert_eq!(count(-500), 2, "before the first");
        assert_eq!(count(999), 1);
        assert_eq!(count(1010), 2, "others may still use the one of before");
        assert_eq!(count(1060), 1);
        assert_eq!(count(9000), 1);
    }

    #[test]
    fn a_calendar_reads_back_as_it_was_written() {
        let builtin = Calendar::builtin();
        let again = Calendar::from_csv(csv(&builtin).as_bytes()).expect("our own file");
        assert_eq!(again.rows(), builtin.rows());
        assert_eq!(again.version(), builtin.version());
    }
}
