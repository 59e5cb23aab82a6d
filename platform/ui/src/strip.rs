//! The day strip 时限尺: a limit drawn day by day, and the same told in words.

use calendar::{Calendar, Clock, DayLine, LineKind, Thresholds};
use jiff::{Timestamp, civil::Date};

use crate::{
    format,
    i18n::{self, Lang},
};

/// One day of the strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Inside the box: the count, or a sign.
    pub mark: String,
    /// Below: month and day.
    pub below: String,
    /// `zero`, `used`, `held`, `rest`, `due`, `today`, `late`, `maybe` and combinations.
    pub class: String,
    /// The day in words, for the derivation and for whoever cannot see the strip.
    pub words: String,
    pub date: Date,
}

/// A clock as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockView {
    pub label: String,
    pub basis: String,
    /// e.g. 20个工作日.
    pub length: String,
    pub start: Date,
    /// None while it stands still.
    pub due: Option<Date>,
    pub provisional: bool,
    /// `ok`, `near`, `over`, `hold`; empty once closed.
    pub light: &'static str,
    /// 剩3个工作日, 超期1天, 停止计时, 已结束.
    pub words: String,
    pub used: u32,
    pub left: u32,
    pub closed: bool,
    pub strip: Vec<Cell>,
}

/// Cells beyond this many are left out of the strip (the derivation page has them all).
pub const STRIP_MAX: usize = 70;

/// Everything a page needs to show a clock at `now`.
pub fn view(
    lang: Lang,
    label: &str,
    clock: &Clock,
    calendar: &Calendar,
    now: Timestamp,
) -> ClockView {
    let today = calendar::civil_date(now);
    let due = clock.due(calendar).ok().and_then(calendar::Deadline::due);
    let light = clock
        .light(calendar, now, &Thresholds::default())
        .unwrap_or(calendar::Light::Ok);
    let tally = clock.tally(calendar, now).ok();
    let (used, left) = tally.map_or((0, 0), |tally| (tally.used, tally.left));
    let unit = tally.map_or(clock.terms.length.unit, |tally| tally.unit);
    let until = clock.closed_at.map_or(today, |at| calendar::civil_date(at));
    let lines = clock.derivation(calendar, until).unwrap_or_default();
    ClockView {
        label: i18n::translate(lang, label).to_owned(),
        basis: clock.terms.basis.clone(),
        length: length(lang, clock.length()),
        start: calendar::civil_date(clock.start_at),
        due: due.map(|due| due.date),
        provisional: due.is_some_and(|due| due.provisional),
        light: match light {
            calendar::Light::Ok => "ok",
            calendar::Light::Near => "near",
            calendar::Light::Over => "over",
            calendar::Light::Held => "hold",
            calendar::Light::Closed => "",
        },
        words: words(lang, light, left, unit, due.map(|due| due.date), today),
        used,
        left,
        closed: clock.closed_at.is_some(),
        strip: cells(lang, &lines, Some(until), clock.closed_at.is_some()),
    }
}

/// The strip of a limit that has not begun: what a guide shows. Nothing is used yet.
pub fn planned(lang: Lang, clock: &Clock, calendar: &Calendar) -> Vec<Cell> {
    let lines = clock
        .derivation(calendar, calendar::civil_date(clock.start_at))
        .unwrap_or_default();
    cells(lang, &lines, None, false)
}

/// 20个工作日 / 20 working days.
pub fn length(lang: Lang, length: calendar::Length) -> String {
    let source = match length.unit {
        calendar::Unit::WorkingDay => "{n}个工作日",
        calendar::Unit::Day => "{n}日",
        calendar::Unit::Hour => "{n}小时",
        calendar::Unit::Minute => "{n}分钟",
        calendar::Unit::Month => "{n}个月",
        calendar::Unit::Year => "{n}年",
    };
    i18n::fill(lang, source, &[("n", &length.n.to_string())])
}

fn words(
    lang: Lang,
    light: calendar::Light,
    left: u32,
    unit: calendar::Unit,
    due: Option<Date>,
    today: Date,
) -> String {
    match light {
        calendar::Light::Closed => i18n::translate(lang, "已结束").to_owned(),
        calendar::Light::Held => i18n::translate(lang, "停止计时").to_owned(),
        calendar::Light::Over => {
            let days = due.map_or(0, |due| (today - due).get_days().max(0));
            if days == 0 {
                i18n::translate(lang, "超期").to_owned()
            } else {
                i18n::fill(lang, "超期{n}天", &[("n", &days.to_string())])
            }
        }
        calendar::Light::Ok | calendar::Light::Near => i18n::fill(
            lang,
            "剩{length}",
            &[("length", &length(lang, calendar::Length { n: left, unit }))],
        ),
    }
}

fn cells(lang: Lang, lines: &[DayLine], today: Option<Date>, closed: bool) -> Vec<Cell> {
    lines
        .iter()
        .take(STRIP_MAX)
        .map(|line| {
            let past = today.is_some_and(|today| line.date <= today);
            let (mark, mut class) = match &line.kind {
                LineKind::Zero => ("0".to_owned(), "zero".to_owned()),
                LineKind::Counted { n } => {
                    (n.to_string(), if past { "used" } else { "" }.to_owned())
                }
                LineKind::Rest { .. } | LineKind::Moved { .. } => {
                    ("·".to_owned(), "rest".to_owned())
                }
                LineKind::Held { .. } => ("停".to_owned(), "held".to_owned()),
                LineKind::Due { n } => (
                    n.to_string(),
                    if past { "due used" } else { "due" }.to_owned(),
                ),
            };
            if today == Some(line.date) && !closed {
                class.push_str(" today");
            }
            if line.provisional {
                class.push_str(" maybe");
            }
            Cell {
                mark,
                below: format!("{}/{}", line.date.month(), line.date.day()),
                class: class.trim().to_owned(),
                words: day_words(lang, line),
                date: line.date,
            }
        })
        .collect()
}

/// One day of the derivation in words.
pub fn day_words(lang: Lang, line: &DayLine) -> String {
    if lang == Lang::Zh {
        return line.to_string();
    }
    let mut text = match &line.kind {
        LineKind::Zero => "first day, not counted".to_owned(),
        LineKind::Counted { n } => format!("day {n}"),
        LineKind::Rest { .. } => "day off, not counted".to_owned(),
        LineKind::Held { .. } => "clock stopped".to_owned(),
        LineKind::Moved { .. } => "day off, moved to the next working day".to_owned(),
        LineKind::Due { n } => format!("day {n}, due"),
    };
    if line.provisional {
        text.push_str(" (provisional: this year's holidays are not published yet)");
    }
    text
}

/// `2026年5月21日（星期四）` with 暂定 where a year is not published.
pub fn due_text(lang: Lang, due: Date, provisional: bool) -> String {
    let date = format::date_long(lang, due);
    if provisional {
        format!("{date}{}", i18n::translate(lang, "（暂定）"))
    } else {
        date
    }
}
