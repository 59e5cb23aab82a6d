//! After the decision: 变更, 延续 and 补证 of a certificate, as ordinary applications that know the case they follow.
//!
//! The application runs the whole road of an approval under the item version of its day; what differs is here: who may
//! ask for what and when, the deemed renewal of 行政许可法第五十条, and that a grant makes the next version of the
//! certificate instead of a first one. [`ending`] is the other way round: 撤销 and 注销, which the office begins.
//! [`bans`] keeps who may not apply again (第七十八条、第七十九条).

pub mod bans;
pub mod ending;
pub(crate) mod ending_api;
pub mod ending_pages;
pub mod ending_service;
pub mod renewal;

#[cfg(test)]
mod tests;

use base::ids::CaseId;
use casework::{Case, Link, Refusal, Relation, Step};
use catalog::model::{Published, ResultKind};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use license::{License, LicenseState, Made, Successor};
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use crate::{error::Error, service::Approval};

/// Key of [`After`] among the details.
pub const AFTER: &str = "after";

/// Days before expiry by which a renewal must be asked for (行政许可法第五十条第一款).
pub const RENEW_BEFORE_DAYS: i64 = 30;
/// Days before expiry from which a renewal may be asked for.
pub const RENEW_FROM_DAYS: i64 = 90;
/// Certificates of an applicant that are looked through for the one that is renewed.
const HELD_MAX: usize = 200;
/// Characters of what is to be changed, or of what happened to the paper.
pub const REASON_MAX: usize = 500;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// 变更 (行政许可法第四十九条).
    Change,
    /// 延续 (第五十条).
    Renew,
    /// 补证: lost or damaged.
    Reissue,
}

impl Wish {
    pub const ALL: [Wish; 3] = [Wish::Renew, Wish::Change, Wish::Reissue];

    pub fn word(self) -> &'static str {
        match self {
            Wish::Change => "change",
            Wish::Renew => "renew",
            Wish::Reissue => "reissue",
        }
    }

    pub fn from_word(word: &str) -> Option<Wish> {
        Wish::ALL.into_iter().find(|wish| wish.word() == word)
    }

    pub fn label(self) -> &'static str {
        match self {
            Wish::Change => "变更",
            Wish::Renew => "延续",
            Wish::Reissue => "补证",
        }
    }

    fn made(self) -> Made {
        match self {
            Wish::Change => Made::Changed,
            Wish::Renew => Made::Renewed,
            Wish::Reissue => Made::Reissued,
        }
    }

    fn law(self) -> &'static str {
        match self {
            Wish::Change => "《行政许可法》第四十九条",
            Wish::Renew => "《行政许可法》第五十条",
            Wish::Reissue => "《行政许可法》第三十九条",
        }
    }
}

/// What an application follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    pub wish: Wish,
    pub license_id: String,
    /// The case that made that version of the certificate.
    pub first_case: CaseId,
    /// What is to be changed, or what happened to the paper; empty for a renewal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Last day of the certificate that is to be renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// Asked for at least thirty days before: silence renews it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timely: bool,
}

/// What somebody asks for; the rest is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub wish: Wish,
    /// 证照标识
    #[schemars(length(max = 120))]
    pub license_id: String,
    /// 变更内容，或者遗失、损毁的经过；延续可以不写
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 500))]
    pub reason: String,
}

pub fn after(case: &Case) -> Option<After> {
    case.detail(AFTER)
}

/// The days between which a renewal may be asked for in time: first and last.
///
/// 行政许可法第五十条第一款: thirty days before the period ends. The thirty days are whole days before the last day.
pub fn renewal_window(valid_to: Date) -> Option<(Date, Date)> {
    Some((
        valid_to.checked_sub(RENEW_FROM_DAYS.days()).ok()?,
        valid_to.checked_sub(RENEW_BEFORE_DAYS.days()).ok()?,
    ))
}

/// Why something may not be asked for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It no longer counts.
    Ended(LicenseState),
    /// It has no end, so there is nothing to renew.
    Endless,
    /// A renewal may be asked for from that day.
    TooEarly(Date),
    /// Another application about it is being dealt with.
    Running { case: CaseId, no: String },
}

impl Obstacle {
    /// In words, with what to do instead.
    pub fn text(&self, wish: Wish) -> String {
        let what = wish.label();
        match self {
            Obstacle::Ended(LicenseState::Expired) => {
                format!("这份证照已经过期，不能再{what}，请重新申请")
            }
            Obstacle::Ended(state) => format!(
                "这份证照{}，不能{what}；请从“我的证照”打开有效的一份",
                state.label()
            ),
            Obstacle::Endless => "这份证照长期有效，不需要延续".to_owned(),
            Obstacle::TooEarly(from) => format!("还没有到申请延续的时间，请在{from}以后申请"),
            Obstacle::Running { no, .. } => {
                format!("这份证照已有正在办理的申请（{no}），办结后才能再申请")
            }
        }
    }

    fn refusal(&self, wish: Wish) -> Refusal {
        Refusal::invalid("license_id", self.text(wish))
    }
}

/// Whether `wish` may be asked for a certificate today; for a renewal, whether in time.
pub fn may_ask(
    wish: Wish,
    license: &License,
    stored: LicenseState,
    today: Date,
) -> Result<bool, Obstacle> {
    let state = license::store::state_on(license, stored, today);
    if state != LicenseState::Valid {
        return Err(Obstacle::Ended(state));
    }
    if wish != Wish::Renew {
        return Ok(false);
    }
    match license.valid_to.and_then(renewal_window) {
        None => Err(Obstacle::Endless),
        Some((from, _)) if today < from => Err(Obstacle::TooEarly(from)),
        Some((_, last)) => Ok(today <= last),
    }
}

/// The validity of the next version.
///
/// A renewal goes on where the old period ends, so no day is lost and none is given twice; a change and a reissue leave
/// the period as it is.
pub fn next_validity(
    wish: Wish,
    old: &License,
    years: Option<u16>,
    today: Date,
) -> (Date, Option<Date>) {
    if wish != Wish::Renew {
        return (old.valid_from, old.valid_to);
    }
    let begins = match old.valid_to {
        Some(last) if last >= today => last.tomorrow().unwrap_or(last),
        Some(last) => last.tomorrow().unwrap_or(today),
        None => today,
    };
    let ends = years.and_then(|years| license::store::last_day(begins, years));
    // It counts from the day it is made, so that the holder never has none.
    (begins.min(today), ends)
}

/// Notes what a new case follows.
pub(crate) fn file(step: &mut Step<'_>, after: &After) {
    step.note(AFTER, after);
    step.fact(casework::Fact::Linked {
        link: Link {
            relation: Relation::About,
            other: after.first_case,
        },
    });
}

/// What the shell adds to a command of this module.
#[derive(Clone, Debug)]
pub enum Command {
    /// 视为准予延续.
    DeemRenewed {
        doc_no: String,
        license_id: Option<String>,
    },
    /// 虚假材料, 一年内不得再次申请.
    Ban { doc_no: String, facts: String },
}

#[derive(Clone, Debug)]
pub enum Act {
    DeemRenewed,
    Ban { facts: String },
}

impl Act {
    pub fn word(&self) -> &'static str {
        match self {
            Act::DeemRenewed => "deem_renewed",
            Act::Ban { .. } => "ban_reapplying",
        }
    }
}

impl Command {
    pub fn word(&self) -> &'static str {
        match self {
            Command::DeemRenewed { .. } => "deem_renewed",
            Command::Ban { .. } => "ban_reapplying",
        }
    }

    pub(crate) fn preview(act: &Act) -> Command {
        match act {
            Act::DeemRenewed => Command::DeemRenewed {
                doc_no: String::new(),
                license_id: None,
            },
            Act::Ban { facts } => Command::Ban {
                doc_no: String::new(),
                facts: facts.clone(),
            },
        }
    }
}

pub(crate) fn decide(
    step: &mut Step<'_>,
    now: Timestamp,
    command: &Command,
) -> Result<(), Refusal> {
    match command {
        Command::DeemRenewed { doc_no, license_id } => {
            renewal::deem(step, now, doc_no, license_id.clone())
        }
        Command::Ban { doc_no, facts } => bans::decide(step, now, doc_no, facts),
    }
}

/// What a new application follows, if it follows anything. Somebody who may not apply again yet is refused.
pub(crate) fn follows(
    tx: &mut Tx<'_>,
    application: &crate::Application,
    now: Timestamp,
) -> Result<Option<After>, Error> {
    let today = calendar::civil_date(now);
    let impl_code = &application.published.item.impl_code;
    crate::credit::may_apply(tx, application.applicant, impl_code, today)?;
    let meant = match &application.after {
        Some(ask) => Some(ask.clone()),
        None => meant(tx, application, today)?,
    };
    meant
        .map(|ask| {
            look_up(
                tx,
                application.applicant,
                &application.published,
                &ask,
                today,
            )
        })
        .transpose()
}

/// What is renewed by an application for a 业务办理项“……延续” that asks for no certificate by itself, so that it gets its
/// next version and is not doubled by a second one: the one whose number is in the form, else the only one of that kind
/// from this body that can be renewed today. Where neither tells, the application stands alone and is examined as such:
/// what is renewed may be a paper that only another register knows.
fn meant(
    tx: &mut Tx<'_>,
    application: &crate::Application,
    today: Date,
) -> Result<Option<Ask>, Error> {
    let published = &application.published;
    if !published.item.name.ends_with(Wish::Renew.label()) {
        return Ok(None);
    }
    let held: Vec<(License, LicenseState)> =
        license::of_holder(tx, application.applicant, HELD_MAX)?
            .into_iter()
            .filter(|(license, stored)| {
                license::state_on(license, *stored, today) == LicenseState::Valid
                    && is_kind_of(license, published)
            })
            .collect();
    let named = held.iter().find(|(license, _)| {
        let mut answers = application.answers.values();
        answers.any(|answer| answer.as_str() == Some(license.serial.as_str()))
    });
    let mut open = Vec::new();
    if named.is_none() {
        for (license, stored) in &held {
            if standing(tx, Wish::Renew, license, *stored, today)?.is_ok() {
                open.push(license);
            }
        }
    }
    let only = (open.len() == 1).then(|| open[0]);
    Ok(named
        .map(|(license, _)| license)
        .or(only)
        .map(|license| Ask {
            wish: Wish::Renew,
            license_id: license.license_id.clone(),
            reason: String::new(),
        }))
}

/// Whether an item makes certificates of this kind: the same name, by the same body.
fn is_kind_of(license: &License, published: &Published) -> bool {
    let result = &published.item.result;
    result.kind == ResultKind::Certificate
        && result.name == license.type_name
        && published.org_id == license.issuer
}

/// Looks up what an application follows and refuses what may not be asked for.
pub fn look_up(
    tx: &mut Tx<'_>,
    applicant: base::ids::PartyId,
    published: &Published,
    ask: &Ask,
    today: Date,
) -> Result<After, Error> {
    let unknown = || Refusal::invalid("license_id", "没有找到这份证照，请从“我的证照”进入");
    let (license, stored) = license::by_id(tx, &ask.license_id)?
        .filter(|(license, _)| license.holder == applicant)
        .ok_or_else(unknown)?;
    let of_item = cases::load(tx, license.case_id)?
        .as_ref()
        .and_then(crate::details::about)
        .is_some_and(|about| about.item == published.item_id);
    if !of_item && !is_kind_of(&license, published) {
        return Err(Refusal::invalid("item_id", "这份证照不是由这个事项颁发的").into());
    }
    let timely = standing(tx, ask.wish, &license, stored, today)?
        .map_err(|obstacle| obstacle.refusal(ask.wish))?;
    let reason = base::text::paragraphs(&ask.reason);
    if ask.wish != Wish::Renew && reason.is_empty() {
        let message = match ask.wish {
            Wish::Change => "请写明要变更什么，由什么变更为什么",
            _ => "请写明证照是遗失还是损毁，以及时间和经过",
        };
        return Err(Refusal::invalid("reason", message).into());
    }
    if base::text::visible_len(&reason) > REASON_MAX {
        return Err(Refusal::invalid("reason", format!("最多{REASON_MAX}字")).into());
    }
    Ok(After {
        wish: ask.wish,
        license_id: ask.license_id.clone(),
        first_case: license.case_id,
        reason,
        valid_to: license.valid_to.filter(|_| ask.wish == Wish::Renew),
        timely,
    })
}

/// As [`may_ask`], with the applications that are being dealt with.
pub fn standing(
    tx: &mut Tx<'_>,
    wish: Wish,
    license: &License,
    stored: LicenseState,
    today: Date,
) -> Result<Result<bool, Obstacle>, Error> {
    let asked = may_ask(wish, license, stored, today);
    if asked.is_ok()
        && let Some(case) = pending(tx, &license.license_id)?
    {
        return Ok(Err(Obstacle::Running {
            case: case.id,
            no: case.no,
        }));
    }
    Ok(asked)
}

/// The application about a certificate that is still being dealt with.
pub fn pending(tx: &mut Tx<'_>, license_id: &str) -> Result<Option<Case>, Error> {
    let rows = tx.query(
        "SELECT case_id FROM license_applications
         WHERE license_id = $1 AND wish NOT IN ('revoke', 'cancel')
         ORDER BY filed_at DESC LIMIT 20",
        &params![license_id],
    )?;
    for row in rows {
        let case = cases::load(tx, row.get(0)?)?;
        if let Some(case) = case.filter(|case| case.is_open() && case.outcome.is_none()) {
            return Ok(Some(case));
        }
    }
    Ok(None)
}

/// Remembers which certificate a new case is about, and plans what follows from silence.
pub(crate) fn filed(tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
    let Some(after) = after(case) else {
        return Ok(());
    };
    tx.queue(
        "INSERT INTO license_applications (license_id, case_id, wish, filed_at) VALUES ($1, $2, $3, $4)",
        params![&after.license_id, case.id, after.wish.word(), case.opened_at],
    )?;
    renewal::plan(tx, case, &after)
}

/// Makes the next version of the certificate that a granted application is about.
pub(crate) fn succeed(
    approval: &Approval,
    tx: &mut Tx<'_>,
    case: &Case,
    after: &After,
    years: Option<u16>,
    doc_no: &str,
    now: Timestamp,
) -> Result<String, Error> {
    let today = calendar::civil_date(now);
    let gone = || Refusal::invalid("license_id", "原证照已不存在，不能制发新证");
    let (old, _) = license::by_id(tx, &after.license_id)?.ok_or_else(gone)?;
    let (valid_from, valid_to) = next_validity(after.wish, &old, years, today);
    let issued = license::succeed(
        tx,
        &approval.app.people,
        &old,
        &Successor {
            made: after.wish.made(),
            case_id: case.id,
            case_no: case.no.clone(),
            holder_name: case.applicant_name.clone(),
            valid_from,
            valid_to,
            at: now,
            doc_no: doc_no.to_owned(),
            reason: if after.reason.is_empty() {
                after.wish.label().to_owned()
            } else {
                after.reason.clone()
            },
            legal_basis: after.wish.law().to_owned(),
        },
    );
    match issued {
        Ok(issued) => Ok(issued.license_id),
        Err(license::Error::Ended(_)) => Err(Refusal::invalid(
            "license_id",
            "原证照已经被撤销、注销或者替代，不能再准予；请查看它现在的状态",
        )
        .into()),
        Err(other) => Err(other.into()),
    }
}
