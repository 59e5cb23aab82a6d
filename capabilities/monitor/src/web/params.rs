//! What a board is asked for, in its address and in the addresses of everything it leads to.

use base::ids::OrgId;
use cases::board;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use web::{Problem, Result};

use super::address;
use crate::figures::{Grain, Measure, Part, Period, Selection, Span};
use crate::words::LightWord;

/// Longest item name that is looked for.
const ITEM_CHARS_MAX: usize = 200;

/// The board's filter.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Params {
    grain: Option<Grain>,
    /// Any day of the period.
    at: Option<Date>,
    org: Option<OrgId>,
    region: Option<String>,
    item: Option<String>,
    /// Of an export: one chart alone.
    pub(crate) chart: Option<String>,
    /// Of an export: `xlsx` or `csv`.
    pub(crate) format: Option<String>,
}

/// The filter, read.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) selection: Selection,
    pub(crate) period: Period,
    pub(crate) today: Date,
}

impl Params {
    pub(crate) fn read(self, today: Date) -> Result<Filter> {
        Ok(Filter {
            selection: selection(self.org, self.region, self.item)?,
            period: Period::of(
                self.grain.unwrap_or_default(),
                self.at.unwrap_or(today).min(today),
            ),
            today,
        })
    }
}

/// Checks what was sent for region and item.
pub(crate) fn selection(
    org: Option<OrgId>,
    region: Option<String>,
    item: Option<String>,
) -> Result<Selection> {
    if let Some(code) = &region
        && base::codes::RegionCode::parse(code).is_err()
    {
        return Err(Problem::bad_request(
            "query_invalid",
            "区划代码应为6、9或12位数字",
        ));
    }
    let item = item.map(|item| item.chars().take(ITEM_CHARS_MAX).collect());
    Ok(Selection {
        org,
        region,
        alone: false,
        item,
    })
}

/// What is left of a selection in an address.
pub(crate) fn pairs(selection: &Selection) -> [(&'static str, String); 4] {
    [
        (
            "org",
            selection.org.map(|org| org.to_string()).unwrap_or_default(),
        ),
        ("region", selection.region.clone().unwrap_or_default()),
        (
            "alone",
            if selection.alone { "true" } else { "" }.to_owned(),
        ),
        ("item", selection.item.clone().unwrap_or_default()),
    ]
}

/// An address with a selection and more.
pub(crate) fn address_of(path: &str, selection: &Selection, more: &[(&str, &str)]) -> String {
    let pairs = pairs(selection);
    let mut all: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.extend_from_slice(more);
    address(path, &all)
}

impl Filter {
    /// The board as it is, at another address or for another period.
    pub(crate) fn address(&self, path: &str, period: Period, more: &[(&str, &str)]) -> String {
        let at = period.span.from.to_string();
        let mut all = vec![("grain", period.grain.word()), ("at", at.as_str())];
        all.extend_from_slice(more);
        address_of(path, &self.selection, &all)
    }
}

/// A measure in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MeasureWord {
    Submitted,
    Accepted,
    Decided,
    Delivered,
    Dropped,
}

impl MeasureWord {
    pub(crate) fn measure(self) -> Measure {
        match self {
            MeasureWord::Submitted => Measure::Submitted,
            MeasureWord::Accepted => Measure::Accepted,
            MeasureWord::Decided => Measure::Decided,
            MeasureWord::Delivered => Measure::Delivered,
            MeasureWord::Dropped => Measure::Dropped,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            MeasureWord::Submitted => "submitted",
            MeasureWord::Accepted => "accepted",
            MeasureWord::Decided => "decided",
            MeasureWord::Delivered => "delivered",
            MeasureWord::Dropped => "dropped",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            MeasureWord::Submitted => "收件",
            MeasureWord::Accepted => "受理",
            MeasureWord::Decided => "作出决定",
            MeasureWord::Delivered => "办结",
            MeasureWord::Dropped => "不予受理或撤回",
        }
    }
}

/// A part of a measure in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartWord {
    Late,
    InTime,
    Timed,
    Accepted,
    Decided,
    Delivered,
}

impl PartWord {
    pub(crate) fn part(self) -> Part {
        match self {
            PartWord::Late => Part::Late,
            PartWord::InTime => Part::InTime,
            PartWord::Timed => Part::Timed,
            PartWord::Accepted => Part::Reached(Measure::Accepted),
            PartWord::Decided => Part::Reached(Measure::Decided),
            PartWord::Delivered => Part::Reached(Measure::Delivered),
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            PartWord::Late => "late",
            PartWord::InTime => "in_time",
            PartWord::Timed => "timed",
            PartWord::Accepted => "accepted",
            PartWord::Decided => "decided",
            PartWord::Delivered => "delivered",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            PartWord::Late => "超过承诺时限",
            PartWord::InTime => "未超过承诺时限",
            PartWord::Timed => "按工作日承诺",
            PartWord::Accepted => "已受理",
            PartWord::Decided => "已作出决定",
            PartWord::Delivered => "已办结",
        }
    }
}

/// The address of the cases behind a figure.
pub(crate) fn records(
    selection: &Selection,
    measure: MeasureWord,
    part: Option<PartWord>,
    span: Span,
) -> String {
    let (from, to) = (span.from.to_string(), span.last().to_string());
    let more = [
        ("measure", measure.word()),
        ("part", part.map_or("", PartWord::word)),
        ("from", from.as_str()),
        ("to", to.as_str()),
    ];
    address_of("/staff/board/records", selection, &more)
}

/// When an open case falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DueWord {
    Today,
    Tomorrow,
}

impl DueWord {
    pub(crate) fn word(self) -> &'static str {
        match self {
            DueWord::Today => "today",
            DueWord::Tomorrow => "tomorrow",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            DueWord::Today => "今天到期",
            DueWord::Tomorrow => "明天到期",
        }
    }
}

/// Open cases of a selection, for `cases::board`.
pub(crate) fn open_cases(
    selection: &Selection,
    due: Option<DueWord>,
    now: Timestamp,
) -> board::Filter {
    let today = calendar::civil_date(now);
    let tomorrow = today.tomorrow().unwrap_or(today);
    // A case is over from the instant it is due, so one due this very instant still counts for today.
    let just_before = now
        .checked_sub(std::time::Duration::from_millis(1))
        .unwrap_or(now);
    let (due_after, due_until) = match due {
        None => (None, None),
        Some(DueWord::Today) => (Some(just_before), Some(calendar::end_of_day(today))),
        Some(DueWord::Tomorrow) => (
            Some(calendar::end_of_day(today)),
            Some(calendar::end_of_day(tomorrow)),
        ),
    };
    board::Filter {
        org: selection.org,
        region: selection.region.clone(),
        title: selection.item.clone(),
        due_after,
        due_until,
        ..board::Filter::default()
    }
}

/// The address of open cases.
pub(crate) fn open(
    selection: &Selection,
    light: Option<LightWord>,
    due: Option<DueWord>,
) -> String {
    let more = [
        ("light", light.map_or("", LightWord::word)),
        ("due", due.map_or("", DueWord::word)),
    ];
    address_of("/staff/board/cases", selection, &more)
}
