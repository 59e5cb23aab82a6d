//! The traffic light of a clock: how much is used, how much is left, and when the colour turns.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::days::{Calendar, LAST, date_of, index_of};
use crate::due::{DayCourse, Deadline, Direction, ExactCourse, exact_seconds};
use crate::error::CalendarError;
use crate::moment::{civil_date, start_of_day};
use crate::period::{Length, Unit};

/// The state of a clock at a glance; always shown with its word, never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// 绿: enough time left.
    Ok,
    /// 黄: a third or less is left.
    Near,
    /// 红: over.
    Over,
    /// Standing still for a lawful reason.
    Held,
    Closed,
}

impl fmt::Display for Light {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Light::Ok => "充裕",
            Light::Near => "快到期",
            Light::Over => "超期",
            Light::Held => "停止计时",
            Light::Closed => "已办结",
        })
    }
}

/// When a clock counts as near its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Near when at most this part of the length is left: numerator and denominator.
    pub near_share: (u32, u32),
    /// Near as well when at most this many units are left.
    pub near_units: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            near_share: (1, 3),
            near_units: 0,
        }
    }
}

impl Thresholds {
    /// The most that may be left for the clock to be near its end.
    fn left_max(&self, total: i64, unit: i64) -> i64 {
        let (part, whole) = self.near_share;
        let share = total * i64::from(part) / i64::from(whole.max(1));
        share.max(i64::from(self.near_units) * unit).min(total)
    }
}

/// Used and left. Periods in months and years are tallied in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Counted so far, today included; never more than `total`.
    pub used: u32,
    pub left: u32,
    pub total: u32,
    pub unit: Unit,
}

/// The instants at which the light turns; `None` while an open stop keeps them away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    pub near_at: Option<Timestamp>,
    pub over_at: Option<Timestamp>,
}

impl Clock {
    /// The light at `now`.
    pub fn light(
        &self,
        calendar: &Calendar,
        now: Timestamp,
        thresholds: &Thresholds,
    ) -> Result<Light, CalendarError> {
        if self.closed_at.is_some() {
            return Ok(Light::Closed);
        }
        let turns = self.turns(calendar, thresholds)?;
        let reached = |at: Option<Timestamp>| at.is_some_and(|at| now >= at);
        let is_held = self.open_pause().is_some_and(|pause| now >= pause.from);
        Ok(if reached(turns.over_at) {
            Light::Over
        } else if is_held && turns.over_at.is_none() {
            Light::Held
        } else if reached(turns.near_at) {
            Light::Near
        } else {
            Light::Ok
        })
    }

    /// When the light turns yellow and red, so that alerts can be set for these instants.
    pub fn turns(
        &self,
        calendar: &Calendar,
        thresholds: &Thresholds,
    ) -> Result<Turns, CalendarError> {
        let over_at = self.due(calendar)?.due().map(|due| due.at);
        let near_at = match self.course(calendar)? {
            Course::Exact(course, total) => {
                let unit = exact_seconds(Length {
                    n: 1,
                    unit: self.terms.length.unit,
                });
                course.reaches(total - thresholds.left_max(total, unit))
            }
            Course::Days(course, total) => {
                let left_max = thresholds.left_max(i64::from(total), 1) as u32;
                match total - left_max {
                    0 => Some(self.start_at),
                    used => match course.reaches(used)? {
                        Some(day) => Some(start_of_day(date_of(day)?)),
                        None => None,
                    },
                }
            }
            Course::Backward => over_at,
        };
        Ok(Turns { near_at, over_at })
    }

    /// What is used and left at `now`, or when the clock was closed if that was earlier. A backward
    /// limit has nothing to tally and counts as unused.
    pub fn tally(&self, calendar: &Calendar, now: Timestamp) -> Result<Tally, CalendarError> {
        let now = self.closed_at.map_or(now, |closed_at| closed_at.min(now));
        let unit = self.terms.length.unit;
        let (used, total, unit) = match self.course(calendar)? {
            Course::Exact(course, _) => {
                let seconds = exact_seconds(Length { n: 1, unit });
                let used = course.elapsed(now).max(SignedDuration::ZERO).as_secs() / seconds;
                (
                    u32::try_from(used).unwrap_or(u32::MAX),
                    self.length().n,
                    unit,
                )
            }
            Course::Days(course, total) => {
                let today =
                    index_of(civil_date(now)).unwrap_or(if now < self.start_at { 0 } else { LAST });
                let tallied = if unit == Unit::WorkingDay {
                    unit
                } else {
                    Unit::Day
                };
                (course.counted(today), total, tallied)
            }
            Course::Backward => (0, self.length().n, unit),
        };
        let used = used.min(total);
        Ok(Tally {
            used,
            left: total - used,
            total,
            unit,
        })
    }

    /// Whether the due date may still move when a year's arrangement is published.
    pub fn is_provisional(&self, calendar: &Calendar) -> Result<bool, CalendarError> {
        Ok(matches!(self.due(calendar)?, Deadline::On(due) if due.provisional))
    }

    fn course<'a>(&self, calendar: &'a Calendar) -> Result<Course<'a>, CalendarError> {
        let length = self.length();
        if self.terms.rule.direction == Direction::Before {
            return Ok(Course::Backward);
        }
        if length.unit.is_exact() {
            let course = ExactCourse::new(self.start_at.into(), &self.spans())?;
            return Ok(Course::Exact(course, exact_seconds(length)));
        }
        let start = civil_date(self.start_at);
        let course = DayCourse::new(self.calendar(calendar), start, length.unit, &self.spans())?;
        let total = course.days_wanted(length)?;
        Ok(Course::Days(course, total))
    }
}

/// A clock's period with its total: seconds, or counted days.
enum Course<'a> {
    Exact(ExactCourse, i64),
    Days(DayCourse<'a>, u32),
    Backward,
}
