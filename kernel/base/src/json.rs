//! Reading JSON from outside: whatever does not fit is refused with the place where it stands.
//!
//! A text becomes a [`Tree`] first, and every type is then read from that one kind of source. So a type's reader is
//! compiled once, and these rules hold for all of them:
//!
//! - An object is an object: serde would also read a struct from an array by position, which no schema allows.
//! - `204.0` is an integer, as JSON Schema calls it one.
//! - A member given twice is refused by the types that say what members they have.

mod node;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A JSON text as it was written: members in their order, also those given twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Tree<'a>>),
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
}

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No JSON. Lines and columns count from 1.
    #[error("第 {line} 行第 {column} 列：{message}")]
    Malformed {
        line: usize,
        column: usize,
        message: String,
    },
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

/// A value that does not fit the type it was read as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unfit {
    /// From the inside out: member names and places in lists.
    path: Vec<String>,
    /// Serde's sentence, or our own types'.
    message: String,
}

/// One part of a text that is too long for a single tree; as serde reads it, its errors name the place within it.
#[derive(Clone, Copy, Debug)]
pub struct Part<T>(pub T);

/// Reads a JSON text.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    Ok(T::deserialize(&parse(bytes)?)?)
}

/// Reads a value that is JSON already.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Unfit> {
    T::deserialize(&Tree::from(value))
}

/// A text as a tree; at most 128 levels deep.
pub fn parse(bytes: &[u8]) -> Result<Tree<'_>, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        Error::Malformed {
            line: error.line(),
            column: error.column(),
            message: text.split(" at line ").next().unwrap_or(&text).to_owned(),
        }
    })
}

impl Unfit {
    /// Member names and places in lists, from the outside in.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.path.iter().rev().map(String::as_str)
    }

    /// What is wrong there.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same, one level further out.
    fn within(mut self, step: impl ToString) -> Unfit {
        self.path.push(step.to_string());
        self
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        let path: Vec<&str> = self.path().collect();
        write!(f, "{}：{}", path.join("."), self.message)
    }
}

impl std::error::Error for Unfit {}

impl serde::de::Error for Unfit {
    fn custom<T: fmt::Display>(message: T) -> Unfit {
        Unfit {
            path: Vec::new(),
            message: message.to_string(),
        }
    }
}

impl<'a> From<&'a Value> for Tree<'a> {
    fn from(value: &'a Value) -> Tree<'a> {
        match value {
            Value::Null => Tree::Null,
            Value::Bool(yes) => Tree::Bool(*yes),
            Value::Number(number) => Tree::Number(number.clone()),
            Value::String(text) => Tree::Text(Cow::Borrowed(text)),
            Value::Array(list) => Tree::List(list.iter().map(Tree::from).collect()),
            Value::Object(members) => Tree::Object(
                members
                    .iter()
                    .map(|(name, value)| (Cow::Borrowed(name.as_str()), Tree::from(value)))
                    .collect(),
            ),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree<'de>, D::Error> {
        deserializer.deserialize_any(Growing)
    }
}

impl<'de, T: DeserializeOwned> serde::Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part<T>, D::Error> {
        let tree = Tree::deserialize(deserializer)?;
        T::deserialize(&tree)
            .map(Part)
            .map_err(serde::de::Error::custom)
    }
}

struct Growing;

impl<'de> Visitor<'de> for Growing {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree<'de>, E> {
        Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Tree<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(part) = parts.next_element()? {
            list.push(part);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Tree<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = parts.next_key()? {
            members.push((name, parts.next_value()?));
        }
        Ok(Tree::Object(members))
    }
}

/// A member's name, borrowed where it stands in the text without an escape.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::{Error, Tree, from_value, parse, read};

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Record {
        name: String,
        version: i64,
        share: f64,
        kind: Kind,
        parts: Vec<Piece>,
        more: BTreeMap<String, Option<u8>>,
        any: serde_json::Value,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        #[default]
        Small,
        Large {
            by: u32,
        },
        Named(String),
        Pair(u8, u8),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Piece {
        count: u32,
        size: Size,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Size(u16);

    fn refused(text: &str) -> String {
        match read::<Record>(text.as_bytes()) {
            Err(Error::Unfit(unfit)) => unfit.to_string(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            "{}",
            r#"{"name":"甲\n","version":-3,"share":0.25,"kind":"small"}"#,
            r#"{"kind":{"large":{"by":7}},"parts":[{"count":1,"size":2}]}"#,
            r#"{"kind":{"named":"a\u00e9"},"more":{"a":1,"b":null}}"#,
            r#"{"kind":{"pair":[1,2]},"share":4,"any":{"x":[1,2.5,"z",null,true]}}"#,
        ] {
            let expected: Record = serde_json::from_str(text).expect("serde_json reads it");
            assert_eq!(read::<Record>(text.as_bytes()), Ok(expected), "{text}");
            let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(
                from_value::<Record>(&value),
                read(text.as_bytes()).map_err(|_| unreachable!())
            );
        }
    }

    #[test]
    fn a_refusal_names_the_place() {
        for (text, said) in [
            (
                r#"{"parts":[{"count":1,"size":2},{"count":"x"}]}"#,
                "parts.1.count：invalid type: string \"x\", expected u32",
            ),
            (
                r#"{"parts":[{"count":1}]}"#,
                "parts.0：missing field `size`",
            ),
            (
                r#"{"parts":[{"count":1,"size":70000}]}"#,
                "parts.0.size：invalid value: integer `70000`, expected u16",
            ),
            (
                r#"{"parts":[[1,2]]}"#,
                "parts.0：invalid type: sequence, expected struct Piece",
            ),
            (
                r#"{"more":{"a":300}}"#,
                "more.a：invalid value: integer `300`, expected u8",
            ),
            (r#"{"version":1,"version":2}"#, "duplicate field `version`"),
            (
                r#"{"kind":{"large":{"by":1},"named":"x"}}"#,
                "kind：invalid value: map, expected map with a single key",
            ),
            (
                r#"{"kind":{"large":{"by":-1}}}"#,
                "kind.large.by：invalid value: integer `-1`, expected u32",
            ),
            (
                r#"{"kind":{"small":3}}"#,
                "kind.small：invalid type: integer `3`, expected unit",
            ),
            (
                r#"{"kind":3}"#,
                "kind：invalid type: integer `3`, expected enum Kind",
            ),
        ] {
            assert_eq!(refused(text), said, "{text}");
        }
        assert!(refused(r#"{"nmae":1}"#).starts_with("nmae：unknown field"));
        assert!(refused(r#"{"kind":"huge"}"#).starts_with("kind：unknown variant"));
    }

    #[test]
    fn a_whole_number_with_a_fraction_of_zero_is_an_integer() {
        let record: Record = read(br#"{"version":204.0}"#).expect("an integer");
        assert_eq!(record.version, 204);
        assert!(read::<Record>(br#"{"version":204.5}"#).is_err());
        assert!(read::<Record>(br#"{"version":1e300}"#).is_err());
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for text in ["", "{", "{\"parts\":[]} x", "{\"name\":\"\u{1}\"}", "nul"] {
            assert!(
                matches!(
                    read::<Record>(text.as_bytes()),
                    Err(Error::Malformed { line: 1, .. })
                ),
                "{text}"
            );
        }
        assert!(read::<Record>(b"{\"name\":\"\xff\"}").is_err());
        let deep = "[".repeat(100_000);
        assert!(matches!(
            parse(deep.as_bytes()),
            Err(Error::Malformed { .. })
        ));
    }

    #[test]
    fn a_tree_keeps_what_was_written() {
        let tree = parse(br#"{"b":1,"a":[true],"b":"\u0061"}"#).expect("JSON");
        let expected = Tree::Object(vec![
            ("b".into(), Tree::Number(1.into())),
            ("a".into(), Tree::List(vec![Tree::Bool(true)])),
            ("b".into(), Tree::Text("a".into())),
        ]);
        assert_eq!(tree, expected);
    }
}
