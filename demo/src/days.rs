//! How busy each day of the year is, and each hour of people who apply from home.

use calendar::{Calendar, civil_date, start_of_day};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use crate::dice::{Dice, Wheel};
use crate::office::instant;

/// Days of the year that ends now.
pub(crate) const DAYS: i64 = 365;

/// The days of the year that ends now.
pub(crate) struct Days {
    /// Where the year begins, UTC milliseconds.
    pub(crate) first: i64,
    starts: Vec<i64>,
    wheel: Wheel,
    pub(crate) hours: Wheel,
}

impl Days {
    pub(crate) fn new(calendar: &Calendar, end: i64, dice: &mut Dice) -> anyhow::Result<Days> {
        let last = civil_date(instant(end));
        let mut starts = Vec::new();
        let mut weights = Vec::new();
        for back in (0..=DAYS).rev() {
            let day = last.checked_sub(back.days())?;
            let start = start_of_day(day).as_millisecond();
            let mut weight = season(day) * weekday(day) * (0.92 + 0.16 * dice.unit());
            if !calendar.is_working_day(day)? {
                weight *= 0.2;
            }
            // More people every month apply at all.
            weight *= 1.0 + 0.18 * (DAYS - back) as f64 / DAYS as f64;
            if back == 0 {
                weight *= (end - start) as f64 / 86_400_000.0;
            }
            starts.push(start);
            weights.push(weight);
        }
        Ok(Days {
            first: end - DAYS * 86_400_000,
            starts,
            wheel: Wheel::new(weights),
            hours: Wheel::new(HOURS),
        })
    }

    /// The start of a day.
    pub(crate) fn draw(&self, dice: &mut Dice) -> i64 {
        self.starts[self.wheel.spin(dice)]
    }
}

/// Applications from home by the hour.
const HOURS: [f64; 24] = [
    2.0, 1.0, 1.0, 1.0, 1.0, 2.0, 6.0, 16.0, 42.0, 78.0, 88.0, 72.0, 46.0, 50.0, 72.0, 74.0, 66.0,
    50.0, 38.0, 42.0, 46.0, 36.0, 20.0, 8.0,
];

fn season(day: Date) -> f64 {
    // Quiet around the Spring Festival, busy after it and before the school year.
    [
        0.92, 0.70, 1.15, 1.08, 0.98, 1.06, 1.12, 1.10, 1.12, 0.92, 1.00, 1.04,
    ][usize::from(day.month().unsigned_abs()) - 1]
}

fn weekday(day: Date) -> f64 {
    match day.weekday() {
        Weekday::Monday => 1.18,
        Weekday::Friday => 0.90,
        _ => 1.0,
    }
}
