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
    /// Below: the day, with its month where that is new; a span of days.
    pub below: String,
    /// `zero`, `used`, `held`, `rest`, `due`, `today`, `late`, `maybe` and combinations; `run` for a long stop.
    pub class: String,
    /// The day in words, for the derivation and for whoever cannot see the strip.
    pub words: String,
    pub date: Date,
    /// Last day of a cell that stands for several days in a row.
    pub until: Option<Date>,
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
    /// Part of the limit that is used, in per cent, at most 100.
    pub share: u32,
    pub closed: bool,
    pub strip: Vec<Cell>,
}

/// A strip longer than this leaves counted days out of its middle and says how many.
pub const STRIP_MAX: usize = 70;

/// Days kept on each side of what a long strip leaves out.
const STRIP_SIDE: usize = 20;

/// Stops of more days than this are one cell.
const HELD_RUN_MIN: usize = 4;

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
    let until = clock.closed_at.map_or(today, calendar::civil_date);
    let lines = clock.derivation(calendar, until).unwrap_or_default();
    ClockView {
        label: i18n::translate(lang, label).to_owned(),
        basis: i18n::translate(lang, &clock.terms.basis).to_owned(),
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
        share: (used * 100).checked_div(used + left).unwrap_or(0).min(100),
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
    let mut cells: Vec<Cell> = lines
        .chunk_by(|one, next| runs_on(&one.kind, &next.kind))
        .flat_map(|run| match run {
            [first, .., last] if is_rest(&first.kind) || run.len() >= HELD_RUN_MIN => {
                vec![span_cell(lang, run, first, last)]
            }
            days => days.iter().map(|day| day_cell(lang, day, today)).collect(),
        })
        .collect();
    if cells.len() > STRIP_MAX {
        let left_out = cells.len() - 2 * STRIP_SIDE;
        let dropped: Vec<Cell> = cells
            .splice(STRIP_SIDE..STRIP_SIDE + left_out, [])
            .collect();
        cells.insert(STRIP_SIDE, gap_cell(lang, &dropped));
    }
    if let (Some(today), false) = (today, closed) {
        mark_today(lang, &mut cells, today);
    }
    let mut month = None;
    for cell in &mut cells {
        cell.below = below(cell, month);
        month = Some(cell.until.unwrap_or(cell.date).month());
    }
    cells
}

fn is_rest(kind: &LineKind) -> bool {
    matches!(kind, LineKind::Rest { .. } | LineKind::Moved { .. })
}

fn runs_on(one: &LineKind, next: &LineKind) -> bool {
    match (one, next) {
        (LineKind::Held { reason }, LineKind::Held { reason: other }) => reason == other,
        (LineKind::Rest { .. }, LineKind::Rest { .. })
        | (LineKind::Moved { .. }, LineKind::Moved { .. }) => true,
        _ => false,
    }
}

fn day_cell(lang: Lang, line: &DayLine, today: Option<Date>) -> Cell {
    let past = today.is_some_and(|today| line.date <= today);
    let (mark, mut class) = match &line.kind {
        LineKind::Zero => ("0".to_owned(), "zero"),
        LineKind::Counted { n } => (n.to_string(), if past { "used" } else { "left" }),
        LineKind::Rest { name } | LineKind::Moved { name } => (rest_mark(lang, name), "rest"),
        LineKind::Held { .. } => (i18n::translate(lang, "停").to_owned(), "held"),
        LineKind::Due { n } => (n.to_string(), if past { "due used" } else { "due left" }),
    };
    if line.provisional && class == "left" {
        class = "left maybe";
    } else if line.provisional && class == "due left" {
        class = "due left maybe";
    }
    Cell {
        mark,
        below: String::new(),
        class: class.to_owned(),
        words: day_words(lang, line),
        date: line.date,
        until: None,
    }
}

/// Days off in a row, or a long stop, as one cell.
fn span_cell(lang: Lang, run: &[DayLine], first: &DayLine, last: &DayLine) -> Cell {
    let (mark, class, words) = if let LineKind::Held { .. } = &first.kind {
        let days = run.len().to_string();
        let mark = i18n::fill(lang, "停{n}天", &[("n", &days)]);
        (mark, "held run", day_words(lang, first))
    } else {
        // A holiday names the run; the weekend beside it does not.
        let named = run.iter().find(|line| holiday(line).is_some());
        let line = named.unwrap_or(first);
        let name = match &line.kind {
            LineKind::Rest { name } | LineKind::Moved { name } => name.as_str(),
            _ => "",
        };
        let words = match (&line.kind, holiday(line)) {
            (LineKind::Rest { .. }, None) => i18n::translate(lang, "休息日，不计").to_owned(),
            _ => day_words(lang, line),
        };
        (rest_mark(lang, name), "rest", words)
    };
    Cell {
        mark,
        below: String::new(),
        class: class.to_owned(),
        words,
        date: first.date,
        until: Some(last.date),
    }
}

fn gap_cell(lang: Lang, dropped: &[Cell]) -> Cell {
    let from = dropped.first().map_or(Date::ZERO, |cell| cell.date);
    let until = dropped
        .last()
        .map_or(from, |cell| cell.until.unwrap_or(cell.date));
    let days = (until - from).get_days() + 1;
    Cell {
        mark: "…".to_owned(),
        below: String::new(),
        class: "rest".to_owned(),
        words: i18n::fill(lang, "此处略去{n}天", &[("n", &days.to_string())]),
        date: from,
        until: Some(until),
    }
}

/// Rings today's cell; past the last day, adds one that says how late it is.
fn mark_today(lang: Lang, cells: &mut Vec<Cell>, today: Date) {
    let of_today = cells
        .iter_mut()
        .find(|cell| cell.date <= today && today <= cell.until.unwrap_or(cell.date));
    if let Some(cell) = of_today {
        cell.class.push_str(" today");
        return;
    }
    let Some(due) = cells.last().filter(|cell| cell.date < today) else {
        return;
    };
    let days = (today - due.date).get_days().to_string();
    cells.push(Cell {
        mark: format!("+{days}"),
        below: String::new(),
        class: "late today".to_owned(),
        words: i18n::fill(lang, "超期{n}天", &[("n", &days)]),
        date: today,
        until: None,
    });
}

/// 5/11 at the start and where the month changes, else 12; 16—17, 4/30—5/5.
fn below(cell: &Cell, month_before: Option<i8>) -> String {
    let day = |date: Date, month: Option<i8>| {
        if month == Some(date.month()) {
            date.day().to_string()
        } else {
            format!("{}/{}", date.month(), date.day())
        }
    };
    let first = day(cell.date, month_before);
    match cell.until {
        Some(until) if until != cell.date => {
            format!("{first}—{}", day(until, Some(cell.date.month())))
        }
        _ => first,
    }
}

/// The holiday of a day off; none for a weekend.
fn holiday(line: &DayLine) -> Option<&str> {
    match &line.kind {
        LineKind::Rest { name } | LineKind::Moved { name } if !name.starts_with('周') => {
            Some(name)
        }
        _ => None,
    }
}

/// 五一, 国庆 …; 休 for a weekend.
fn rest_mark(lang: Lang, name: &str) -> String {
    if lang == Lang::En {
        return i18n::translate(lang, "休").to_owned();
    }
    // 国庆节、中秋节 together: the first names the cell.
    let first = name.split('、').next().unwrap_or(name);
    match first {
        "劳动节" => "五一".to_owned(),
        _ if first.starts_with('周') || first.is_empty() => "休".to_owned(),
        _ => first.trim_end_matches('节').to_owned(),
    }
}

/// One day of the derivation in words.
pub fn day_words(lang: Lang, line: &DayLine) -> String {
    if lang == Lang::Zh {
        return line.to_string();
    }
    let t = |zh| i18n::translate(lang, zh).to_owned();
    let mut text = match &line.kind {
        LineKind::Zero => t("起算日，当日不计"),
        LineKind::Counted { n } => i18n::fill(lang, "已计{n}", &[("n", &n.to_string())]),
        LineKind::Rest { name } => {
            i18n::fill(lang, "{name}，不计", &[("name", &english_name(name))])
        }
        LineKind::Held { reason } => i18n::fill(
            lang,
            "{reason}，停止计时",
            &[("reason", i18n::translate(lang, &reason.to_string()))],
        ),
        LineKind::Moved { name } => i18n::fill(
            lang,
            "期满日是{name}，顺延",
            &[("name", &english_name(name))],
        ),
        LineKind::Due { n } => i18n::fill(lang, "已计{n}，当日到期", &[("n", &n.to_string())]),
    };
    if line.note.is_some() {
        text.push_str(&t("（调休上班）"));
    }
    if line.provisional {
        text.push_str(&t("（该年放假安排未公布，暂定）"));
    }
    text
}

fn english_name(name: &str) -> String {
    name.split('、')
        .map(|part| i18n::translate(Lang::En, part))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `2026年5月21日（星期四）` with 暂定 where a year is not published.
pub fn due_text(lang: Lang, due: Date, provisional: bool) -> String {
    let date = format::date_long(lang, due);
    if provisional {
        i18n::fill(lang, "{date}（暂定）", &[("date", &date)])
    } else {
        date
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(start: &str, days: u32) -> Clock {
        let start: Timestamp = start.parse().expect("an instant");
        Clock::start(
            base::IdSource::seeded(7).next(start),
            calendar::ClockTerms {
                kind: "promised".to_owned(),
                role: calendar::Role::Promised,
                basis: String::new(),
                length: calendar::Length::working_days(days),
                start_event: "受理".to_owned(),
                rule: calendar::Rule::default(),
                pausable: calendar::PauseReason::LICENSING.to_vec(),
                extension_max: None,
            },
            start,
        )
    }

    fn drawn(cells: &[Cell]) -> Vec<String> {
        cells
            .iter()
            .map(|cell| format!("{} {} {}", cell.mark, cell.below, cell.class))
            .collect()
    }

    #[test]
    fn days_off_in_a_row_are_one_cell_named_after_the_holiday() {
        let cells = planned(
            Lang::Zh,
            &clock("2026-04-29T02:00:00Z", 3),
            &Calendar::builtin(),
        );
        assert_eq!(
            drawn(&cells),
            [
                "0 4/29 zero",
                "1 30 left",
                "五一 5/1—5 rest",
                "2 6 left",
                "3 7 due left"
            ]
        );
        assert_eq!(cells[2].words, "劳动节，不计");
    }

    #[test]
    fn today_is_ringed_and_lateness_gets_a_cell() {
        let clock = clock("2026-05-11T02:00:00Z", 2);
        let at = |now: &str| {
            let now = now.parse().expect("an instant");
            view(Lang::Zh, "承诺办结时限", &clock, &Calendar::builtin(), now)
        };
        let running = at("2026-05-12T02:00:00Z");
        assert_eq!(
            drawn(&running.strip),
            ["0 5/11 zero", "1 12 used today", "2 13 due left"]
        );
        let late = at("2026-05-15T02:00:00Z");
        assert_eq!(
            drawn(&late.strip).last().map(String::as_str),
            Some("+2 15 late today")
        );
        assert_eq!((late.light, late.words.as_str()), ("over", "超期2天"));
    }

    #[test]
    fn a_long_limit_leaves_out_its_middle_but_never_its_last_day() {
        let cells = planned(
            Lang::En,
            &clock("2026-01-05T02:00:00Z", 120),
            &Calendar::builtin(),
        );
        assert_eq!(cells.len(), 2 * STRIP_SIDE + 1);
        assert_eq!(cells.last().map(|cell| cell.mark.as_str()), Some("120"));
        assert!(cells[STRIP_SIDE].words.ends_with("days left out"));
    }

    #[test]
    fn every_word_of_an_english_strip_is_english() {
        for month in 1..=9 {
            let start = format!("2026-{month:02}-01T02:00:00Z");
            for cell in planned(Lang::En, &clock(&start, 25), &Calendar::builtin()) {
                assert!(cell.words.is_ascii(), "{}", cell.words);
            }
        }
        for reason in calendar::PauseReason::LICENSING {
            assert!(i18n::has_english(&reason.to_string()), "{reason}");
        }
    }
}
