//! Opening hours: written as people say them, kept as weekdays and minutes.

use std::fmt::Write as _;

use base::text::fold_width;
use jiff::civil::Weekday;
use ui::Lang;

/// Periods one hall may have.
pub const PERIODS_MAX: usize = 20;

const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];

/// One opening period on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// 1 Monday … 7 Sunday, rising.
    pub weekdays: Vec<u8>,
    /// Minute of the day it opens: 540 is nine o'clock.
    pub opens: u16,
    /// Minute of the day it closes, later than it opens; 1440 is midnight.
    pub closes: u16,
}

impl Period {
    /// 9:00—12:00.
    pub fn time_text(&self) -> String {
        format!("{}—{}", clock(self.opens), clock(self.closes))
    }

    /// Whether it is of this day of the week.
    pub fn is_on(&self, weekday: Weekday) -> bool {
        let day = weekday.to_monday_one_offset().unsigned_abs();
        self.weekdays.contains(&day)
    }
}

/// One line for a list: 周一至周五9:00—12:00、13:00—17:00；周六9:00—12:00.
pub fn text(periods: &[Period], lang: Lang) -> String {
    let (gap, end) = match lang {
        Lang::Zh => ("", "；"),
        Lang::En => (" ", "; "),
    };
    let rows: Vec<String> = by_days(periods, lang)
        .into_iter()
        .map(|(days, times)| format!("{days}{gap}{times}"))
        .collect();
    rows.join(end)
}

/// The days and, beside them, their times: (周一至周五, 9:00—12:00、13:00—17:00).
pub fn by_days(periods: &[Period], lang: Lang) -> Vec<(String, String)> {
    let mut rows: Vec<(&[u8], String)> = Vec::new();
    for period in periods {
        match rows.last_mut() {
            Some((days, times)) if *days == period.weekdays => {
                times.push_str(comma(lang));
                times.push_str(&period.time_text());
            }
            _ => rows.push((&period.weekdays, period.time_text())),
        }
    }
    rows.into_iter()
        .map(|(days, times)| (days_text(days, lang), times))
        .collect()
}

/// What stands between two times or two days.
pub fn comma(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "、",
        Lang::En => ", ",
    }
}

/// One line for each period, as [`parse`] reads them.
pub fn lines(periods: &[Period]) -> String {
    let mut lines = String::new();
    for period in periods {
        writeln!(
            lines,
            "{} {}",
            days_text(&period.weekdays, Lang::Zh),
            period.time_text()
        )
        .expect("a String takes everything");
    }
    lines
}

/// Reads lines like `周一至周五 9:00—12:00` or `周六、周日 9:00-11:30`; the error says which line and what to do.
pub fn parse(text: &str) -> Result<Vec<Period>, String> {
    let mut periods = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = fold_width(line);
        let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        if line.is_empty() {
            continue;
        }
        if periods.len() == PERIODS_MAX {
            return Err(format!("开放时间最多填写 {PERIODS_MAX} 行"));
        }
        let period = parse_line(&line)
            .map_err(|problem| format!("开放时间第 {} 行：{problem}", number + 1))?;
        periods.push(period);
    }
    Ok(periods)
}

fn parse_line(line: &str) -> Result<Period, String> {
    let split = line
        .find(|c: char| c.is_ascii_digit())
        .ok_or("请写明时间，例如“周一至周五 9:00—12:00”")?;
    let (days, times) = line.split_at(split);
    let weekdays = parse_days(days)?;
    let (opens, closes) = times
        .split_once(['-', '—', '–', '~', '～', '至', '到'])
        .ok_or("请写明起止时间，例如 9:00—12:00")?;
    let opens = parse_clock(opens)?;
    let closes = parse_clock(closes.trim_start_matches(['-', '—']))?;
    if closes <= opens {
        return Err("结束时间应晚于开始时间".to_owned());
    }
    Ok(Period {
        weekdays,
        opens,
        closes,
    })
}

fn parse_days(text: &str) -> Result<Vec<u8>, String> {
    const WHAT_TO_DO: &str = "请先写星期，例如“周一至周五”“周六、周日”或“每天”";
    if matches!(text, "每天" | "每日" | "全周") {
        return Ok((1..=7).collect());
    }
    if text == "工作日" {
        return Ok((1..=5).collect());
    }
    let mut days = Vec::new();
    for part in text.split(['、', ',', '和']) {
        let mut ends = part.split(['至', '到', '-', '—']).map(day);
        let first = ends.next().flatten().ok_or(WHAT_TO_DO)?;
        let last = match ends.next() {
            None => first,
            Some(last) => last.ok_or(WHAT_TO_DO)?,
        };
        if ends.next().is_some() || last < first {
            return Err(WHAT_TO_DO.to_owned());
        }
        days.extend(first..=last);
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

fn day(text: &str) -> Option<u8> {
    let name = text
        .strip_prefix("星期")
        .or_else(|| text.strip_prefix("周"))
        .unwrap_or(text);
    let name = if name == "天" { "日" } else { name };
    (1..)
        .zip(DAYS)
        .find(|(_, day)| *day == name)
        .map(|(number, _)| number)
}

fn parse_clock(text: &str) -> Result<u16, String> {
    let wrong = || format!("“{text}”不是时间，请写成 9:00 的形式");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let digits = |part: &str| {
        let all = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if all { part.parse::<u16>().ok() } else { None }
    };
    let hour = digits(hour).ok_or_else(wrong)?;
    let minute = digits(minute)
        .filter(|_| minute.len() == 2)
        .ok_or_else(wrong)?;
    let total = hour * 60 + minute;
    if minute > 59 || total > 24 * 60 {
        return Err(wrong());
    }
    Ok(total)
}

/// 9:00.
pub fn clock(minute: u16) -> String {
    format!("{}:{:02}", minute / 60, minute % 60)
}

fn days_text(days: &[u8], lang: Lang) -> String {
    const ENGLISH: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let name = |day: u8| {
        let place = usize::from(day.clamp(1, 7)) - 1;
        match lang {
            Lang::Zh => format!("周{}", DAYS[place]),
            Lang::En => ENGLISH[place].to_owned(),
        }
    };
    let (every_day, to) = match lang {
        Lang::Zh => ("每天", "至"),
        Lang::En => ("Every day", "–"),
    };
    if days.len() == 7 {
        return every_day.to_owned();
    }
    let mut parts = Vec::new();
    let mut rest = days;
    while let [first, ..] = rest {
        let mut length = 1;
        while rest
            .get(length)
            .is_some_and(|day| usize::from(*day) == usize::from(*first) + length)
        {
            length += 1;
        }
        if length >= 3 {
            parts.push(format!("{}{to}{}", name(*first), name(rest[length - 1])));
        } else {
            parts.extend(rest[..length].iter().map(|day| name(*day)));
        }
        rest = &rest[length..];
    }
    parts.join(comma(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_as_they_are_written() {
        let typed =
            "周一至周五 9:00—12:00\n星期一到星期五 １３：００-17:00\n\n 周六、周日　09:30~11:00\n";
        let periods = parse(typed).expect("hours");
        assert_eq!(
            text(&periods, Lang::Zh),
            "周一至周五9:00—12:00、13:00—17:00；周六、周日9:30—11:00"
        );
        assert_eq!(
            text(&periods, Lang::En),
            "Mon–Fri 9:00—12:00, 13:00—17:00; Sat, Sun 9:30—11:00"
        );
        assert_eq!(parse(&lines(&periods)), Ok(periods.clone()));
        assert!(periods[0].is_on(Weekday::Friday) && !periods[0].is_on(Weekday::Saturday));
        assert!(periods[2].is_on(Weekday::Sunday));
    }

    #[test]
    fn days_are_put_together() {
        let days = |text: &str| days_text(&parse_days(text).expect(text), Lang::Zh);
        assert_eq!(days("每天"), "每天");
        assert_eq!(days("工作日"), "周一至周五");
        assert_eq!(days("周一、周三、周五"), "周一、周三、周五");
        assert_eq!(days("一至三、周五"), "周一至周三、周五");
        assert_eq!(days("周六、周日、周一至周二"), "周一、周二、周六、周日");
        assert_eq!(
            text(&parse("每天 0:00—24:00").expect("all day"), Lang::Zh),
            "每天0:00—24:00"
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (typed, said) in [
            ("周一", "第 1 行：请写明时间"),
            ("9:00—12:00", "第 1 行：请先写星期"),
            ("周一 9:00—12:00\n周八 9:00—12:00", "第 2 行：请先写星期"),
            ("周五至周一 9:00—12:00", "第 1 行：请先写星期"),
            ("周一 9:00", "第 1 行：请写明起止时间"),
            ("周一 12:00—9:00", "结束时间应晚于开始时间"),
            ("周一 9:0—12:00", "“9:0”不是时间"),
            ("周一 9:60—12:00", "“9:60”不是时间"),
            ("周一 9:00—24:01", "“24:01”不是时间"),
            ("周一 99999:00—12:00", "不是时间"),
        ] {
            let error = parse(typed).expect_err(typed);
            assert!(error.contains(said), "{typed}: {error}");
        }
        assert!(parse(&"周一 9:00—12:00\n".repeat(21)).is_err());
        assert_eq!(parse(" \n"), Ok(Vec::new()));
    }
}
