//! The clock ledger. A clock keeps what runs it (basis, length, start, stops with their notices,
//! extensions with their approval) and never its due date, which is derived from these and a
//! calendar. Each change checks the rules of its law and leaves the clock as it was when refused.

use std::fmt;

use base::ids::ClockId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::days::Calendar;
use crate::due::{Deadline, Due, Rule, Span, due};
use crate::error::CalendarError;
use crate::moment::{Moment, civil_date};
use crate::period::{Length, Unit};

/// Whose promise a clock measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 法定时限: set by law.
    Statutory,
    /// 承诺时限: published by the department, never longer than the statutory one.
    Promised,
    /// A limit for one step or for the applicant.
    Step,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Statutory => "法定时限",
            Role::Promised => "承诺时限",
            Role::Step => "环节时限",
        })
    }
}

/// Why a clock may stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    Hearing,
    Bidding,
    Auction,
    Inspection,
    Testing,
    Quarantine,
    Appraisal,
    ExpertReview,
    /// 政府信息公开条例 art. 33 para. 3
    ThirdPartyOpinion,
    /// A reason given by another law, which the notice names.
    SpecialLaw,
}

impl PauseReason {
    /// 行政许可法 art. 45: 听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审.
    pub const LICENSING: [PauseReason; 8] = [
        PauseReason::Hearing,
        PauseReason::Bidding,
        PauseReason::Auction,
        PauseReason::Inspection,
        PauseReason::Testing,
        PauseReason::Quarantine,
        PauseReason::Appraisal,
        PauseReason::ExpertReview,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hearing => "听证",
            Self::Bidding => "招标",
            Self::Auction => "拍卖",
            Self::Inspection => "检验",
            Self::Testing => "检测",
            Self::Quarantine => "检疫",
            Self::Appraisal => "鉴定",
            Self::ExpertReview => "专家评审",
            Self::ThirdPartyOpinion => "征求第三方意见",
            Self::SpecialLaw => "其他法定事由",
        }
    }
}

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a clock is, before it runs: written once in the item, copied into each case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockTerms {
    /// A word for the limit, such as `decide`, `one_time_correction`, `deliver`.
    pub kind: String,
    pub role: Role,
    /// Law and article: 行政许可法 第四十二条.
    pub basis: String,
    pub length: Length,
    /// What sets it running: 受理, 收到申请材料 …
    pub start_event: String,
    #[serde(default, skip_serializing_if = "Rule::is_default")]
    pub rule: Rule,
    /// The only reasons for which it may stand still; empty when it never may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pausable: Vec<PauseReason>,
    /// The longest extension its law allows, in the clock's own unit; `None` when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension_max: Option<Length>,
}

/// A stop of a clock. The day its notice is served and all days up to and including the day the
/// result is received are not counted; counting goes on the next day. Periods in hours and
/// minutes stop from instant to instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When the notice was served.
    pub from: Timestamp,
    /// When the result was received; open until then.
    pub to: Option<Timestamp>,
    pub reason: PauseReason,
    /// The written notice told to the applicant (行政许可法 art. 45).
    pub notice: String,
    /// How long it is expected to take, as the notice says.
    pub expected: Length,
}

/// A longer period, with who allowed it and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub length: Length,
    /// Head of the agency or of the government, as the law asks.
    pub approver: String,
    /// The reason told to the applicant.
    pub reason: String,
    pub at: Timestamp,
}

/// The end a closed clock was judged by. It stays as it was, whatever a later calendar makes of its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// 24:00 of the last day, or the exact instant; `None` where the clock stood still to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// A year without a published arrangement had a say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// Version of the calendar that counted.
    pub calendar: String,
}

impl Judged {
    fn by(calendar: &Calendar, deadline: Deadline) -> Self {
        let due = deadline.due();
        Self {
            due_at: due.map(|due| due.at),
            provisional: due.is_some_and(|due| due.provisional),
            calendar: calendar.version().to_owned(),
        }
    }

    fn deadline(&self, unit: Unit) -> Deadline {
        let Some(at) = self.due_at else {
            return Deadline::Held;
        };
        // The end of a day is the first instant of the next one.
        let within = if unit.is_exact() {
            at
        } else {
            at - SignedDuration::from_millis(1)
        };
        Deadline::On(Due {
            date: civil_date(within),
            at,
            provisional: self.provisional,
        })
    }
}

/// One running limit of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub id: ClockId,
    pub terms: ClockTerms,
    /// Day 0, or the instant of an exact period.
    pub start_at: Timestamp,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Of a closed clock; absent where it was closed before ends were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
}

/// Why a clock refuses a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    #[error("该时限已经结束，不能再变更")]
    Closed,
    #[error("该时限已停止计时，请先恢复")]
    AlreadyPaused,
    #[error("该时限没有停止计时，无需恢复")]
    NotPaused,
    #[error("“{0}”不是该时限可以停止计时的法定事由")]
    ReasonNotAllowed(PauseReason),
    #[error("停止计时必须先书面告知申请人，请填写告知文书编号")]
    NoticeMissing,
    #[error("时间早于该时限的上一次变更")]
    OutOfOrder,
    #[error("该时限依法不能延长")]
    NotExtendable,
    #[error("该时限已经延长过一次，不能再次延长")]
    AlreadyExtended,
    #[error("延长的单位应与原时限一致")]
    ExtensionUnit,
    #[error("最多可延长 {0}")]
    ExtensionTooLong(Length),
    #[error("延长至少为 1")]
    ExtensionEmpty,
    #[error("延长必须经批准并说明理由，请填写批准人和理由")]
    ApprovalMissing,
    #[error("时限已过，不能再延长")]
    ExtensionLate,
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl Clock {
    /// Sets a clock running. `start_at` may lie in the past: an application is deemed accepted
    /// from the day its materials were received when no correction was asked in time (行政许可法
    /// art. 32).
    pub fn start(id: ClockId, terms: ClockTerms, start_at: Timestamp) -> Self {
        Self {
            id,
            terms,
            start_at,
            pauses: Vec::new(),
            extensions: Vec::new(),
            closed_at: None,
            judged: None,
        }
    }

    /// Stops counting from the day (or instant) `at` on which the notice was served.
    pub fn pause(
        &mut self,
        at: Timestamp,
        reason: PauseReason,
        notice: &str,
        expected: Length,
    ) -> Result<(), ClockError> {
        self.expect_open_after(at)?;
        if self.open_pause().is_some() {
            return Err(ClockError::AlreadyPaused);
        }
        if !self.terms.pausable.contains(&reason) {
            return Err(ClockError::ReasonNotAllowed(reason));
        }
        let notice = notice.trim().to_owned();
        if notice.is_empty() {
            return Err(ClockError::NoticeMissing);
        }
        self.pauses.push(Pause {
            from: at,
            to: None,
            reason,
            notice,
            expected,
        });
        Ok(())
    }

    /// Counting goes on after the day (or instant) `at` on which the result was received.
    pub fn resume(&mut self, at: Timestamp) -> Result<(), ClockError> {
        self.expect_open_after(at)?;
        let open = self.pauses.iter_mut().find(|pause| pause.to.is_none());
        open.ok_or(ClockError::NotPaused)?.to = Some(at);
        Ok(())
    }

    /// Makes the period longer, once, before it is over (行政许可法 art. 42).
    pub fn extend(&mut self, calendar: &Calendar, extension: Extension) -> Result<(), ClockError> {
        self.expect_open_after(extension.at)?;
        let max = self.terms.extension_max.ok_or(ClockError::NotExtendable)?;
        if !self.extensions.is_empty() {
            return Err(ClockError::AlreadyExtended);
        }
        if extension.length.unit != self.terms.length.unit {
            return Err(ClockError::ExtensionUnit);
        }
        if extension.length.n == 0 {
            return Err(ClockError::ExtensionEmpty);
        }
        if max.unit != extension.length.unit || extension.length.n > max.n {
            return Err(ClockError::ExtensionTooLong(max));
        }
        if extension.approver.trim().is_empty() || extension.reason.trim().is_empty() {
            return Err(ClockError::ApprovalMissing);
        }
        let is_over = matches!(self.due(calendar)?, Deadline::On(due) if extension.at >= due.at);
        if is_over {
            return Err(ClockError::ExtensionLate);
        }
        self.extensions.push(extension);
        Ok(())
    }

    /// Ends the clock: what it waited for was done, or the case ended. An open stop stays open, as
    /// it was. What it is judged by is kept with it.
    pub fn close(&mut self, calendar: &Calendar, at: Timestamp) -> Result<(), ClockError> {
        self.expect_open_after(at)?;
        // An end beyond every calendar is no end to be judged by.
        let deadline = self.due(calendar).ok();
        self.judged = deadline.map(|deadline| Judged::by(calendar, deadline));
        self.closed_at = Some(at);
        Ok(())
    }

    /// The whole length, extension included.
    pub fn length(&self) -> Length {
        let extended: u32 = self
            .extensions
            .iter()
            .map(|extension| extension.length.n)
            .sum();
        let Length { n, unit } = self.terms.length;
        Length {
            n: n.saturating_add(extended),
            unit,
        }
    }

    /// The end of the period: of a closed clock the one it was judged by, else by this calendar.
    pub fn due(&self, calendar: &Calendar) -> Result<Deadline, CalendarError> {
        match &self.judged {
            Some(judged) => Ok(judged.deadline(self.terms.length.unit)),
            None => self.counted(calendar),
        }
    }

    /// The calendar its days are counted by: of a closed clock the one it was judged by, where
    /// `in_force` still knows it.
    pub fn calendar<'a>(&self, in_force: &'a Calendar) -> &'a Calendar {
        self.judged
            .as_ref()
            .and_then(|judged| in_force.of_version(&judged.calendar))
            .unwrap_or(in_force)
    }

    /// Whether the end it was judged by is the one its calendar gives; `None` where that calendar
    /// is not known any more, or nothing was kept.
    pub fn judged_rightly(&self, in_force: &Calendar) -> Option<bool> {
        let judged = self.judged.as_ref()?;
        let calendar = in_force.of_version(&judged.calendar)?;
        let deadline = self.counted(calendar).ok();
        Some(deadline.map(|deadline| Judged::by(calendar, deadline)) == self.judged)
    }

    /// The end of the period by this calendar, closed or not.
    fn counted(&self, calendar: &Calendar) -> Result<Deadline, CalendarError> {
        due(
            calendar,
            self.start_at.into(),
            self.length(),
            &self.spans(),
            self.terms.rule,
        )
    }

    /// Whether it was closed after its end; `None` while it is open.
    pub fn closed_late(&self, calendar: &Calendar) -> Result<Option<bool>, CalendarError> {
        let Some(closed_at) = self.closed_at else {
            return Ok(None);
        };
        let is_late = matches!(self.due(calendar)?, Deadline::On(due) if closed_at >= due.at);
        Ok(Some(is_late))
    }

    pub fn open_pause(&self) -> Option<&Pause> {
        self.pauses.iter().find(|pause| pause.to.is_none())
    }

    /// The stops as the counting rules want them: for whole days, the day after the result is the
    /// first that counts.
    pub fn spans(&self) -> Vec<Span> {
        self.pauses
            .iter()
            .map(|pause| span(pause, self.terms.length.unit))
            .collect()
    }

    fn expect_open_after(&self, at: Timestamp) -> Result<(), ClockError> {
        if self.closed_at.is_some() {
            return Err(ClockError::Closed);
        }
        let last_change = self
            .pauses
            .iter()
            .flat_map(|pause| [Some(pause.from), pause.to])
            .flatten()
            .chain(self.extensions.iter().map(|extension| extension.at))
            .fold(self.start_at, Timestamp::max);
        if at < last_change {
            Err(ClockError::OutOfOrder)
        } else {
            Ok(())
        }
    }
}

/// One stop as days or instants that are not counted.
pub(crate) fn span(pause: &Pause, unit: Unit) -> Span {
    if unit.is_exact() {
        return Span {
            from: Moment::At(pause.from),
            to: pause.to.map(Moment::At),
        };
    }
    let day_after = |at| {
        let received = civil_date(at);
        Moment::Date(received.tomorrow().unwrap_or(received))
    };
    Span {
        from: Moment::Date(civil_date(pause.from)),
        to: pause.to.map(day_after),
    }
}

/// What a change of the calendar does to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recomputed {
    pub old: Deadline,
    pub new: Deadline,
}

impl Recomputed {
    pub fn changed(&self) -> bool {
        self.old != self.new
    }
}

/// The end of the clock by the old and by the new calendar.
pub fn recompute(
    clock: &Clock,
    old: &Calendar,
    new: &Calendar,
) -> Result<Recomputed, CalendarError> {
    Ok(Recomputed {
        old: clock.due(old)?,
        new: clock.due(new)?,
    })
}

#[cfg(test)]
mod tests;
