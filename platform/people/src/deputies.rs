//! 代理: while an officer is away, a colleague of the same body does their work on cases, named by the officer or by
//! the head of the body, for a span of time that ends by itself or is ended early.
//!
//! What a deputy takes over is [`casework::Permission::is_stood_in_for`]; that an act shows both names, and that
//! nobody is the second person on an act of their own, is the kernel's and the rules'.

use base::ids::{OrgId, StaffId};
use base::text::{TextLimit, single_line};
use casework::{Actor, Permission, Scope, actor::Absent, actor::Staff};
use jiff::{Timestamp, ToSpan as _};
use store::{Row, Tx, params};
use uuid::Uuid;

use crate::{Error, People, orgs, staff};

/// Longest span, in days.
pub const DAYS_MAX: i64 = 90;
/// Colleagues one officer stands in for at the same time.
pub const AT_ONCE_MAX: usize = 5;
/// Characters of a reason.
const REASON_MAX: usize = 200;
/// Rows of the list.
const LIST_MAX: i64 = 200;

/// One span in which somebody stands in for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deputy {
    pub id: Uuid,
    pub absent: StaffId,
    pub absent_name: String,
    pub staff: StaffId,
    pub staff_name: String,
    pub org: OrgId,
    pub from: Timestamp,
    /// Not any more from then on.
    pub until: Timestamp,
    pub reason: String,
    pub named_by: String,
    pub named_at: Timestamp,
    /// Ended early: by whom, when.
    pub ended: Option<(String, Timestamp)>,
}

/// Where a span stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Coming,
    Running,
    /// Over by itself.
    Over,
    /// Ended early.
    Ended,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Coming => "coming",
            State::Running => "running",
            State::Over => "over",
            State::Ended => "ended",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            State::Coming => "未开始",
            State::Running => "代理中",
            State::Over => "已到期",
            State::Ended => "已提前结束",
        }
    }
}

impl Deputy {
    pub fn state(&self, now: Timestamp) -> State {
        if self.ended.is_some() {
            State::Ended
        } else if now >= self.until {
            State::Over
        } else if now >= self.from {
            State::Running
        } else {
            State::Coming
        }
    }
}

/// Somebody to be named.
#[derive(Clone, Debug)]
pub struct NewDeputy {
    pub absent: StaffId,
    pub staff: StaffId,
    pub from: Timestamp,
    pub until: Timestamp,
    pub reason: String,
}

const COLUMNS: &str =
    "SELECT deputy_id, absent_id, absent_name, staff_id, staff_name, org_id, from_at, until_at,
                              reason, named_name, named_at, ended_name, ended_at
                         FROM deputies";

fn deputy(row: &Row) -> Result<Deputy, Error> {
    let ended: Option<Timestamp> = row.get(12)?;
    let by: String = row.get(11)?;
    Ok(Deputy {
        id: row.get(0)?,
        absent: row.get(1)?,
        absent_name: row.get(2)?,
        staff: row.get(3)?,
        staff_name: row.get(4)?,
        org: row.get(5)?,
        from: row.get(6)?,
        until: row.get(7)?,
        reason: row.get(8)?,
        named_by: row.get(9)?,
        named_at: row.get(10)?,
        ended: ended.map(|at| (by, at)),
    })
}

/// Whether the actor may name a deputy for somebody of a body: the officer themselves, or who heads the body.
pub fn may_name(actor: &Actor, absent: StaffId, org: OrgId, region: &str) -> bool {
    matches!(actor, Actor::Staff(me) if me.staff == absent) || heads(actor, org, region)
}

/// Whether the actor heads a body, or looks after its accounts; not while standing in for whoever does.
pub fn heads(actor: &Actor, org: OrgId, region: &str) -> bool {
    let scope = Scope {
        region,
        org: Some(org),
    };
    actor.may_alone(Permission::ApproveExtension, &scope)
        || actor.may_alone(Permission::Administer, &scope)
}

/// Spans the actor may see, newest first: their own ones, and those of the bodies they head.
pub fn list(tx: &mut Tx<'_>, actor: &Staff) -> Result<Vec<Deputy>, Error> {
    let rows = tx.query(
        &format!(
            "{COLUMNS} WHERE org_id = $1 OR absent_id = $2 OR staff_id = $2
              ORDER BY named_at DESC, deputy_id LIMIT $3"
        ),
        &params![actor.org, actor.staff, LIST_MAX],
    )?;
    let all: Vec<Deputy> = rows.iter().map(deputy).collect::<Result<_, _>>()?;
    let region = orgs::by_id(tx, actor.org)?.map_or_else(String::new, |org| org.region);
    let head = heads(&Actor::Staff(actor.clone()), actor.org, &region);
    Ok(all
        .into_iter()
        .filter(|one| head || one.absent == actor.staff || one.staff == actor.staff)
        .collect())
}

/// For whom a member of staff stands in at `now`, with what those may do.
pub fn standing_in(tx: &mut Tx<'_>, staff: StaffId, now: Timestamp) -> Result<Vec<Absent>, Error> {
    let rows = tx.query(
        "SELECT d.absent_id, s.name, d.until_at
           FROM deputies d
           JOIN staff s ON s.staff_id = d.absent_id AND s.left_at IS NULL
          WHERE d.staff_id = $1 AND d.until_at > $2 AND d.from_at <= $2 AND d.ended_at IS NULL
          ORDER BY d.from_at, d.deputy_id
          LIMIT $3",
        &params![staff, now, AT_ONCE_MAX as i64],
    )?;
    let mut absent = Vec::with_capacity(rows.len());
    for row in rows {
        let id: StaffId = row.get(0)?;
        absent.push(Absent {
            staff: id,
            name: row.get(1)?,
            grants: staff::grants_of(tx, id)?,
            until: row.get(2)?,
        });
    }
    Ok(absent)
}

impl People {
    /// Names a deputy.
    ///
    /// # Errors
    /// Which field is wrong and what to do; not found where the actor may not name one for this officer.
    pub fn name_deputy(
        &self,
        tx: &mut Tx<'_>,
        actor: &Staff,
        new: &NewDeputy,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Deputy, Error> {
        let by = Actor::Staff(actor.clone());
        let absent = self
            .staff(tx, new.absent)?
            .filter(|absent| absent.left_at.is_none())
            .ok_or_else(|| Error::invalid("absent", "请选择外出的工作人员"))?;
        let region = orgs::by_id(tx, absent.org)?.map_or_else(String::new, |org| org.region);
        if !may_name(&by, absent.id, absent.org, &region) {
            return Err(Error::invalid(
                "absent",
                "只能为自己安排代理；为他人安排须由本部门负责人办理",
            ));
        }
        let stand_in = self
            .staff(tx, new.staff)?
            .filter(|staff| staff.left_at.is_none() && staff.org == absent.org)
            .ok_or_else(|| Error::invalid("staff", "代理人应是同一部门在岗的工作人员"))?;
        if stand_in.id == absent.id {
            return Err(Error::invalid("staff", "不能由本人代理自己，请另选一人"));
        }
        check_span(new, now)?;
        let reason = single_line(&new.reason);
        TextLimit {
            min: 1,
            max: REASON_MAX,
        }
        .check(&reason)
        .map_err(|error| Error::invalid("reason", format!("代理事由：{error}")))?;
        // One deputy at a time: whoever looks must know who answers.
        if overlaps(tx, "absent_id", absent.id, new)? > 0 {
            return Err(Error::invalid(
                "from",
                format!("{}在这段时间已经安排了代理人，请先结束原来的", absent.name),
            ));
        }
        // Nobody is away and standing in at the same time: work must not pass through two hands.
        if overlaps(tx, "absent_id", stand_in.id, new)? > 0 {
            return Err(Error::invalid(
                "staff",
                format!("{}在这段时间自己也外出，请另选一人", stand_in.name),
            ));
        }
        if overlaps(tx, "staff_id", absent.id, new)? > 0 {
            return Err(Error::invalid(
                "absent",
                format!("{}在这段时间代理着别人，请先结束那一项代理", absent.name),
            ));
        }
        if overlaps(tx, "staff_id", stand_in.id, new)? >= AT_ONCE_MAX {
            return Err(Error::invalid(
                "staff",
                format!("一人最多同时代理{AT_ONCE_MAX}人，请另选一人"),
            ));
        }
        let named = Deputy {
            id,
            absent: absent.id,
            absent_name: absent.name,
            staff: stand_in.id,
            staff_name: stand_in.name,
            org: absent.org,
            from: new.from,
            until: new.until,
            reason,
            named_by: actor.name.clone(),
            named_at: now,
            ended: None,
        };
        tx.exec(
            "INSERT INTO deputies (deputy_id, absent_id, absent_name, staff_id, staff_name, org_id, from_at, until_at,
                 reason, named_by, named_name, named_at, ended_name, ended_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', NULL)",
            &params![
                named.id,
                named.absent,
                &named.absent_name,
                named.staff,
                &named.staff_name,
                named.org,
                named.from,
                named.until,
                &named.reason,
                actor.staff,
                &named.named_by,
                now
            ],
        )?;
        self.forget_account(stand_in.account, now);
        Ok(named)
    }

    /// Ends a span early: the officer, the head of the body, or the deputy who cannot do it any more.
    pub fn end_deputy(
        &self,
        tx: &mut Tx<'_>,
        actor: &Staff,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Deputy, Error> {
        let row = tx.query_opt(&format!("{COLUMNS} WHERE deputy_id = $1"), &params![id])?;
        let known = row
            .map(|row| deputy(&row))
            .transpose()?
            .ok_or(Error::NotFound("deputy"))?;
        let region = orgs::by_id(tx, known.org)?.map_or_else(String::new, |org| org.region);
        let by = Actor::Staff(actor.clone());
        if known.staff != actor.staff && !may_name(&by, known.absent, known.org, &region) {
            return Err(Error::NotFound("deputy"));
        }
        if !matches!(known.state(now), State::Coming | State::Running) {
            return Err(Error::invalid("deputy", "这项代理已经结束"));
        }
        tx.exec(
            "UPDATE deputies SET ended_name = $1, ended_at = $2 WHERE deputy_id = $3 AND ended_at IS NULL",
            &params![&actor.name, now, id],
        )?;
        if let Some(stand_in) = self.staff(tx, known.staff)? {
            self.forget_account(stand_in.account, now);
        }
        Ok(Deputy {
            ended: Some((actor.name.clone(), now)),
            ..known
        })
    }
}

fn check_span(new: &NewDeputy, now: Timestamp) -> Result<(), Error> {
    if new.until <= new.from {
        return Err(Error::invalid("until", "结束日期不能早于开始日期"));
    }
    if new.until <= now {
        return Err(Error::invalid("until", "结束日期已经过去，请重新填写"));
    }
    // What was done meanwhile was done by nobody's deputy.
    if new.from < now {
        return Err(Error::invalid(
            "from",
            "第一天已经过去，代理不能倒签，请填写今天或者以后的日期",
        ));
    }
    let longest = new.from.checked_add((DAYS_MAX * 24).hours());
    if longest.is_ok_and(|longest| new.until > longest) {
        return Err(Error::invalid(
            "until",
            format!("一次代理最长{DAYS_MAX}天，到期后可以再安排"),
        ));
    }
    Ok(())
}

fn overlaps(
    tx: &mut Tx<'_>,
    column: &str,
    staff: StaffId,
    new: &NewDeputy,
) -> Result<usize, Error> {
    let rows = tx.query(
        &format!(
            "SELECT 1 FROM deputies
              WHERE {column} = $1 AND until_at > $2 AND from_at < $3 AND ended_at IS NULL LIMIT $4"
        ),
        &params![staff, new.from, new.until, AT_ONCE_MAX as i64],
    )?;
    Ok(rows.len())
}
