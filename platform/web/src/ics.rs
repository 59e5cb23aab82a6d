//! iCalendar files (RFC 5545), which every calendar program reads: days to remember, and times when something is open.

use jiff::Timestamp;
use jiff::civil::Date;

/// When something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A whole day, with a reminder at nine in the morning of the day before.
    Day(Date),
    /// From one moment to another.
    Span(Timestamp, Timestamp),
}

/// One entry of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The same for the same thing, so that a calendar replaces what it has.
    pub uid: String,
    pub when: When,
    pub summary: String,
    pub description: String,
    pub url: String,
    /// Where it is; may be empty.
    pub location: String,
}

/// Most octets of a line without its end (RFC 5545, 3.1).
const LINE_OCTETS_MAX: usize = 75;

/// The file.
pub fn file(entries: &[Entry], made_at: Timestamp) -> String {
    let stamp = utc(made_at);
    let mut out = String::new();
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tongban//Tongban//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ] {
        push(&mut out, line);
    }
    for entry in entries {
        push(&mut out, "BEGIN:VEVENT");
        push(&mut out, &format!("UID:{}", escaped(&entry.uid)));
        push(&mut out, &format!("DTSTAMP:{stamp}"));
        match entry.when {
            When::Day(day) => {
                let next = day.tomorrow().unwrap_or(day);
                push(&mut out, &format!("DTSTART;VALUE=DATE:{}", compact(day)));
                push(&mut out, &format!("DTEND;VALUE=DATE:{}", compact(next)));
            }
            When::Span(from, until) => {
                push(&mut out, &format!("DTSTART:{}", utc(from)));
                push(&mut out, &format!("DTEND:{}", utc(until)));
            }
        }
        push(&mut out, &format!("SUMMARY:{}", escaped(&entry.summary)));
        push(
            &mut out,
            &format!("DESCRIPTION:{}", escaped(&entry.description)),
        );
        if !entry.location.is_empty() {
            push(&mut out, &format!("LOCATION:{}", escaped(&entry.location)));
        }
        push(&mut out, &format!("URL:{}", entry.url));
        push(&mut out, "TRANSP:TRANSPARENT");
        if let When::Day(_) = entry.when {
            for line in ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15H"] {
                push(&mut out, line);
            }
            push(
                &mut out,
                &format!("DESCRIPTION:{}", escaped(&entry.summary)),
            );
            push(&mut out, "END:VALARM");
        }
        push(&mut out, "END:VEVENT");
    }
    push(&mut out, "END:VCALENDAR");
    out
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn compact(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// A text value: backslash, semicolon, comma and line ends are written out (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Adds a line, folded between characters where it is too long.
fn push(out: &mut String, line: &str) {
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > LINE_OCTETS_MAX {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(summary: &str) -> Entry {
        Entry {
            uid: "1-notice@tongban".into(),
            when: When::Day(Date::constant(2026, 5, 31)),
            summary: summary.into(),
            description: "最迟这一天告诉您是否受理；缺什么会一次说清".into(),
            url: "https://zwfw.example/cases/1".into(),
            location: String::new(),
        }
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let text = file(&[entry("受理")], Timestamp::UNIX_EPOCH);
        assert!(text.contains("DTSTART;VALUE=DATE:20260531\r\n"), "{text}");
        assert!(text.contains("DTEND;VALUE=DATE:20260601\r\n"), "{text}");
        assert!(text.contains("DTSTAMP:19700101T000000Z\r\n"), "{text}");
    }

    #[test]
    fn a_span_has_its_moments_and_no_reminder() {
        let noon = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(12);
        let open = Entry {
            when: When::Span(Timestamp::UNIX_EPOCH, noon),
            location: "东湖路1号".into(),
            ..entry("开放")
        };
        let text = file(&[open], Timestamp::UNIX_EPOCH);
        assert!(
            text.contains("DTSTART:19700101T000000Z\r\nDTEND:19700101T120000Z\r\n"),
            "{text}"
        );
        assert!(text.contains("LOCATION:东湖路1号\r\n"), "{text}");
        assert!(!text.contains("VALARM"), "{text}");
    }

    #[test]
    fn lines_are_short_and_whole_again_when_unfolded() {
        let long = "公共场所卫生许可（新办）".repeat(12);
        let text = file(&[entry(&long)], Timestamp::UNIX_EPOCH);
        for line in text.split("\r\n") {
            assert!(line.len() <= LINE_OCTETS_MAX, "{line}");
        }
        assert!(
            text.replace("\r\n ", "")
                .contains(&format!("SUMMARY:{long}\r\n"))
        );
    }

    #[test]
    fn what_means_something_in_a_value_is_written_out() {
        let text = file(&[entry("a,b;c\\d\ne\rf")], Timestamp::UNIX_EPOCH);
        assert!(text.contains("SUMMARY:a\\,b\\;c\\\\d\\nef\r\n"), "{text}");
    }
}
