//! Who else has a case open. A row is touched every twenty seconds while the page is open and counts for a minute; it is
//! never more than a hint: what keeps two officers apart is the version of the case.

use axum::extract::State;
use base::ids::{CaseId, StaffId};
use jiff::Timestamp;
use serde::Serialize;
use store::{Tx, params};
use web::{Fields, Form, Json, Path, Result, Visit};

use crate::{Window, known};

/// A row counts for this long after it was touched.
const LIVES_MS: i64 = 60_000;
/// Others that are named.
const OTHERS_MAX: i64 = 20;

/// Somebody else who has the case open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Other {
    pub name: String,
    pub since: Timestamp,
}

/// Everybody else, longest first.
pub(crate) fn others(
    tx: &mut Tx<'_>,
    case: CaseId,
    reader: StaffId,
    now: Timestamp,
) -> Result<Vec<Other>> {
    let rows = tx.query(
        "SELECT name, since FROM presence
          WHERE case_id = $1 AND staff_id <> $2 AND seen_at > $3
          ORDER BY since, name
          LIMIT $4",
        &params![case, reader, now.as_millisecond() - LIVES_MS, OTHERS_MAX],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Other {
                name: row.get(0)?,
                since: row.get(1)?,
            })
        })
        .collect()
}

/// The reader is here; tells who else is.
pub(crate) async fn touch(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<CaseId>,
    // The form's token is checked as it is read.
    Form(_): Form<Fields>,
) -> Result<Json<Vec<Other>>> {
    let (actor, staff) = (visit.actor()?.clone(), visit.staff()?.clone());
    let now = visit.app.now();
    let found = window
        .app
        .db
        .write(move |tx| -> Result<_> {
            known(tx, &actor, id)?;
            tx.exec(
                "DELETE FROM presence WHERE seen_at <= $1",
                &params![now.as_millisecond() - LIVES_MS],
            )?;
            tx.exec(
                "INSERT INTO presence (case_id, staff_id, name, since, seen_at) VALUES ($1, $2, $3, $4, $4)
                 ON CONFLICT (case_id, staff_id) DO UPDATE SET seen_at = $4, name = $3",
                &params![id, staff.staff, &staff.name, now],
            )?;
            others(tx, id, staff.staff, now)
        })
        .await?;
    Ok(Json(found))
}
