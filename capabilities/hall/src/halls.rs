//! The questions asked of the tables of halls and windows, with their SQL. Nothing else in this crate writes SQL.

use std::fmt::Write as _;

use base::ids::{AccountId, HallId, OrgId, WindowId};
use jiff::Timestamp;
use jiff::civil::Date;
use people::Error;
use store::{Migration, Row, Tx, Value, params};
use uuid::Uuid;

use crate::hours::Period;
use crate::model::{Hall, HallKind, Tier, Window, WindowKind};

/// Tables of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "0300_halls",
        sql: include_str!("../migrations/0300_halls.sql"),
    },
    Migration {
        id: "0301_admin_acts",
        sql: include_str!("../migrations/0301_admin_acts.sql"),
    },
];

/// Halls one page may list.
pub const LIST_MAX: usize = 500;

/// Which halls.
#[derive(Clone, Debug, Default)]
pub struct HallFilter {
    /// Serving this region or one below it.
    pub region: Option<String>,
    /// Name or address contains this.
    pub query: Option<String>,
    /// Of this kind.
    pub kind: Option<HallKind>,
    /// Open on this day.
    pub on: Option<Date>,
}

/// Halls by region and key; `after` is the last of the page before.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &HallFilter,
    after: Option<(&str, &str)>,
    limit: usize,
) -> Result<Vec<Hall>, Error> {
    let prefix = match &filter.region {
        Some(region) => base::codes::RegionCode::parse(region)
            .map(|code| code.prefix().to_owned())
            .map_err(|error| Error::Invalid {
                field: "region",
                message: error.to_string(),
            })?,
        None => String::new(),
    };
    let mut sql = String::from(
        "SELECT hall_id, key, name, kind, tier, region, parent, address, phone, zones, note, valid_from, valid_to
           FROM halls
          WHERE region LIKE $1",
    );
    let mut values: Vec<Value> = vec![format!("{prefix}%").into()];
    let mut and = |condition: &str, given: Vec<Value>| {
        let mut pieces = condition.split("$?");
        sql.push_str(pieces.next().unwrap_or(""));
        for (piece, value) in pieces.zip(given) {
            values.push(value);
            write!(sql, "${}{piece}", values.len()).expect("a String takes everything");
        }
    };
    if let Some(query) = filter
        .query
        .as_deref()
        .filter(|query| !query.trim().is_empty())
    {
        let pattern = contains(query);
        and(
            " AND (name LIKE $? ESCAPE '\\' OR address LIKE $? ESCAPE '\\')",
            vec![pattern.clone().into(), pattern.into()],
        );
    }
    if let Some(kind) = filter.kind {
        and(" AND kind = $?", vec![kind.word().into()]);
    }
    if let Some(day) = filter.on {
        and(
            " AND valid_from <= $? AND (valid_to IS NULL OR valid_to >= $?)",
            vec![day.into(), day.into()],
        );
    }
    if let Some((region, key)) = after {
        and(
            " AND region >= $? AND (region > $? OR key > $?)",
            vec![region.into(), region.into(), key.into()],
        );
    }
    let limit = i64::try_from(limit.min(LIST_MAX)).expect("at most 500");
    and(" ORDER BY region, key LIMIT $?", vec![limit.into()]);
    let rows = tx.query(&sql, &values)?;
    rows.iter().map(|row| read_hall(tx, row)).collect()
}

/// One hall.
pub fn hall(tx: &mut Tx<'_>, id: HallId) -> Result<Option<Hall>, Error> {
    let row = tx.query_opt(
        "SELECT hall_id, key, name, kind, tier, region, parent, address, phone, zones, note, valid_from, valid_to
           FROM halls
          WHERE hall_id = $1",
        &params![id.uuid()],
    )?;
    row.map(|row| read_hall(tx, &row)).transpose()
}

/// The hall with this key.
pub fn hall_by_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<Hall>, Error> {
    let row = tx.query_opt(
        "SELECT hall_id, key, name, kind, tier, region, parent, address, phone, zones, note, valid_from, valid_to
           FROM halls
          WHERE key = $1",
        &params![key],
    )?;
    row.map(|row| read_hall(tx, &row)).transpose()
}

/// The halls that belong to one.
pub fn parts_of(tx: &mut Tx<'_>, hall: HallId) -> Result<Vec<Hall>, Error> {
    let rows = tx.query(
        "SELECT hall_id, key, name, kind, tier, region, parent, address, phone, zones, note, valid_from, valid_to
           FROM halls
          WHERE parent = $1
          ORDER BY region, key
          LIMIT 50",
        &params![hall.uuid()],
    )?;
    rows.iter().map(|row| read_hall(tx, row)).collect()
}

/// The bodies whose matters the hall's windows take in; empty where a window takes everybody's or none is known.
pub fn orgs_of(tx: &mut Tx<'_>, hall: HallId) -> Result<Vec<OrgId>, Error> {
    let everybody = tx.query_opt(
        "SELECT 1
           FROM windows w
          WHERE w.hall_id = $1
            AND w.closed_on IS NULL
            AND w.kind = 'integrated'
            AND NOT EXISTS (SELECT 1 FROM window_orgs o WHERE o.window_id = w.window_id)
          LIMIT 1",
        &params![hall.uuid()],
    )?;
    if everybody.is_some() {
        return Ok(Vec::new());
    }
    tx.query(
        "SELECT DISTINCT o.org_id
           FROM windows w
           JOIN window_orgs o ON o.window_id = w.window_id
          WHERE w.hall_id = $1
            AND w.closed_on IS NULL
          ORDER BY o.org_id",
        &params![hall.uuid()],
    )?
    .iter()
    .map(|row| Ok(OrgId::from_uuid(row.get(0)?)))
    .collect()
}

/// Adds a checked hall; `false` where its key is taken.
pub(crate) fn insert_hall(tx: &mut Tx<'_>, hall: &Hall) -> Result<bool, Error> {
    let inserted = tx.exec(
        "INSERT INTO halls (hall_id, key, name, kind, tier, region, parent, address, phone, zones, note, valid_from,
                            valid_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (key) DO NOTHING",
        &params![
            hall.id.uuid(),
            &hall.key,
            &hall.name,
            hall.kind.word(),
            hall.tier.map(Tier::word),
            &hall.region,
            hall.parent.map(HallId::uuid),
            &hall.address,
            &hall.phone,
            hall.zones.join("\n"),
            &hall.note,
            hall.valid_from,
            hall.valid_to,
        ],
    )?;
    if inserted == 1 {
        write_hours(tx, hall)?;
    }
    Ok(inserted == 1)
}

/// Replaces everything of a checked hall but id and key; `false` where it is not there.
pub(crate) fn update_hall(tx: &mut Tx<'_>, hall: &Hall) -> Result<bool, Error> {
    let changed = tx.exec(
        "UPDATE halls
            SET name = $2,
                kind = $3,
                tier = $4,
                region = $5,
                parent = $6,
                address = $7,
                phone = $8,
                zones = $9,
                note = $10,
                valid_from = $11,
                valid_to = $12
          WHERE hall_id = $1",
        &params![
            hall.id.uuid(),
            &hall.name,
            hall.kind.word(),
            hall.tier.map(Tier::word),
            &hall.region,
            hall.parent.map(HallId::uuid),
            &hall.address,
            &hall.phone,
            hall.zones.join("\n"),
            &hall.note,
            hall.valid_from,
            hall.valid_to,
        ],
    )?;
    if changed == 1 {
        tx.exec(
            "DELETE FROM hall_hours WHERE hall_id = $1",
            &params![hall.id.uuid()],
        )?;
        write_hours(tx, hall)?;
    }
    Ok(changed == 1)
}

fn write_hours(tx: &mut Tx<'_>, hall: &Hall) -> Result<(), Error> {
    for (position, period) in (0_i64..).zip(&hall.hours) {
        let weekdays: String = period.weekdays.iter().map(u8::to_string).collect();
        tx.exec(
            "INSERT INTO hall_hours (hall_id, position, weekdays, opens, closes) VALUES ($1, $2, $3, $4, $5)",
            &params![hall.id.uuid(), position, weekdays, period.opens, period.closes],
        )?;
    }
    Ok(())
}

/// The windows of a hall by number; closed ones too.
pub fn windows(tx: &mut Tx<'_>, hall: HallId) -> Result<Vec<Window>, Error> {
    let rows = tx.query(
        "SELECT window_id, hall_id, number, name, kind, closed_on FROM windows WHERE hall_id = $1 ORDER BY number",
        &params![hall.uuid()],
    )?;
    let mut windows = rows
        .iter()
        .map(read_window)
        .collect::<Result<Vec<_>, _>>()?;
    let rows = tx.query(
        "SELECT o.window_id, o.org_id
           FROM window_orgs o
           JOIN windows w ON w.window_id = o.window_id
          WHERE w.hall_id = $1
          ORDER BY o.window_id, o.org_id",
        &params![hall.uuid()],
    )?;
    for row in &rows {
        let id = WindowId::from_uuid(row.get(0)?);
        if let Some(window) = windows.iter_mut().find(|window| window.id == id) {
            window.orgs.push(OrgId::from_uuid(row.get(1)?));
        }
    }
    Ok(windows)
}

/// One window.
pub fn window(tx: &mut Tx<'_>, id: WindowId) -> Result<Option<Window>, Error> {
    let row = tx.query_opt(
        "SELECT window_id, hall_id, number, name, kind, closed_on FROM windows WHERE window_id = $1",
        &params![id.uuid()],
    )?;
    let Some(row) = row else { return Ok(None) };
    let mut window = read_window(&row)?;
    let rows = tx.query(
        "SELECT org_id FROM window_orgs WHERE window_id = $1 ORDER BY org_id",
        &params![id.uuid()],
    )?;
    for row in &rows {
        window.orgs.push(OrgId::from_uuid(row.get(0)?));
    }
    Ok(Some(window))
}

/// Windows in use that take in an organisation's matters by name, with their halls; those that take in everybody's
/// are not among them. At most 200.
pub fn windows_for(tx: &mut Tx<'_>, org: OrgId) -> Result<Vec<(HallId, WindowId)>, Error> {
    let rows = tx.query(
        "SELECT w.hall_id, w.window_id
           FROM window_orgs o
           JOIN windows w ON w.window_id = o.window_id
          WHERE o.org_id = $1
            AND w.closed_on IS NULL
          ORDER BY w.hall_id, w.number
          LIMIT 200",
        &params![org.uuid()],
    )?;
    rows.iter()
        .map(|row| {
            Ok((
                HallId::from_uuid(row.get(0)?),
                WindowId::from_uuid(row.get(1)?),
            ))
        })
        .collect()
}

/// Adds a checked window; `false` where its number is taken in the hall.
pub(crate) fn insert_window(tx: &mut Tx<'_>, window: &Window) -> Result<bool, Error> {
    let inserted = tx.exec(
        "INSERT INTO windows (window_id, hall_id, number, name, kind, closed_on)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (hall_id, number) DO NOTHING",
        &params![
            window.id.uuid(),
            window.hall.uuid(),
            &window.number,
            &window.name,
            window.kind.word(),
            window.closed_on,
        ],
    )?;
    if inserted == 1 {
        write_orgs(tx, window)?;
    }
    Ok(inserted == 1)
}

/// Replaces everything of a checked window but id, hall and number.
pub(crate) fn update_window(tx: &mut Tx<'_>, window: &Window) -> Result<(), Error> {
    tx.exec(
        "UPDATE windows SET name = $2, kind = $3, closed_on = $4 WHERE window_id = $1",
        &params![
            window.id.uuid(),
            &window.name,
            window.kind.word(),
            window.closed_on
        ],
    )?;
    tx.exec(
        "DELETE FROM window_orgs WHERE window_id = $1",
        &params![window.id.uuid()],
    )?;
    write_orgs(tx, window)
}

fn write_orgs(tx: &mut Tx<'_>, window: &Window) -> Result<(), Error> {
    for org in &window.orgs {
        tx.exec(
            "INSERT INTO window_orgs (window_id, org_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &params![window.id.uuid(), org.uuid()],
        )?;
    }
    Ok(())
}

/// Something an administrator did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminAct {
    /// Rises with time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub account: AccountId,
    /// Their name then.
    pub name: String,
    /// What: 修改机构.
    pub act: String,
    /// To whom or what; never a password or a personal number.
    pub subject: String,
}

/// Writes an act down, in the transaction of the act itself.
pub(crate) fn record(tx: &mut Tx<'_>, act: &AdminAct) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO admin_acts (act_id, at, account, name, act, subject) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            act.id,
            act.at,
            act.account.uuid(),
            &act.name,
            &act.act,
            &act.subject,
        ],
    )?;
    Ok(())
}

/// What administrators did, newest first; `before` is the last of the page before.
pub fn admin_acts(
    tx: &mut Tx<'_>,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<AdminAct>, Error> {
    let rows = tx.query(
        "SELECT act_id, at, account, name, act, subject
           FROM admin_acts
          WHERE act_id < $1
          ORDER BY act_id DESC
          LIMIT $2",
        &params![
            before.unwrap_or(Uuid::max()),
            i64::try_from(limit.min(LIST_MAX)).expect("at most 500"),
        ],
    )?;
    rows.iter()
        .map(|row| {
            Ok(AdminAct {
                id: row.get(0)?,
                at: row.get(1)?,
                account: AccountId::from_uuid(row.get(2)?),
                name: row.get(3)?,
                act: row.get(4)?,
                subject: row.get(5)?,
            })
        })
        .collect()
}

fn read_hall(tx: &mut Tx<'_>, row: &Row) -> Result<Hall, Error> {
    let id: Uuid = row.get(0)?;
    let kind: String = row.get(3)?;
    let tier: Option<String> = row.get(4)?;
    let zones: String = row.get(9)?;
    Ok(Hall {
        id: HallId::from_uuid(id),
        key: row.get(1)?,
        name: row.get(2)?,
        kind: HallKind::from_word(&kind).ok_or_else(|| corrupt("halls.kind", &kind))?,
        tier: tier
            .map(|tier| Tier::from_word(&tier).ok_or_else(|| corrupt("halls.tier", &tier)))
            .transpose()?,
        region: row.get(5)?,
        parent: row.get::<Option<Uuid>>(6)?.map(HallId::from_uuid),
        address: row.get(7)?,
        phone: row.get(8)?,
        hours: hours(tx, id)?,
        zones: zones.lines().map(str::to_owned).collect(),
        note: row.get(10)?,
        valid_from: row.get(11)?,
        valid_to: row.get(12)?,
    })
}

fn hours(tx: &mut Tx<'_>, hall: Uuid) -> Result<Vec<Period>, Error> {
    let rows = tx.query(
        "SELECT weekdays, opens, closes FROM hall_hours WHERE hall_id = $1 ORDER BY position",
        &params![hall],
    )?;
    rows.iter()
        .map(|row| {
            let weekdays: String = row.get(0)?;
            Ok(Period {
                weekdays: weekdays
                    .bytes()
                    .map(|byte| byte.wrapping_sub(b'0'))
                    .collect(),
                opens: row.get(1)?,
                closes: row.get(2)?,
            })
        })
        .collect()
}

fn read_window(row: &Row) -> Result<Window, Error> {
    let kind: String = row.get(4)?;
    Ok(Window {
        id: WindowId::from_uuid(row.get(0)?),
        hall: HallId::from_uuid(row.get(1)?),
        number: row.get(2)?,
        name: row.get(3)?,
        kind: WindowKind::from_word(&kind).ok_or_else(|| corrupt("windows.kind", &kind))?,
        orgs: Vec::new(),
        closed_on: row.get(5)?,
    })
}

fn corrupt(column: &str, found: &str) -> Error {
    Error::Store(store::Error::Corrupt(format!("{column} {found}")))
}

/// `%text%` with the signs of LIKE escaped by a backslash.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.trim().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
