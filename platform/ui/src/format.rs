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

/// 5月21日 15:42 / 21 May, 15:42, at UTC+8: where the year is plain.
pub fn datetime_short(lang: Lang, at: Timestamp) -> String {
    let local = china(at);
    let day = date_short(lang, local.date());
    let between = match lang {
        Lang::Zh => " ",
        Lang::En => ", ",
    };
    format!("{day}{between}{:02}:{:02}", local.hour(), local.minute())
}

/// `2026-05-21T15:42+08:00`, the machine's form inside `<time datetime>`.
pub fn datetime_machine(at: Timestamp) -> String {
    let local = china(at);
    format!(
        "{}T{:02}:{:02}+08:00",
        local.date(),
        local.hour(),
        local.minute()
    )
}

/// 5月1日—5日, 4月30日—5月6日 / 1–5 May, 30 April – 6 May: a span of days, both ends included.
pub fn span(lang: Lang, from: Date, until: Date) -> String {
    if from == until {
        return date_short(lang, from);
    }
    let same_month = from.year() == until.year() && from.month() == until.month();
    match (lang, same_month) {
        (Lang::Zh, true) => format!("{}—{}日", date_short(lang, from), until.day()),
        (Lang::Zh, false) => format!("{}—{}", date_short(lang, from), date_short(lang, until)),
        (Lang::En, true) => format!("{}–{}", from.day(), date_short(lang, until)),
        (Lang::En, false) => format!("{} – {}", date_short(lang, from), date_short(lang, until)),
    }
}

/// 1,204: groups of three.
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 1,234.50元, 80元 / ¥1,234.50, ¥80: an amount in 分.
pub fn fen(lang: Lang, amount: i64) -> String {
    let (yuan, cents) = (amount / 100, (amount % 100).unsigned_abs());
    let sign = if amount < 0 && yuan == 0 { "−" } else { "" };
    let figure = match cents {
        0 => format!("{sign}{}", number(yuan)),
        _ => format!("{sign}{}.{cents:02}", number(yuan)),
    };
    match lang {
        Lang::Zh => format!("{figure}元"),
        Lang::En => format!("¥{figure}"),
    }
}

/// 62.5%: `part` of `whole` with one decimal, – where there is no whole.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (u128::from(part) * 2000 / u128::from(whole)).div_ceil(2);
    format!("{}.{}%", tenths / 10, tenths % 10)
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
    fn amounts_are_exact() {
        assert_eq!(fen(Lang::Zh, 123_450), "1,234.50元");
        assert_eq!(fen(Lang::Zh, 8_000), "80元");
        assert_eq!(fen(Lang::En, -5), "¥−0.05");
        assert_eq!(number(-1_204_000), "−1,204,000");
        assert_eq!(share(1, 3), "33.3%");
        assert_eq!(share(2, 3), "66.7%");
        assert_eq!(share(3, 3), "100.0%");
        assert_eq!(share(0, 0), "–");
    }

    #[test]
    fn a_span_names_what_differs() {
        let day = |text: &str| text.parse::<Date>().expect("a date");
        let (first, fifth) = (day("2026-05-01"), day("2026-05-05"));
        assert_eq!(span(Lang::Zh, first, fifth), "5月1日—5日");
        assert_eq!(span(Lang::En, first, fifth), "1–5 May");
        assert_eq!(span(Lang::Zh, day("2026-04-30"), first), "4月30日—5月1日");
        assert_eq!(span(Lang::En, first, first), "1 May");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(900), "900 B");
        assert_eq!(bytes(1025), "2 KB");
        assert_eq!(bytes(1_572_864), "1.5 MB");
    }
}
