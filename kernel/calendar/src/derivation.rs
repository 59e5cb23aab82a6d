//! A due date explained day by day, so that a page can draw the strip of days and anybody can
//! check it with a wall calendar.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, PauseReason, span};
use crate::days::{Calendar, DayKind, Index, date_of, index_of};
use crate::due::{DayCourse, Deadline, Direction, ExactCourse, exact_seconds};
use crate::error::CalendarError;
use crate::moment::{Moment, civil_date, end_of_day};
use crate::period::{Length, Unit};

/// What a day was to the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LineKind {
    /// Day 0: not counted (民法典 art. 201).
    Zero,
    /// The nth counted day; for hours and minutes the whole units run by the end of the day.
    Counted { n: u32 },
    /// A day off that working days skip.
    Rest { name: String },
    /// Not counted: the clock stood still.
    Held { reason: PauseReason },
    /// The period is full, but the day is off, so its end moves on (民法典 art. 203).
    Moved { name: String },
    /// The last day.
    Due { n: u32 },
}

/// One day of a derivation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayLine {
    pub date: Date,
    #[serde(flatten)]
    pub kind: LineKind,
    /// 春节调休上班 and the like, where a worked day would surprise.
    pub note: Option<String>,
    /// The year's arrangement is not published yet.
    pub provisional: bool,
}

/// The explanation of the day in words.
impl fmt::Display for DayLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LineKind::Zero => f.write_str("起算日，当日不计")?,
            LineKind::Counted { n } => write!(f, "已计 {n}")?,
            LineKind::Rest { name } => write!(f, "{name}，不计")?,
            LineKind::Held { reason } => write!(f, "{reason}，停止计时")?,
            LineKind::Moved { name } => write!(f, "期满日是{name}，顺延")?,
            LineKind::Due { n } => write!(f, "已计 {n}，当日到期")?,
        }
        if let Some(note) = &self.note {
            write!(f, "（{note}）")?;
        }
        if self.provisional {
            f.write_str("（该年放假安排未公布，暂定）")?;
        }
        Ok(())
    }
}

impl Clock {
    /// Every day from the start to the due date. While the clock stands still the lines end with
    /// `through`. A backward limit has no days to count: its line is the due date alone.
    pub fn derivation(
        &self,
        calendar: &Calendar,
        through: Date,
    ) -> Result<Vec<DayLine>, CalendarError> {
        let calendar = self.calendar(calendar);
        let first = civil_date(self.start_at);
        let due = self.due(calendar)?;
        let last = match due {
            Deadline::On(due) if self.terms.rule.direction == Direction::Before => {
                let day = calendar.day(due.date)?;
                let kind = LineKind::Due { n: self.length().n };
                let note = note_of(&day.kind, day.label());
                return Ok(vec![DayLine {
                    date: due.date,
                    kind,
                    note,
                    provisional: due.provisional,
                }]);
            }
            Deadline::On(due) => due.date,
            Deadline::Held => through.max(first),
        };
        let is_due = |date: Date| matches!(due, Deadline::On(due) if due.date == date);
        let indices = index_of(first)?..=index_of(last)?;
        if self.terms.length.unit.is_exact() {
            return self.exact_lines(calendar, indices, is_due);
        }

        let course = DayCourse::new(calendar, first, self.terms.length.unit, &self.spans())?;
        let total = course.days_wanted(self.length())?;
        let mut n = 0;
        indices
            .map(|index| {
                let day = calendar.day(date_of(index)?)?;
                let works = day.is_working();
                let is_start = index == course.start;
                let counts = !is_start
                    && !course.is_paused(index)
                    && (works || self.terms.length.unit != Unit::WorkingDay);
                let was_full = n >= total && !is_start;
                n += u32::from(counts && !was_full);
                let kind = if is_due(day.date) {
                    LineKind::Due { n }
                } else if is_start {
                    LineKind::Zero
                } else if was_full || (n >= total && counts) {
                    LineKind::Moved { name: day.label() }
                } else if counts {
                    LineKind::Counted { n }
                } else if let Some(reason) = self.pause_reason(index) {
                    LineKind::Held { reason }
                } else {
                    LineKind::Rest { name: day.label() }
                };
                let note = note_of(&day.kind, day.label());
                Ok(DayLine {
                    date: day.date,
                    kind,
                    note,
                    provisional: day.provisional,
                })
            })
            .collect()
    }

    fn exact_lines(
        &self,
        calendar: &Calendar,
        indices: impl Iterator<Item = Index>,
        is_due: impl Fn(Date) -> bool,
    ) -> Result<Vec<DayLine>, CalendarError> {
        let course = ExactCourse::new(Moment::At(self.start_at), &self.spans())?;
        let unit = exact_seconds(Length {
            n: 1,
            unit: self.terms.length.unit,
        });
        let mut before = None;
        indices
            .map(|index| {
                let date = date_of(index)?;
                let elapsed = course.elapsed(end_of_day(date));
                let stood_still = before == Some(elapsed);
                before = Some(elapsed);
                let n = u32::try_from(elapsed.as_secs() / unit).unwrap_or(u32::MAX);
                let kind = match self.pause_reason(index).filter(|_| stood_still) {
                    _ if is_due(date) => LineKind::Due { n: self.length().n },
                    Some(reason) => LineKind::Held { reason },
                    None => LineKind::Counted { n },
                };
                let note = note_of(&calendar.day(date)?.kind, String::new());
                Ok(DayLine {
                    date,
                    kind,
                    note,
                    provisional: false,
                })
            })
            .collect()
    }

    /// The reason of the stop that covers the day.
    fn pause_reason(&self, index: Index) -> Option<PauseReason> {
        let day = date_of(index).ok()?;
        let unit = self.terms.length.unit;
        self.pauses
            .iter()
            .find(|pause| {
                let span = span(pause, unit);
                let ends_after = match span.to {
                    None => true,
                    Some(Moment::Date(to)) => day < to,
                    Some(Moment::At(to)) => day <= civil_date(to),
                };
                span.from.date() <= day && ends_after
            })
            .map(|pause| pause.reason)
    }
}

/// Only a worked weekend needs a word beside its count.
fn note_of(kind: &DayKind, label: String) -> Option<String> {
    matches!(kind, DayKind::MakeupWorkday(_))
        .then_some(label)
        .filter(|label| !label.is_empty())
}
