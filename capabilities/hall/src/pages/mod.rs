//! The pages: `/halls` for everybody, `/admin/…` for administrators.

pub(crate) mod acts;
pub(crate) mod calendar_file;
pub(crate) mod halls;
pub(crate) mod listing;
pub(crate) mod orgs;
pub(crate) mod public;
pub(crate) mod regions;
pub(crate) mod staff;
pub(crate) mod windows;

use jiff::civil::Date;
use people::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use web::Problem;

/// Rows on one page of a list.
pub(crate) const PAGE: usize = 50;

/// What is wrong with which field of a form that is shown again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Errors(Vec<(String, String)>);

impl Errors {
    /// The message beside a field; empty where it is right.
    pub(crate) fn of(&self, field: &str) -> &str {
        self.0
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }

    /// All of them, for the summary.
    pub(crate) fn list(&self) -> &[(String, String)] {
        &self.0
    }

    pub(crate) fn push(&mut self, field: &str, message: impl Into<String>) {
        self.0.push((field.to_owned(), message.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields a refusal is about; a refusal about no field is passed on.
    pub(crate) fn from_error(error: Error) -> web::Result<Errors> {
        let Some(field) = error.field() else {
            return Err(Problem::from(error));
        };
        let mut errors = Errors::default();
        errors.push(field, error.message());
        Ok(errors)
    }
}

/// An option of a select list: value and label.
pub(crate) type Choice = (String, String);

pub(crate) fn choice(value: impl Into<String>, label: impl Into<String>) -> Choice {
    (value.into(), label.into())
}

const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A path with the parameters that are not empty.
pub(crate) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut sign = '?';
    for (name, value) in parameters {
        if value.is_empty() {
            continue;
        }
        address.push(sign);
        address.push_str(name);
        address.push('=');
        address.extend(utf8_percent_encode(value, QUERY));
        sign = '&';
    }
    address
}

/// A date as typed, `2026-05-18` or `2026/5/18`; empty is none.
pub(crate) fn read_date(field: &'static str, text: &str) -> Result<Option<Date>, Error> {
    let text = base::text::normalise_code(text);
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let date = match parts[..] {
        [year, month, day] if year.len() == 4 => year
            .parse()
            .ok()
            .zip(month.parse().ok())
            .zip(day.parse().ok())
            .and_then(|((year, month), day)| Date::new(year, month, day).ok()),
        _ => None,
    };
    match date {
        Some(date) => Ok(Some(date)),
        None => Err(Error::Invalid {
            field,
            message: "请写成 2026-05-18 的形式".to_owned(),
        }),
    }
}

pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Error {
    Error::Invalid {
        field,
        message: message.into(),
    }
}

/// A list's rows and whether there are more: `rows` holds up to one more than a page.
pub(crate) fn page_of<T>(mut rows: Vec<T>) -> (Vec<T>, bool) {
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    (rows, more)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn addresses_are_safe() {
        assert_eq!(
            address(
                "/admin/staff",
                &[("q", "张 三&x=1"), ("role", ""), ("org", "city.market")]
            ),
            "/admin/staff?q=%E5%BC%A0%20%E4%B8%89%26x%3D1&org=city.market"
        );
    }

    #[test]
    fn dates_as_people_type_them() {
        for typed in ["2026-05-18", "2026/5/18", " ２０２６.05.18 "] {
            assert_eq!(
                read_date("on", typed),
                Ok(Some(date(2026, 5, 18))),
                "{typed}"
            );
        }
        assert_eq!(read_date("on", " "), Ok(None));
        for typed in [
            "明天",
            "2026-02-30",
            "26-05-18",
            "2026-05",
            "2026-05-18-1",
            "99999-1-1",
        ] {
            assert!(read_date("on", typed).is_err(), "{typed}");
        }
    }
}
