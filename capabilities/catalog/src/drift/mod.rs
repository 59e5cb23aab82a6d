//! Drift: what a guide promises against what its cases really needed.
//!
//! A finished case is read once ([`Reader`], handed in by whoever knows cases of its kind) and counted by item, month
//! and value ([`follow`]), in the transaction that moves the bookmark of the feed. [`rules`] is pure: it says from the
//! counts and the published version where the two have parted.

pub mod follow;
pub mod rules;

#[cfg(test)]
mod tests;

use base::ids::{ItemId, VersionId};
use calendar::Calendar;
use cases::record::TrailRow;
use jiff::civil::Date;

pub use rules::{Alarm, Real, Rules, Standing};

/// Reads what a case needed off its trail; none while it is open, and none where it was not decided on.
pub type Reader = fn(&[TrailRow], &Calendar) -> Option<Needed>;

/// What one finished case needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    pub item: ItemId,
    /// The version it was filed under.
    pub version: VersionId,
    /// The event that closed it.
    pub closing_seq: i64,
    pub closed_on: Date,
    /// Working days from filing to acceptance, from acceptance to the decision, from there to delivery.
    pub accept_days: u32,
    pub decide_days: u32,
    pub deliver_days: u32,
    /// How often somebody came.
    pub visits: u32,
    /// What a correction asked for.
    pub asked: Vec<Asked>,
}

/// One point of a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Key of the material in its version; empty where only words say it.
    pub material: String,
    pub what: String,
}

/// What is counted. The words stand in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    AcceptDays,
    DecideDays,
    DeliverDays,
    Visits,
    /// 1 where a correction was asked for, else 0.
    Corrected,
    /// 1 where a material was asked for that the guide does not name, else 0.
    Unnamed,
}

impl Measure {
    pub const ALL: [Measure; 6] = [
        Measure::AcceptDays,
        Measure::DecideDays,
        Measure::DeliverDays,
        Measure::Visits,
        Measure::Corrected,
        Measure::Unnamed,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Measure::AcceptDays => "accept_days",
            Measure::DecideDays => "decide_days",
            Measure::DeliverDays => "deliver_days",
            Measure::Visits => "visits",
            Measure::Corrected => "corrected",
            Measure::Unnamed => "unnamed",
        }
    }

    pub fn from_word(word: &str) -> Option<Measure> {
        Measure::ALL
            .into_iter()
            .find(|measure| measure.word() == word)
    }
}
