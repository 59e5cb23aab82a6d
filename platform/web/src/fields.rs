//! Name/value pairs of a form or a query string, and reading them into a plain struct.
//!
//! An empty value is `None` for an `Option`; repeated names fill a `Vec`; a scalar given twice is refused.
//! A field whose type can be missing needs `Option` or `#[serde(default)]`, as with any serde format.

mod read;

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};

use self::read::Form;

/// Most pairs one request may carry.
pub const PAIRS_MAX: usize = 2000;

/// Decoded pairs in the order they came. As a handler's form type it takes any form as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pairs: Vec<(String, String)>,
}

/// Why pairs could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("内容不是有效的 UTF-8 文字")]
    Utf8,
    #[error("内容中含有控制字符，请删去后再提交")]
    Control,
    #[error("内容项过多")]
    TooMany,
}

/// A value that does not fit the field it was given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Empty where the whole is meant.
    pub field: String,
    pub message: String,
}

impl Fields {
    pub fn parse(encoded: &[u8]) -> Result<Fields, Malformed> {
        let mut pairs = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&') {
            if pair.is_empty() {
                continue;
            }
            if pairs.len() == PAIRS_MAX {
                return Err(Malformed::TooMany);
            }
            let split = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match split {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Fields { pairs })
    }

    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.pairs.push((name.into(), value.into()));
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Takes every value of a name out; gives the first.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let mut first = None;
        self.pairs.retain_mut(|(key, value)| {
            if key != name {
                return true;
            }
            if first.is_none() {
                first = Some(std::mem::take(value));
            }
            false
        });
        first
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Reads the pairs into a struct; an empty value is `None` for an `Option`, as browsers send it.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Mismatch> {
        T::deserialize(Form::new(self.pairs, true))
    }

    /// Reads the pairs into a struct as a program means them: what is given is given, also when it is empty.
    pub fn read_exact<T: DeserializeOwned>(self) -> Result<T, Mismatch> {
        T::deserialize(Form::new(self.pairs, false))
    }
}

fn decode(raw: &[u8]) -> Result<String, Malformed> {
    let spaced: Cow<'_, [u8]> = if raw.contains(&b'+') {
        let replaced = raw
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        Cow::Owned(replaced)
    } else {
        Cow::Borrowed(raw)
    };
    let text = percent_decode(&spaced)
        .decode_utf8()
        .map_err(|_| Malformed::Utf8)?;
    clean(&text)?;
    Ok(text.into_owned())
}

/// No control characters but tab and line ends.
pub(crate) fn clean(text: &str) -> Result<(), Malformed> {
    let control = text
        .chars()
        .any(|letter| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r'));
    if control {
        return Err(Malformed::Control);
    }
    Ok(())
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}：{}", self.field, self.message)
        }
    }
}

impl std::error::Error for Mismatch {}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("form fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, values)) = map.next_entry::<String, Vec<String>>()? {
                    for value in values {
                        fields.push(name.clone(), value);
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Fields, Malformed};

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Search {
        q: String,
        #[serde(default)]
        theme: Vec<String>,
        days: Option<u32>,
        sort: Option<Sort>,
        #[serde(default)]
        open: bool,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Sort {
        Newest,
        TimeLeft,
    }

    fn read(text: &str) -> Result<Search, String> {
        Fields::parse(text.as_bytes())
            .expect("well formed")
            .read()
            .map_err(|mismatch| mismatch.to_string())
    }

    #[test]
    fn pairs_fill_a_struct() {
        let search = read("q=%E7%BB%93%E5%A9%9A+x&theme=a&days=&theme=b&sort=time_left&open=on");
        assert_eq!(
            search,
            Ok(Search {
                q: "结婚 x".to_owned(),
                theme: vec!["a".to_owned(), "b".to_owned()],
                days: None,
                sort: Some(Sort::TimeLeft),
                open: true,
            })
        );
    }

    #[test]
    fn a_mismatch_names_its_field() {
        for (text, message) in [
            ("days=3", "q：缺少这一项"),
            ("q=a&q=b", "q：只能填写一次"),
            ("q=a&days=x", "days：请填写数字"),
            ("q=a&days=-1", "days：请填写数字"),
            ("q=a&days=%2B1", "days：请填写数字"),
            ("q=a&sort=oldest", "sort：只能是 newest、time_left 之一"),
            ("q=a&other=1", "other：没有这一项"),
            ("q=a&open=maybe", "open：只能是 true 或 false"),
        ] {
            assert_eq!(read(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_program_means_what_it_sends() {
        let exact = |text: &str| {
            let fields = Fields::parse(text.as_bytes()).expect("well formed");
            fields
                .read_exact::<Search>()
                .map_err(|mismatch| mismatch.to_string())
        };
        assert!(exact("q=a&days=3").is_ok());
        assert_eq!(exact("q=a&days="), Err("days：请填写数字".to_owned()));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(Fields::parse(b"q=%ff"), Err(Malformed::Utf8));
        assert_eq!(Fields::parse(b"q=%00"), Err(Malformed::Control));
        assert_eq!(Fields::parse(b"q=%1b"), Err(Malformed::Control));
        assert_eq!(
            Fields::parse("a&".repeat(super::PAIRS_MAX + 1).as_bytes()),
            Err(Malformed::TooMany)
        );
        let kept = Fields::parse(b"q=%zz%0A&&x").expect("text");
        assert_eq!(kept.get("q"), Some("%zz\n"));
        assert_eq!(kept.get("x"), Some(""));
    }

    #[test]
    fn any_form_can_be_taken_as_it_is() {
        let fields: Fields = Fields::parse(b"a=1&b=2&a=3")
            .expect("well formed")
            .read()
            .expect("any form");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(fields.get("b"), Some("2"));
    }
}
