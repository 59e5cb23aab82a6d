//! Pages: the figures, the cases behind one, the wall screen, every case of the scope, the working calendar.

pub(crate) mod alerts;
pub(crate) mod all;
pub(crate) mod calendars;
pub(crate) mod figures;
pub(crate) mod params;
pub(crate) mod records;
pub(crate) mod wall;
pub(crate) mod watched;

use std::fmt::Write as _;

use base::ids::CaseId;

/// The case's own page, which `approval` serves.
fn case_page(case: CaseId) -> String {
    format!("/staff/cases/{case}")
}

/// An address with the parameters that are not empty. Values are identifiers, signed cursors, or encoded here.
fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    let mut mark = '?';
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        text.push(mark);
        mark = '&';
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    text.push(char::from(byte));
                }
                _ => write!(text, "%{byte:02X}").expect("a text grows"),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_carry_what_is_given() {
        assert_eq!(address("/x", &[("a", ""), ("b", "")]), "/x");
        assert_eq!(
            address("/x", &[("a", "1"), ("b", ""), ("c", "件&")]),
            "/x?a=1&c=%E4%BB%B6%26"
        );
    }
}
