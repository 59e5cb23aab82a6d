//! Who may not be trusted with a promise, and who may not ask again for a time.
//!
//! An entry is never changed or deleted: repair (信用修复) is written beside it, by the head of a body, with its reason.

use base::ids::{CaseId, ItemId, PartyId};
use casework::Refusal;
use jiff::{Timestamp, ToSpan as _, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Tx, params};
use uuid::Uuid;

use crate::error::Error;

/// Entries on one page of a list.
pub const PAGE: usize = 50;

/// Why somebody is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 承诺不实: no more promises until repaired (国办发〔2020〕42号).
    FalsePromise,
    /// 容缺材料逾期未补.
    GapNotKept,
    /// 其他严重失信.
    Serious,
    /// 提供虚假材料: one year for the same matter (行政许可法第七十八条).
    FalseMaterials,
    /// 以欺骗、贿赂取得许可: three years (行政许可法第七十九条).
    Fraud,
}

impl Kind {
    pub const ALL: [Kind; 5] = [
        Kind::FalsePromise,
        Kind::GapNotKept,
        Kind::Serious,
        Kind::FalseMaterials,
        Kind::Fraud,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Kind::FalsePromise => "false_promise",
            Kind::GapNotKept => "gap_not_kept",
            Kind::Serious => "serious",
            Kind::FalseMaterials => "false_materials",
            Kind::Fraud => "fraud",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Kind::FalsePromise => "承诺不实",
            Kind::GapNotKept => "容缺材料逾期未补",
            Kind::Serious => "严重失信",
            Kind::FalseMaterials => "提供虚假材料",
            Kind::Fraud => "以欺骗、贿赂取得许可",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it keeps somebody from promises until it is repaired.
    pub fn excludes(self) -> bool {
        !matches!(self, Kind::FalseMaterials)
    }

    /// Years in which the same matter may not be asked for again.
    pub fn years(self) -> Option<i16> {
        match self {
            Kind::FalseMaterials => Some(1),
            Kind::Fraud => Some(3),
            Kind::FalsePromise | Kind::GapNotKept | Kind::Serious => None,
        }
    }

    pub fn basis(self) -> &'static str {
        match self {
            Kind::FalseMaterials => "《行政许可法》第七十八条",
            Kind::Fraud => "《行政许可法》第七十九条",
            Kind::FalsePromise | Kind::GapNotKept | Kind::Serious => "国办发〔2020〕42号",
        }
    }
}

/// What is written down.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Handed in, so that the same act written twice is one entry.
    pub id: Uuid,
    pub party: PartyId,
    pub party_name: String,
    pub kind: Kind,
    /// The matter that may not be asked for again.
    pub item: Option<ItemId>,
    pub case: Option<CaseId>,
    pub region: String,
    pub reason: String,
    pub by: String,
    pub at: Timestamp,
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Uuid,
    pub party: PartyId,
    pub party_name: String,
    pub kind: Kind,
    pub item: Option<ItemId>,
    pub case: Option<CaseId>,
    pub region: String,
    pub reason: String,
    pub basis: String,
    /// Last day on which the matter may not be asked for again.
    pub until: Option<Date>,
    pub made_at: Timestamp,
    pub made_by: String,
    pub repair: Option<Repair>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

/// The same id for the same consequence of the same case.
pub fn entry_id(case: CaseId, kind: Kind) -> Uuid {
    let digest = base::crypto::sm3(format!("credit|{case}|{}", kind.word()).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Writes one down.
pub fn record(tx: &mut Tx<'_>, new: &NewEntry) -> Result<(), Error> {
    let today = calendar::civil_date(new.at);
    let until = new
        .kind
        .years()
        .and_then(|years| today.checked_add(years.years()).ok());
    tx.queue(
        "INSERT INTO credit_entries (entry_id, party_id, party_name, kind, item_id, case_id, region, reason,
             basis, until_on, made_at, made_by, repaired_at, repaired_by, repair_reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, '', '')
         ON CONFLICT (entry_id) DO NOTHING",
        params![
            new.id,
            new.party,
            &new.party_name,
            new.kind.word(),
            new.item,
            new.case,
            &new.region,
            &new.reason,
            new.kind.basis(),
            until.map(|until| until.to_string()),
            new.at,
            &new.by
        ],
    )?;
    Ok(())
}

const COLUMNS: &str =
    "entry_id, party_id, party_name, kind, item_id, case_id, region, reason, basis, until_on,
    made_at, made_by, repaired_at, repaired_by, repair_reason";

/// Entries of a party, the latest first.
pub fn of_party(tx: &mut Tx<'_>, party: PartyId) -> Result<Vec<Entry>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM credit_entries WHERE party_id = $1
         ORDER BY made_at DESC, entry_id LIMIT 200"
    );
    tx.query(&sql, &params![party])?.iter().map(read).collect()
}

/// Entries before a place of the list, the latest first.
pub fn page(tx: &mut Tx<'_>, before: Option<(Timestamp, Uuid)>) -> Result<Vec<Entry>, Error> {
    let (at, id) = before.unwrap_or((Timestamp::MAX, Uuid::max()));
    let sql = format!(
        "SELECT {COLUMNS} FROM credit_entries
         WHERE made_at < $1 OR (made_at = $1 AND entry_id < $2)
         ORDER BY made_at DESC, entry_id DESC LIMIT $3"
    );
    let limit = i64::try_from(PAGE).unwrap_or(50) + 1;
    tx.query(&sql, &params![at, id, limit])?
        .iter()
        .map(read)
        .collect()
}

/// One entry.
pub fn by_id(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Entry>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM credit_entries WHERE entry_id = $1");
    tx.query_opt(&sql, &params![id])?
        .map(|row| read(&row))
        .transpose()
}

/// 信用修复.
///
/// # Errors
/// Without a reason, or where it was repaired before.
pub fn repair(
    tx: &mut Tx<'_>,
    id: Uuid,
    by: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let reason = crate::rules::needed("reason", reason, "请写明修复信用的理由")?;
    let done = tx.exec(
        "UPDATE credit_entries SET repaired_at = $2, repaired_by = $3, repair_reason = $4
         WHERE entry_id = $1 AND repaired_at IS NULL",
        &params![id, now, by, reason],
    )?;
    if done == 0 {
        return Err(Refusal::invalid("reason", "这条记录不存在或者已经修复").into());
    }
    Ok(())
}

/// Refuses a promise of somebody whose credit is not repaired.
pub fn may_promise(tx: &mut Tx<'_>, party: PartyId) -> Result<(), Error> {
    Ok(check_promise(&of_party(tx, party)?)?)
}

/// Refuses to accept a matter that may not be asked for again yet.
pub fn may_apply(tx: &mut Tx<'_>, party: PartyId, item: ItemId, today: Date) -> Result<(), Error> {
    Ok(check_ban(&of_party(tx, party)?, item, today)?)
}

/// The rule behind [`may_promise`].
pub fn check_promise(entries: &[Entry]) -> Result<(), Refusal> {
    match entries
        .iter()
        .find(|entry| entry.kind.excludes() && entry.repair.is_none())
    {
        Some(entry) => Err(Refusal::invalid(
            "materials",
            format!(
                "申请人有未修复的失信记录（{}，{}），信用修复前不适用告知承诺和容缺受理，请提交材料",
                entry.kind.label(),
                calendar::civil_date(entry.made_at)
            ),
        )),
        None => Ok(()),
    }
}

/// The rule behind [`may_apply`]: a repaired entry bans no more.
pub fn check_ban(entries: &[Entry], item: ItemId, today: Date) -> Result<(), Refusal> {
    let ban = entries.iter().find(|entry| {
        entry.item == Some(item)
            && entry.repair.is_none()
            && entry.until.is_some_and(|until| today <= until)
    });
    match ban {
        Some(entry) => Err(Refusal::invalid(
            "applicant",
            format!(
                "申请人因{}，至{}不得再次申请本事项（{}），应当不予受理",
                entry.kind.label(),
                entry.until.unwrap_or(today),
                entry.basis
            ),
        )),
        None => Ok(()),
    }
}

fn read(row: &Row) -> Result<Entry, Error> {
    let damaged = |what: &str| Error::Cases(cases::Error::Damaged(format!("credit entry: {what}")));
    let kind: String = row.get(3)?;
    let until: Option<String> = row.get(9)?;
    let repaired_at: Option<Timestamp> = row.get(12)?;
    let repair = match repaired_at {
        Some(at) => Some(Repair {
            at,
            by: row.get(13)?,
            reason: row.get(14)?,
        }),
        None => None,
    };
    Ok(Entry {
        id: row.get(0)?,
        party: row.get(1)?,
        party_name: row.get(2)?,
        kind: Kind::from_word(&kind).ok_or_else(|| damaged("unknown kind"))?,
        item: row.get(4)?,
        case: row.get(5)?,
        region: row.get(6)?,
        reason: row.get(7)?,
        basis: row.get(8)?,
        until: until
            .map(|text| text.parse().map_err(|_| damaged("until_on is no date")))
            .transpose()?,
        made_at: row.get(10)?,
        made_by: row.get(11)?,
        repair,
    })
}
