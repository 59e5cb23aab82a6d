//! What windows did since an instant, newest first: the rows that 窗口统计 counts. Whose they may see is asked by whoever
//! counts, with organisation and region of each row in hand.

use base::ids::OrgId;
use jiff::Timestamp;
use store::{Error, Tx, params};

/// A case that was passed on (上报).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOn {
    /// Code among [`super::reasons`].
    pub reason: String,
    /// Where it was passed on.
    pub org: OrgId,
    pub region: String,
    /// Not answered yet.
    pub open: bool,
}

/// A case taken in here and decided there (收受分离).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// 受理地.
    pub from: (OrgId, String),
    /// 办理地.
    pub to: (OrgId, String),
    /// Sent and not received, or not sent yet.
    pub open: bool,
}

/// A case of the green channel (绿色通道).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WentFirst {
    /// Code among [`super::reasons::GREEN`].
    pub ground: String,
    pub org: OrgId,
    pub region: String,
    /// Not decided yet.
    pub open: bool,
}

/// At most `limit` cases passed on since an instant.
pub fn passed_on(tx: &mut Tx<'_>, since: Timestamp, limit: i64) -> Result<Vec<PassedOn>, Error> {
    let rows = tx.query(
        "SELECT reason, org_id, region, answered_at FROM escalations WHERE at >= $1 ORDER BY at DESC LIMIT $2",
        &params![since, limit],
    )?;
    rows.iter()
        .map(|row| {
            Ok(PassedOn {
                reason: row.get(0)?,
                org: row.get(1)?,
                region: row.get(2)?,
                open: row.get::<Option<i64>>(3)?.is_none(),
            })
        })
        .collect()
}

/// At most `limit` cases handed over since an instant.
pub fn handed_over(
    tx: &mut Tx<'_>,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<HandedOver>, Error> {
    let rows = tx.query(
        "SELECT from_org, from_region, to_org, to_region, received_at FROM transfers
          WHERE opened_at >= $1 ORDER BY opened_at DESC LIMIT $2",
        &params![since, limit],
    )?;
    rows.iter()
        .map(|row| {
            Ok(HandedOver {
                from: (row.get(0)?, row.get(1)?),
                to: (row.get(2)?, row.get(3)?),
                open: row.get::<Option<i64>>(4)?.is_none(),
            })
        })
        .collect()
}

/// At most `limit` cases that went first since an instant.
pub fn went_first(tx: &mut Tx<'_>, since: Timestamp, limit: i64) -> Result<Vec<WentFirst>, Error> {
    let rows = tx.query(
        "SELECT ground, org_id, region, open FROM green_cases WHERE at >= $1 ORDER BY at DESC LIMIT $2",
        &params![since, limit],
    )?;
    rows.iter()
        .map(|row| {
            Ok(WentFirst {
                ground: row.get(0)?,
                org: row.get(1)?,
                region: row.get(2)?,
                open: row.get::<i64>(3)? != 0,
            })
        })
        .collect()
}
