//! 工作人员: who works where, at which window, and what they may do.

use base::codes::RegionCode;
use base::ids::{AccountId, OrgId, StaffId, WindowId};
use base::text::{TextLimit, single_line};
use casework::{Grant, Role};
use jiff::Timestamp;
use store::{Row, Tx, params};
use uuid::Uuid;

use crate::account::{AccountKind, NewAccount};
use crate::seal::LOGIN;
use crate::sql::{Select, contains, given};
use crate::{Error, People, Secret, SecretKind, orgs};

/// What the list is narrowed to.
const ACTIVE: &str = " AND s.left_at IS NULL AND a.disabled_at IS NULL";
const INACTIVE: &str = " AND (s.left_at IS NOT NULL OR a.disabled_at IS NOT NULL)";

/// Roles one person may hold.
pub const GRANTS_MAX: usize = 50;

/// A member of staff, or a program with a staff account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Handed in when they were added.
    pub id: StaffId,
    /// Their account.
    pub account: AccountId,
    /// What they sign in with.
    pub login: Secret,
    /// 姓名.
    pub name: String,
    /// Where they work.
    pub org: OrgId,
    /// 职务或岗位.
    pub title: String,
    /// The window they sit at.
    pub window: Option<WindowId>,
    /// What they may do where.
    pub grants: Vec<Grant>,
    /// Added.
    pub created_at: Timestamp,
    /// Last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// Deactivated since, or their account disabled.
    pub left_at: Option<Timestamp>,
}

/// Somebody to be added. The password was checked and hashed.
#[derive(Clone, Debug)]
pub struct NewStaff {
    /// What they sign in with.
    pub login: String,
    /// PHC string of [`crate::password::hash`].
    pub password_hash: String,
    /// Whether they must change it at the first sign-in.
    pub must_change: bool,
    /// 姓名.
    pub name: String,
    /// Where they work.
    pub org: OrgId,
    /// 职务或岗位; may be empty.
    pub title: String,
    /// The window they sit at.
    pub window: Option<WindowId>,
    /// What they may do where.
    pub grants: Vec<Grant>,
}

/// Where somebody works and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffChange {
    /// 姓名.
    pub name: String,
    /// Where they work.
    pub org: OrgId,
    /// 职务或岗位; may be empty.
    pub title: String,
    /// The window they sit at.
    pub window: Option<WindowId>,
}

/// Which staff.
#[derive(Clone, Debug, Default)]
pub struct StaffFilter {
    /// Working there.
    pub org: Option<OrgId>,
    /// Working in an organisation of this region or below.
    pub region: Option<String>,
    /// Holding this role anywhere.
    pub role: Option<Role>,
    /// Name contains this, or the login is exactly this.
    pub query: Option<String>,
    /// Active only, or deactivated only.
    pub active: Option<bool>,
}

/// What a list of staff is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaffOrder {
    /// As they were added.
    #[default]
    Added,
    AddedLast,
    Name,
    NameDown,
}

impl StaffOrder {
    /// What somebody is ordered by, for going on after them.
    pub fn place(self, staff: &Staff) -> (String, StaffId) {
        match self {
            StaffOrder::Added | StaffOrder::AddedLast => (String::new(), staff.id),
            StaffOrder::Name | StaffOrder::NameDown => (staff.name.clone(), staff.id),
        }
    }
}

impl People {
    /// Adds a member of staff with their account and grants.
    pub fn create_staff(
        &self,
        tx: &mut Tx<'_>,
        new: &NewStaff,
        id: StaffId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (name, title) = check_texts(&new.name, &new.title)?;
        check_org(tx, new.org)?;
        self.create_account(
            tx,
            &NewAccount {
                login: new.login.clone(),
                password_hash: new.password_hash.clone(),
                kind: AccountKind::Staff { staff: id },
                must_change: new.must_change,
            },
            account,
            now,
        )?;
        tx.exec(
            "INSERT INTO staff (staff_id, account_id, name, org_id, title, window_id, created_at, left_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)",
            &params![
                id.uuid(),
                account.uuid(),
                name,
                new.org.uuid(),
                title,
                new.window.map(WindowId::uuid),
                now,
            ],
        )?;
        write_grants(tx, id, &new.grants)
    }

    /// Changes where somebody works and as what; seen by their sessions at once in this process.
    pub fn update_staff(
        &self,
        tx: &mut Tx<'_>,
        id: StaffId,
        change: &StaffChange,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (name, title) = check_texts(&change.name, &change.title)?;
        check_org(tx, change.org)?;
        let account = account_of(tx, id)?;
        tx.exec(
            "UPDATE staff
                SET name = $2,
                    org_id = $3,
                    title = $4,
                    window_id = $5
              WHERE staff_id = $1",
            &params![
                id.uuid(),
                name,
                change.org.uuid(),
                title,
                change.window.map(WindowId::uuid),
            ],
        )?;
        self.forget_account(account, now);
        Ok(())
    }

    /// Replaces what somebody may do. The last administrator cannot lose that role.
    pub fn set_grants(
        &self,
        tx: &mut Tx<'_>,
        id: StaffId,
        grants: &[Grant],
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = account_of(tx, id)?;
        let was_administrator = is_administrator(&grants_of(tx, id)?);
        tx.exec(
            "DELETE FROM grants WHERE staff_id = $1",
            &params![id.uuid()],
        )?;
        write_grants(tx, id, grants)?;
        if was_administrator && !is_administrator(grants) {
            some_administrator_is_left(tx)?;
        }
        self.forget_account(account, now);
        Ok(())
    }

    /// Somebody has left: they cannot sign in any more; their name stays in the cases they handled.
    pub fn deactivate_staff(
        &self,
        tx: &mut Tx<'_>,
        id: StaffId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = account_of(tx, id)?;
        let was_administrator = is_administrator(&grants_of(tx, id)?);
        tx.exec(
            "UPDATE staff SET left_at = $2, window_id = NULL WHERE staff_id = $1 AND left_at IS NULL",
            &params![id.uuid(), now],
        )?;
        self.set_disabled(tx, account, true, now)?;
        if was_administrator {
            some_administrator_is_left(tx)?;
        }
        Ok(())
    }

    /// Somebody is back.
    pub fn reactivate_staff(
        &self,
        tx: &mut Tx<'_>,
        id: StaffId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = account_of(tx, id)?;
        tx.exec(
            "UPDATE staff SET left_at = NULL WHERE staff_id = $1",
            &params![id.uuid()],
        )?;
        self.set_disabled(tx, account, false, now)
    }

    /// One member of staff.
    pub fn staff(&self, tx: &mut Tx<'_>, id: StaffId) -> Result<Option<Staff>, Error> {
        let row = tx.query_opt(
            "SELECT s.staff_id, s.account_id, a.login_enc, s.name, s.org_id, s.title, s.window_id, s.created_at,
                    a.signed_in_at, COALESCE(s.left_at, a.disabled_at)
               FROM staff s
               JOIN accounts a ON a.account_id = s.account_id
              WHERE s.staff_id = $1",
            &params![id.uuid()],
        )?;
        let Some(row) = row else { return Ok(None) };
        let mut staff = self.read_staff(&row)?;
        staff.grants = grants_of(tx, id)?;
        Ok(Some(staff))
    }

    /// Staff in the order they were added; `after` is the last of the page before.
    pub fn list_staff(
        &self,
        tx: &mut Tx<'_>,
        filter: &StaffFilter,
        after: Option<StaffId>,
        limit: usize,
    ) -> Result<Vec<Staff>, Error> {
        let after = after.map(|id| (String::new(), id));
        self.list_staff_by(tx, filter, StaffOrder::Added, after.as_ref(), limit)
    }

    /// Staff in an order; `after` is the [`StaffOrder::place`] of the last of the page before.
    pub fn list_staff_by(
        &self,
        tx: &mut Tx<'_>,
        filter: &StaffFilter,
        order: StaffOrder,
        after: Option<&(String, StaffId)>,
        limit: usize,
    ) -> Result<Vec<Staff>, Error> {
        let mut select = Select::new(
            "SELECT s.staff_id, s.account_id, a.login_enc, s.name, s.org_id, s.title, s.window_id, s.created_at,
                    a.signed_in_at, COALESCE(s.left_at, a.disabled_at)
               FROM staff s
               JOIN accounts a ON a.account_id = s.account_id
               JOIN organisations o ON o.org_id = s.org_id
              WHERE 1 = 1",
            Vec::new(),
        );
        let (named, down) = match order {
            StaffOrder::Added => (false, false),
            StaffOrder::AddedLast => (false, true),
            StaffOrder::Name => (true, false),
            StaffOrder::NameDown => (true, true),
        };
        if let Some((name, id)) = after {
            let further = match (named, down) {
                (false, false) => " AND s.staff_id > $?",
                (false, true) => " AND s.staff_id < $?",
                (true, false) => " AND (s.name, s.staff_id) > ($?, $?)",
                (true, true) => " AND (s.name, s.staff_id) < ($?, $?)",
            };
            let mut place = Vec::new();
            if named {
                place.push(name.as_str().into());
            }
            place.push(id.uuid().into());
            select.add(further, place);
        }
        if let Some(org) = filter.org {
            select.add(" AND s.org_id = $?", vec![org.uuid().into()]);
        }
        if let Some(region) = &filter.region {
            let below = format!("{}%", orgs::region_prefix(region)?);
            select.add(" AND o.region LIKE $?", vec![below.into()]);
        }
        if let Some(role) = filter.role {
            select.add(
                " AND EXISTS (SELECT g.role FROM grants g WHERE g.staff_id = s.staff_id AND g.role = $?)",
                vec![role.word().into()],
            );
        }
        match filter.active {
            Some(true) => select.add(ACTIVE, Vec::new()),
            Some(false) => select.add(INACTIVE, Vec::new()),
            None => {}
        }
        if let Some(query) = given(filter.query.as_deref()) {
            let login = self.blind(LOGIN, &crate::account::fold_login(query));
            select.add(
                " AND (s.name LIKE $? ESCAPE '\\' OR a.login_blind = $?)",
                params![contains(query), login].to_vec(),
            );
        }
        let limit = i64::try_from(limit.min(1000)).expect("at most 1000");
        let ordered = match (named, down) {
            (false, false) => " ORDER BY s.staff_id LIMIT $?",
            (false, true) => " ORDER BY s.staff_id DESC LIMIT $?",
            (true, false) => " ORDER BY s.name, s.staff_id LIMIT $?",
            (true, true) => " ORDER BY s.name DESC, s.staff_id DESC LIMIT $?",
        };
        select.add(ordered, vec![limit.into()]);
        let rows = tx.query(select.sql(), select.values())?;
        let mut list = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut staff = self.read_staff(row)?;
            staff.grants = grants_of(tx, staff.id)?;
            list.push(staff);
        }
        Ok(list)
    }

    /// A member of staff by their login.
    pub fn staff_by_login(&self, tx: &mut Tx<'_>, login: &str) -> Result<Option<Staff>, Error> {
        match self
            .account_by_login(tx, login)?
            .map(|account| account.kind)
        {
            Some(AccountKind::Staff { staff }) => self.staff(tx, staff),
            _ => Ok(None),
        }
    }

    fn read_staff(&self, row: &Row) -> Result<Staff, Error> {
        let account: Uuid = row.get(1)?;
        let login: Vec<u8> = row.get(2)?;
        Ok(Staff {
            id: StaffId::from_uuid(row.get(0)?),
            account: AccountId::from_uuid(account),
            login: self.open_column(LOGIN, account, SecretKind::Login, &login)?,
            name: row.get(3)?,
            org: OrgId::from_uuid(row.get(4)?),
            title: row.get(5)?,
            window: row.get::<Option<Uuid>>(6)?.map(WindowId::from_uuid),
            grants: Vec::new(),
            created_at: row.get(7)?,
            signed_in_at: row.get(8)?,
            left_at: row.get(9)?,
        })
    }
}

/// The name of a member of staff, gone or not.
pub fn name(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<String>, Error> {
    let row = tx.query_opt(
        "SELECT name FROM staff WHERE staff_id = $1",
        &params![id.uuid()],
    )?;
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// Who sits at a window.
pub fn at_window(tx: &mut Tx<'_>, window: WindowId) -> Result<Vec<(StaffId, String)>, Error> {
    let rows = tx.query(
        "SELECT staff_id, name FROM staff WHERE window_id = $1 AND left_at IS NULL ORDER BY staff_id",
        &params![window.uuid()],
    )?;
    rows.iter()
        .map(|row| Ok((StaffId::from_uuid(row.get(0)?), row.get(1)?)))
        .collect()
}

pub(crate) fn grants_of(tx: &mut Tx<'_>, id: StaffId) -> Result<Vec<Grant>, Error> {
    let rows = tx.query(
        "SELECT role, region, org_id FROM grants WHERE staff_id = $1 ORDER BY position",
        &params![id.uuid()],
    )?;
    rows.iter()
        .map(|row| {
            let word: String = row.get(0)?;
            Ok(Grant {
                role: Role::from_word(&word)
                    .ok_or_else(|| store::Error::Corrupt(format!("grants.role {word}")))?,
                region: row.get(1)?,
                org: row.get::<Option<Uuid>>(2)?.map(OrgId::from_uuid),
            })
        })
        .collect()
}

fn write_grants(tx: &mut Tx<'_>, id: StaffId, grants: &[Grant]) -> Result<(), Error> {
    if grants.len() > GRANTS_MAX {
        return Err(Error::invalid(
            "grants",
            format!("一个账号最多授予 {GRANTS_MAX} 个角色"),
        ));
    }
    for (position, grant) in grants.iter().enumerate() {
        let region = RegionCode::parse(&grant.region)
            .map_err(|error| Error::invalid("grants", error.to_string()))?;
        if let Some(org) = grant.org
            && orgs::by_id(tx, org)?.is_none()
        {
            return Err(Error::invalid("grants", "角色所限定的机构不存在"));
        }
        if grants[..position].contains(grant) {
            return Err(Error::invalid(
                "grants",
                "同一角色授予了两次，请删去重复的一行",
            ));
        }
        tx.exec(
            "INSERT INTO grants (staff_id, position, role, region, org_id) VALUES ($1, $2, $3, $4, $5)",
            &params![
                id.uuid(),
                i64::try_from(position).expect("at most 50"),
                grant.role.word(),
                region.as_str(),
                grant.org.map(OrgId::uuid),
            ],
        )?;
    }
    Ok(())
}

fn is_administrator(grants: &[Grant]) -> bool {
    grants.iter().any(|grant| grant.role == Role::Administrator)
}

fn some_administrator_is_left(tx: &mut Tx<'_>) -> Result<(), Error> {
    let row = tx.query_opt(
        "SELECT g.staff_id
           FROM grants g
           JOIN staff s ON s.staff_id = g.staff_id AND s.left_at IS NULL
           JOIN accounts a ON a.account_id = s.account_id AND a.disabled_at IS NULL
          WHERE g.role = $1
          LIMIT 1",
        &params![Role::Administrator.word()],
    )?;
    match row {
        Some(_) => Ok(()),
        None => Err(Error::conflict(
            "grants",
            "这是最后一位系统管理员，请先授予另一位工作人员该角色",
        )),
    }
}

fn account_of(tx: &mut Tx<'_>, id: StaffId) -> Result<AccountId, Error> {
    let row = tx.query_opt(
        "SELECT account_id FROM staff WHERE staff_id = $1",
        &params![id.uuid()],
    )?;
    Ok(AccountId::from_uuid(
        row.ok_or(Error::NotFound("staff"))?.get(0)?,
    ))
}

fn check_org(tx: &mut Tx<'_>, org: OrgId) -> Result<(), Error> {
    match orgs::by_id(tx, org)? {
        Some(_) => Ok(()),
        None => Err(Error::invalid("org", "请选择所在机构")),
    }
}

fn check_texts(name: &str, title: &str) -> Result<(String, String), Error> {
    let name = single_line(name);
    TextLimit { min: 1, max: 50 }
        .check(&name)
        .map_err(|error| Error::invalid("name", format!("姓名：{error}")))?;
    let title = single_line(title);
    TextLimit { min: 0, max: 50 }
        .check(&title)
        .map_err(|error| Error::invalid("title", format!("职务或岗位：{error}")))?;
    Ok((name, title))
}
