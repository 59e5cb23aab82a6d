//! Who may not be trusted with a promise, and who may not ask again for a time: one table, one question each,
//! [`may_promise`] and [`may_apply`].
//!
//! An entry is never changed or deleted: repair (信用修复) is written beside it, by the head of a body, with its reason.
//! Repair ends the exclusion from promises; a ban that 行政许可法 sets runs to its last day all the same.

use base::ids::{CaseId, ItemId, OrgId, PartyId};
use casework::{Actor, Case, Permission, Refusal, Scope};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Tx, Value, params};
use uuid::Uuid;

use crate::{details, error::Error};

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

    /// The last day of the ban that begins with a decision of this day.
    ///
    /// 民法典第二百零一条、第二百零二条: the first day does not count, the last is the one that corresponds to it.
    pub fn until(self, from: Date) -> Option<Date> {
        let years = self.years()?;
        Some(from.checked_add(years.years()).unwrap_or(Date::MAX))
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
    /// The same for the same consequence of the same case, so that it is written down once.
    pub id: Uuid,
    pub party: PartyId,
    pub party_name: String,
    pub kind: Kind,
    /// The matter that may not be asked for again.
    pub matter: Option<Matter>,
    pub case: CaseId,
    pub case_no: String,
    pub region: String,
    pub org: OrgId,
    pub reason: String,
    pub by: String,
    pub at: Timestamp,
}

/// An item, and the part of its code that is the same wherever it is exercised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    pub item: ItemId,
    pub name: String,
    pub family: String,
}

impl Matter {
    /// What an application was for.
    pub fn of(application: &Case) -> Option<Matter> {
        details::about(application).map(|about| Matter {
            item: about.item,
            name: application.title.clone(),
            family: family(&about.impl_code).to_owned(),
        })
    }
}

impl NewEntry {
    /// What the last act on a case leads to; `about` is the application it concerns.
    pub fn following(case: &Case, about: Option<&Case>, kind: Kind, reason: String) -> NewEntry {
        NewEntry {
            id: entry_id(about.unwrap_or(case).id, kind),
            party: case.applicant,
            party_name: case.applicant_name.clone(),
            kind,
            matter: about.and_then(Matter::of),
            case: case.id,
            case_no: case.no.clone(),
            region: case.region.clone(),
            org: case.org,
            reason,
            by: case.last.by.clone(),
            at: case.last.at,
        }
    }
}

/// The part of an 实施编码 that is the same wherever an item is exercised: a ban is not escaped in the next county.
fn family(impl_code: &str) -> &str {
    impl_code.get(19..31).unwrap_or(impl_code)
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Uuid,
    pub party: PartyId,
    pub party_name: String,
    pub kind: Kind,
    /// The matter that may not be asked for again, wherever it is exercised; empty for none.
    pub family: String,
    pub item_name: String,
    pub case: Option<CaseId>,
    pub case_no: String,
    pub region: String,
    pub org: Option<OrgId>,
    pub reason: String,
    pub basis: String,
    /// Last day on which the matter may not be asked for again.
    pub until: Option<Date>,
    pub made_at: Timestamp,
    pub made_by: String,
    pub repair: Option<Repair>,
}

impl Entry {
    /// Whether it keeps its party from promises today.
    pub fn excludes(&self) -> bool {
        self.kind.excludes() && self.repair.is_none()
    }

    /// Whether it keeps its party from applying for its matter today.
    pub fn bans(&self, today: Date) -> bool {
        self.until.is_some_and(|until| today <= until)
    }

    /// Where it belongs.
    pub fn scope(&self) -> Scope<'_> {
        Scope {
            region: &self.region,
            org: self.org,
        }
    }
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
    let until = new.kind.until(calendar::civil_date(new.at));
    let (item, name, family) = match &new.matter {
        Some(matter) => (
            Some(matter.item),
            matter.name.as_str(),
            matter.family.as_str(),
        ),
        None => (None, "", ""),
    };
    tx.queue(
        "INSERT INTO credit_entries (entry_id, party_id, party_name, kind, item_id, case_id, region, reason,
             basis, until_on, made_at, made_by, repaired_at, repaired_by, repair_reason, org_id, case_no, family,
             item_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, '', '', $13, $14, $15, $16)
         ON CONFLICT (entry_id) DO NOTHING",
        params![
            new.id,
            new.party,
            &new.party_name,
            new.kind.word(),
            item,
            new.case,
            &new.region,
            &new.reason,
            new.kind.basis(),
            until.map(|until| until.to_string()),
            new.at,
            &new.by,
            new.org,
            &new.case_no,
            family,
            name
        ],
    )?;
    Ok(())
}

const COLUMNS: &str =
    "entry_id, party_id, party_name, kind, family, case_id, region, reason, basis, until_on,
    made_at, made_by, repaired_at, repaired_by, repair_reason, org_id, case_no, item_name";

/// Entries of a party, the latest first.
pub fn of_party(tx: &mut Tx<'_>, party: PartyId) -> Result<Vec<Entry>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM credit_entries WHERE party_id = $1
         ORDER BY made_at DESC, entry_id LIMIT 200"
    );
    tx.query(&sql, &params![party])?.iter().map(read).collect()
}

/// What a list of entries is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub standing: Option<Standing>,
    /// Part of the name, the case number or the item; at most 50 characters are used.
    pub text: String,
    /// Continue after this place.
    pub before: Option<(Timestamp, Uuid)>,
    pub limit: usize,
}

/// How an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Keeps its party from promises.
    Excluded,
    /// Keeps its party from applying for the matter.
    Banned,
    Repaired,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::Excluded => "excluded",
            Standing::Banned => "banned",
            Standing::Repaired => "repaired",
        }
    }
}

/// Entries of the regions and bodies whose trails the actor may read, the latest first.
pub fn page(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    today: Date,
) -> Result<Vec<Entry>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let Some(mut sql) = cases::list::scope_of(actor, Permission::ReadTrail, &mut values) else {
        return Ok(Vec::new());
    };
    sql = format!("({sql})");
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(kind) = filter.kind {
        sql.push_str(&format!(" AND kind = {}", bind(kind.word().into())));
    }
    match filter.standing {
        Some(Standing::Excluded) => sql.push_str(&format!(
            " AND repaired_at IS NULL AND kind <> {}",
            bind(Kind::FalseMaterials.word().into())
        )),
        Some(Standing::Banned) => {
            sql.push_str(&format!(
                " AND until_on >= {}",
                bind(today.to_string().into())
            ));
        }
        Some(Standing::Repaired) => sql.push_str(" AND repaired_at IS NOT NULL"),
        None => {}
    }
    let text: String = filter.text.trim().chars().take(50).collect();
    if !text.is_empty() {
        let position = cases::list::position(tx.engine());
        let text = bind(text.into());
        sql.push_str(&format!(
            " AND ({position}(party_name, {text}) > 0 OR {position}(case_no, {text}) > 0
                   OR {position}(item_name, {text}) > 0)"
        ));
    }
    if let Some((at, id)) = filter.before {
        let (at, id) = (bind(at.into()), bind(id.into()));
        sql.push_str(&format!(
            " AND (made_at < {at} OR (made_at = {at} AND entry_id < {id}))"
        ));
    }
    let limit = bind(i64::try_from(filter.limit).unwrap_or(200).into());
    let sql = format!(
        "SELECT {COLUMNS} FROM credit_entries WHERE {sql}
         ORDER BY made_at DESC, entry_id DESC LIMIT {limit}"
    );
    tx.query(&sql, &values)?.iter().map(read).collect()
}

/// One entry, for somebody who may know of it.
pub fn by_id(tx: &mut Tx<'_>, actor: &Actor, id: Uuid) -> Result<Entry, Error> {
    let sql = format!("SELECT {COLUMNS} FROM credit_entries WHERE entry_id = $1");
    tx.query_opt(&sql, &params![id])?
        .map(|row| read(&row))
        .transpose()?
        .filter(|entry| actor.may(Permission::ReadTrail, &entry.scope()))
        .ok_or(Error::NotFound)
}

/// 信用修复.
///
/// # Errors
/// By nobody but the head of the body, without a reason, or where it was repaired before.
pub fn repair(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: Uuid,
    reason: &str,
    now: Timestamp,
) -> Result<Entry, Error> {
    let entry = by_id(tx, actor, id)?;
    may_repair(actor, &entry)?;
    let reason = crate::rules::needed("reason", reason, "请写明修复信用的理由")?;
    let done = tx.exec(
        "UPDATE credit_entries SET repaired_at = $2, repaired_by = $3, repair_reason = $4
         WHERE entry_id = $1 AND repaired_at IS NULL",
        &params![id, now, actor.name(), &reason],
    )?;
    if done == 0 {
        return Err(Refusal::invalid("reason", "这条记录已经修复过，请刷新后查看").into());
    }
    Ok(Entry {
        repair: Some(Repair {
            at: now,
            by: actor.name().to_owned(),
            reason,
        }),
        ..entry
    })
}

/// Whether this actor may repair this entry. Pure.
///
/// # Errors
/// Says why not.
pub fn may_repair(actor: &Actor, entry: &Entry) -> Result<(), Refusal> {
    if !actor.may(Permission::RepairCredit, &entry.scope()) {
        return Err(Refusal::NotAllowed {
            actor: actor.name().to_owned(),
            command: "信用修复".to_owned(),
        });
    }
    if !entry.kind.excludes() {
        return Err(Refusal::invalid(
            "reason",
            "这条记录不影响承诺；法定的禁止申请期限不能通过信用修复缩短",
        ));
    }
    if entry.repair.is_some() {
        return Err(Refusal::invalid(
            "reason",
            "这条记录已经修复过，请刷新后查看",
        ));
    }
    Ok(())
}

/// Refuses a promise of somebody whose credit is not repaired.
pub fn may_promise(tx: &mut Tx<'_>, party: PartyId) -> Result<(), Error> {
    Ok(check_promise(&of_party(tx, party)?)?)
}

/// Refuses a matter that may not be asked for again yet, wherever it is exercised.
pub fn may_apply(
    tx: &mut Tx<'_>,
    party: PartyId,
    impl_code: &str,
    today: Date,
) -> Result<(), Error> {
    Ok(check_ban(&of_party(tx, party)?, family(impl_code), today)?)
}

/// The rule behind [`may_promise`].
pub fn check_promise(entries: &[Entry]) -> Result<(), Refusal> {
    match entries.iter().find(|entry| entry.excludes()) {
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

/// The rule behind [`may_apply`]: the ban that lasts longest.
pub fn check_ban(entries: &[Entry], family: &str, today: Date) -> Result<(), Refusal> {
    let ban = entries
        .iter()
        .filter(|entry| entry.family == family && entry.bans(today))
        .max_by_key(|entry| entry.until);
    match ban {
        Some(entry) => Err(Refusal::invalid(
            "applicant",
            format!(
                "申请人因{}（{}），至{}不得再次申请这项行政许可（{}）",
                entry.kind.label(),
                entry.case_no,
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
        family: row.get(4)?,
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
        org: row.get(15)?,
        case_no: row.get(16)?,
        item_name: row.get(17)?,
    })
}

#[cfg(test)]
mod tests {
    use base::IdSource;
    use jiff::civil::date;

    use super::*;

    fn entry(kind: Kind, made: &str, family: &str) -> Entry {
        let made_at: Timestamp = made.parse().expect("an instant");
        let ids = IdSource::seeded(7);
        Entry {
            id: Uuid::from_u128(1),
            party: ids.next(made_at),
            party_name: "王小明".to_owned(),
            kind,
            family: family.to_owned(),
            item_name: String::new(),
            case: None,
            case_no: "99010220260521000001".to_owned(),
            region: "990102".to_owned(),
            org: None,
            reason: "虚假".to_owned(),
            basis: kind.basis().to_owned(),
            until: kind.until(calendar::civil_date(made_at)),
            made_at,
            made_by: "刘洋".to_owned(),
            repair: None,
        }
    }

    #[test]
    fn a_ban_ends_with_the_day_that_corresponds_to_its_first() {
        let ban = |kind: Kind, from| kind.until(from).expect("it bans");
        assert_eq!(
            ban(Kind::FalseMaterials, date(2026, 5, 21)),
            date(2027, 5, 21)
        );
        assert_eq!(ban(Kind::Fraud, date(2026, 5, 21)), date(2029, 5, 21));
        assert_eq!(
            ban(Kind::FalseMaterials, date(2028, 2, 29)),
            date(2029, 2, 28)
        );
        let entries = [entry(
            Kind::FalseMaterials,
            "2026-05-21T02:00:00Z",
            "440217281000",
        )];
        let asks = |day| check_ban(&entries, "440217281000", day);
        assert!(asks(date(2027, 5, 21)).is_err());
        assert!(asks(date(2027, 5, 22)).is_ok());
        assert!(check_ban(&entries, "440217281001", date(2026, 6, 1)).is_ok());
    }

    #[test]
    fn repair_ends_the_exclusion_and_not_the_ban_of_the_law() {
        let mut fraud = entry(Kind::Fraud, "2026-05-21T02:00:00Z", "440217281000");
        assert!(check_promise(std::slice::from_ref(&fraud)).is_err());
        fraud.repair = Some(Repair {
            at: fraud.made_at,
            by: "局长".to_owned(),
            reason: "已履行".to_owned(),
        });
        assert!(check_promise(std::slice::from_ref(&fraud)).is_ok());
        assert!(check_ban(&[fraud], "440217281000", date(2027, 1, 1)).is_err());
        let materials = entry(Kind::FalseMaterials, "2026-05-21T02:00:00Z", "440217281000");
        assert!(
            check_promise(&[materials]).is_ok(),
            "it bans, it does not exclude"
        );
    }

    #[test]
    fn the_longest_ban_is_told() {
        let code = "440217281000";
        let entries = [
            entry(Kind::FalseMaterials, "2026-05-21T02:00:00Z", code),
            entry(Kind::Fraud, "2025-05-21T02:00:00Z", code),
        ];
        let told = check_ban(&entries, code, date(2026, 6, 1)).expect_err("banned");
        assert!(told.to_string().contains("2028-05-21"), "{told}");
    }

    #[test]
    fn the_same_item_of_two_bodies_is_one_family() {
        let here = "11440300MB2C94128A3440217281000";
        let there = "11440300MB2D0722464440217281000";
        assert_eq!(family(here), "440217281000");
        assert_eq!(family(here), family(there));
        assert_eq!(family("短码"), "短码");
    }
}
