//! 保存的视图: filters of a list, saved under a name by one person or shared with their organisation.
//!
//! A view keeps the query of the list's address and nothing of what the list showed: whoever opens a shared view
//! sees what they themselves may see. Every change is written down in `saved_view_acts`.

use base::ids::{OrgId, StaffId};
use base::text::{TextLimit, single_line};
use casework::actor::Staff;
use jiff::Timestamp;
use store::{Row, Tx, params};
use uuid::Uuid;

use crate::Error;

/// Views of one list that one person, or one organisation, may keep.
pub const VIEWS_MAX: usize = 30;
/// Longest query, in bytes.
pub const QUERY_BYTES_MAX: usize = 1000;

const COLUMNS: &str = "v.view_id, v.list, v.shared, v.name, v.query, v.saved_by, v.saved_at";

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub id: Uuid,
    /// Key of the list, e.g. `queue`.
    pub list: String,
    /// Seen by everybody of the organisation.
    pub shared: bool,
    pub name: String,
    /// What follows the question mark.
    pub query: String,
    pub saved_by: StaffId,
    pub saved_at: Timestamp,
    /// The list opens with it, for the one who asked.
    pub is_default: bool,
}

/// A view to be saved.
#[derive(Clone, Debug)]
pub struct NewView {
    pub list: &'static str,
    pub shared: bool,
    pub name: String,
    pub query: String,
}

/// Somebody's own views of a list and those of their organisation, in the order they were saved, own ones first.
pub fn of(tx: &mut Tx<'_>, staff: &Staff, list: &str) -> Result<Vec<View>, Error> {
    let rows = tx.query(
        &format!(
            "SELECT {COLUMNS}, d.view_id
               FROM saved_views v
               LEFT JOIN default_views d ON d.view_id = v.view_id AND d.list = v.list AND d.staff_id = $1
              WHERE v.list = $2 AND v.owner IN ($1, $3)
              ORDER BY v.shared, v.saved_at, v.view_id"
        ),
        &params![staff.staff.uuid(), list, staff.org.uuid()],
    )?;
    rows.iter().map(view).collect()
}

/// Saves a view. One of the same owner and name is replaced.
pub fn save(
    tx: &mut Tx<'_>,
    staff: &Staff,
    new: &NewView,
    id: Uuid,
    now: Timestamp,
) -> Result<View, Error> {
    let name = check_name(&new.name)?;
    check_query(&new.query)?;
    let owner = owner(staff, new.shared);
    let known = tx.query(
        "SELECT view_id, name, saved_by FROM saved_views WHERE owner = $1 AND list = $2",
        &params![owner, new.list],
    )?;
    let mut same = None;
    for row in &known {
        if row.get::<String>(1)? == name {
            same = Some((row.get::<Uuid>(0)?, StaffId::from_uuid(row.get::<Uuid>(2)?)));
        }
    }
    let id = match same {
        Some((id, by)) => {
            must_change(tx, staff, new.shared, by)?;
            tx.exec(
                "UPDATE saved_views SET query = $2, saved_by = $3, saved_at = $4 WHERE view_id = $1",
                &params![id, &new.query, staff.staff.uuid(), now],
            )?;
            id
        }
        None if known.len() >= VIEWS_MAX => {
            return Err(Error::invalid(
                "name",
                format!("一个列表最多保存 {VIEWS_MAX} 个视图，请先删去不用的"),
            ));
        }
        None => {
            tx.exec(
                "INSERT INTO saved_views (view_id, list, owner, shared, name, query, saved_by, saved_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                &params![
                    id,
                    new.list,
                    owner,
                    i64::from(new.shared),
                    &name,
                    &new.query,
                    staff.staff.uuid(),
                    now
                ],
            )?;
            id
        }
    };
    let saved = one(tx, staff, id)?;
    record(tx, staff, "save", &saved, now)?;
    Ok(saved)
}

/// Gives a view another name.
pub fn rename(
    tx: &mut Tx<'_>,
    staff: &Staff,
    id: Uuid,
    name: &str,
    now: Timestamp,
) -> Result<View, Error> {
    let name = check_name(name)?;
    let known = one(tx, staff, id)?;
    must_change(tx, staff, known.shared, known.saved_by)?;
    let taken = tx.query_opt(
        "SELECT view_id FROM saved_views WHERE owner = $1 AND list = $2 AND name = $3 AND view_id <> $4",
        &params![owner(staff, known.shared), &known.list, &name, id],
    )?;
    if taken.is_some() {
        return Err(Error::conflict("name", "已有同名的视图，请换一个名称"));
    }
    tx.exec(
        "UPDATE saved_views SET name = $2 WHERE view_id = $1",
        &params![id, &name],
    )?;
    let renamed = View { name, ..known };
    record(tx, staff, "rename", &renamed, now)?;
    Ok(renamed)
}

/// Deletes a view; lists that opened with it open with everything again.
pub fn delete(tx: &mut Tx<'_>, staff: &Staff, id: Uuid, now: Timestamp) -> Result<View, Error> {
    let known = one(tx, staff, id)?;
    must_change(tx, staff, known.shared, known.saved_by)?;
    tx.exec("DELETE FROM default_views WHERE view_id = $1", &params![id])?;
    tx.exec("DELETE FROM saved_views WHERE view_id = $1", &params![id])?;
    record(tx, staff, "delete", &known, now)?;
    Ok(known)
}

/// Lets a list open with a view, or with everything again.
pub fn set_default(
    tx: &mut Tx<'_>,
    staff: &Staff,
    id: Uuid,
    on: bool,
    now: Timestamp,
) -> Result<View, Error> {
    let known = one(tx, staff, id)?;
    tx.exec(
        "DELETE FROM default_views WHERE staff_id = $1 AND list = $2",
        &params![staff.staff.uuid(), &known.list],
    )?;
    if on {
        tx.exec(
            "INSERT INTO default_views (staff_id, list, view_id) VALUES ($1, $2, $3)",
            &params![staff.staff.uuid(), &known.list, id],
        )?;
    }
    let act = if on { "choose" } else { "unchoose" };
    record(tx, staff, act, &known, now)?;
    Ok(View {
        is_default: on,
        ..known
    })
}

/// The key of the list a view is of; it is theirs or their organisation's.
pub fn list_of(tx: &mut Tx<'_>, staff: &Staff, id: Uuid) -> Result<String, Error> {
    Ok(one(tx, staff, id)?.list)
}

/// What was done to a view: when, by whom, what, under which name.
pub fn acts(tx: &mut Tx<'_>, id: Uuid) -> Result<Vec<(Timestamp, StaffId, String, String)>, Error> {
    let rows = tx.query(
        "SELECT at, staff_id, act, name FROM saved_view_acts WHERE view_id = $1 ORDER BY at, act_id",
        &params![id],
    )?;
    rows.iter()
        .map(|row| {
            Ok((
                row.get(0)?,
                StaffId::from_uuid(row.get::<Uuid>(1)?),
                row.get(2)?,
                row.get(3)?,
            ))
        })
        .collect()
}

/// Whether somebody may rename or delete a view: its author may, and for a shared one whose author has left,
/// everybody it is shared with.
pub fn may_change(tx: &mut Tx<'_>, staff: &Staff, view: &View) -> Result<bool, Error> {
    Ok(must_change(tx, staff, view.shared, view.saved_by).is_ok())
}

/// The view, if it is theirs or their organisation's.
fn one(tx: &mut Tx<'_>, staff: &Staff, id: Uuid) -> Result<View, Error> {
    let row = tx.query_opt(
        &format!(
            "SELECT {COLUMNS}, d.view_id
               FROM saved_views v
               LEFT JOIN default_views d ON d.view_id = v.view_id AND d.list = v.list AND d.staff_id = $1
              WHERE v.view_id = $2 AND v.owner IN ($1, $3)"
        ),
        &params![staff.staff.uuid(), id, staff.org.uuid()],
    )?;
    view(&row.ok_or(Error::NotFound("view"))?)
}

fn must_change(
    tx: &mut Tx<'_>,
    staff: &Staff,
    shared: bool,
    saved_by: StaffId,
) -> Result<(), Error> {
    if !shared || saved_by == staff.staff {
        return Ok(());
    }
    let author_works_here = tx.query_opt(
        "SELECT staff_id FROM staff WHERE staff_id = $1 AND org_id = $2 AND left_at IS NULL",
        &params![saved_by.uuid(), staff.org.uuid()],
    )?;
    match author_works_here {
        None => Ok(()),
        Some(_) => Err(Error::conflict(
            "name",
            "这是同事共享的视图，只有共享的人可以修改，请换一个名称另存",
        )),
    }
}

fn owner(staff: &Staff, shared: bool) -> Uuid {
    if shared {
        OrgId::uuid(staff.org)
    } else {
        staff.staff.uuid()
    }
}

fn check_name(name: &str) -> Result<String, Error> {
    let name = single_line(name);
    TextLimit { min: 1, max: 20 }
        .check(&name)
        .map_err(|error| Error::invalid("name", format!("视图名称：{error}")))?;
    Ok(name)
}

/// Only what an encoded query consists of: the text stands in an address of ours.
fn check_query(query: &str) -> Result<(), Error> {
    let fits = query.len() <= QUERY_BYTES_MAX
        && query
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%=&".contains(&byte));
    if fits {
        Ok(())
    } else {
        Err(Error::invalid(
            "query",
            "筛选条件过长或不完整，请重新筛选后再保存",
        ))
    }
}

fn record(
    tx: &mut Tx<'_>,
    staff: &Staff,
    act: &str,
    view: &View,
    now: Timestamp,
) -> Result<(), Error> {
    let count = tx
        .query_one(
            "SELECT count(*) FROM saved_view_acts WHERE view_id = $1",
            &params![view.id],
        )?
        .get::<i64>(0)?;
    tx.exec(
        "INSERT INTO saved_view_acts (act_id, at, staff_id, act, view_id, list, name, query)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &params![
            act_id(view.id, count),
            now,
            staff.staff.uuid(),
            act,
            view.id,
            &view.list,
            &view.name,
            &view.query
        ],
    )?;
    Ok(())
}

/// The number of an act within its view: acts are only added, so the count before it names it.
fn act_id(view: Uuid, count: i64) -> Uuid {
    let digest = base::crypto::sm3(format!("{view}|{count}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

fn view(row: &Row) -> Result<View, Error> {
    Ok(View {
        id: row.get(0)?,
        list: row.get(1)?,
        shared: row.get::<i64>(2)? != 0,
        name: row.get(3)?,
        query: row.get(4)?,
        saved_by: StaffId::from_uuid(row.get::<Uuid>(5)?),
        saved_at: row.get(6)?,
        is_default: row.get::<Option<Uuid>>(7)?.is_some(),
    })
}
