//! Dates, numbers and codes as people read them, in both languages.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::Offset,
};

use crate::i18n::Lang;

fn china(at: Timestamp) -> DateTime {
    Offset::constant(8).to_datetime(at)
}

fn month(number: i8) -> &'static str {
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ][usize::from(number.unsigned_abs()).clamp(1, 12) - 1]
}

fn weekday(lang: Lang, day: Weekday) -> &'static str {
    let index = usize::from(day.to_monday_zero_offset().unsigned_abs());
    match lang {
        Lang::Zh => ["一", "二", "三", "四", "五", "六", "日"][index],
        Lang::En => [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ][index],
    }
}

/// 2026年5月21日（星期四） / Thursday, 21 May 2026.
pub fn date_long(lang: Lang, date: Date) -> String {
    let day = weekday(lang, date.weekday());
    match lang {
        Lang::Zh => format!(
            "{}年{}月{}日（星期{day}）",
            date.year(),
            date.month(),
            date.day()
        ),
        Lang::En => format!(
            "{day}, {} {} {}",
            date.day(),
            month(date.month()),
            date.year()
        ),
    }
}

/// 2026年5月21日 / 21 May 2026.
pub fn date(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => format!("{} {} {}", date.day(), month(date.month()), date.year()),
    }
}

/// 5月21日 / 21 May.
pub fn date_short(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", date.month(), date.day()),
        Lang::En => format!("{} {}", date.day(), month(date.month())),
    }
}

/// 2026年5月21日 15:42 / 21 May 2026, 15:42, at UTC+8.
pub fn datetime(lang: Lang, at: Timestamp) -> String {
    let local = china(at);
    let day = date(lang, local.date());
    let between = match lang {
        Lang::Zh => " ",
        Lang::En => ", ",
    };
    format!("{day}{between}{:02}:{:02}", local.hour(), local.minute())
}

/// 2026-05-21 15:42, for dense staff pages.
pub fn datetime_dense(at: Timestamp) -> String {
    let local = china(at);
    format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
}

/// The last day of a limit that ends at `at` (24:00 belongs to the day before).
pub fn last_day(at: Timestamp) -> Date {
    let local = china(at);
    if local.hour() == 0 && local.minute() == 0 && local.second() == 0 {
        local.date().yesterday().unwrap_or(local.date())
    } else {
        local.date()
    }
}

/// A case number in groups; spaces come from CSS, so copying gives the bare number. Escaped.
pub fn case_no_html(no: &str) -> String {
    let clean: String = no.chars().filter(char::is_ascii_alphanumeric).collect();
    if clean.len() != 22 {
        return format!("<span class=\"caseno\">{clean}</span>");
    }
    format!(
        "<span class=\"caseno\">{}<i>{}</i><i>{}</i><i>{}</i><i>{}</i></span>",
        &clean[..6],
        &clean[6..14],
        &clean[14..15],
        &clean[15..21],
        &clean[21..]
    )
}

/// 1.2 MB.
pub fn bytes(size: u64) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{} KB", size.div_ceil(1024)),
        _ => format!(
            "{}.{} MB",
            size / 1_048_576,
            size % 1_048_576 * 10 / 1_048_576
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_china() {
        let at: Timestamp = "2026-05-21T16:00:00Z".parse().expect("an instant");
        assert_eq!(datetime(Lang::Zh, at), "2026年5月22日 00:00");
        assert_eq!(date_long(Lang::Zh, last_day(at)), "2026年5月21日（星期四）");
        assert_eq!(date_long(Lang::En, last_day(at)), "Thursday, 21 May 2026");
    }

    #[test]
    fn a_case_number_is_grouped_and_never_markup() {
        assert_eq!(
            case_no_html("990102202604272000317J"),
            "<span class=\"caseno\">990102<i>20260427</i><i>2</i><i>000317</i><i>J</i></span>"
        );
        assert_eq!(
            case_no_html("<script>"),
            "<span class=\"caseno\">script</span>"
        );
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(900), "900 B");
        assert_eq!(bytes(1025), "2 KB");
        assert_eq!(bytes(1_572_864), "1.5 MB");
    }
}
