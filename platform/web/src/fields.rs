//! Name/value pairs of a form or a query string, and reading them into a plain struct.
//!
//! An empty value is `None` for an `Option`; repeated names fill a `Vec`; a scalar given twice is refused.
//! A field whose type can be missing needs `Option` or `#[serde(default)]`, as with any serde format.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

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

impl Mismatch {
    fn of(message: impl fmt::Display) -> Mismatch {
        Mismatch {
            field: String::new(),
            message: message.to_string(),
        }
    }

    fn in_field(mut self, field: &str) -> Mismatch {
        if self.field.is_empty() {
            field.clone_into(&mut self.field);
        }
        self
    }
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Mismatch {
        Mismatch::of(message)
    }

    fn missing_field(field: &'static str) -> Mismatch {
        Mismatch::of("缺少这一项").in_field(field)
    }

    fn unknown_field(field: &str, _expected: &'static [&'static str]) -> Mismatch {
        Mismatch::of("没有这一项").in_field(&field.chars().take(100).collect::<String>())
    }

    fn duplicate_field(field: &'static str) -> Mismatch {
        Mismatch::of("只能填写一次").in_field(field)
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Mismatch {
        Mismatch::of(format_args!("只能是 {} 之一", expected.join("、")))
    }
}

/// The whole: a map from names to their values, names in the order of their first appearance.
struct Form {
    groups: std::vec::IntoIter<(String, Vec<String>)>,
    current: Option<(String, Vec<String>)>,
    blank_is_none: bool,
}

impl Form {
    fn new(pairs: Vec<(String, String)>, blank_is_none: bool) -> Form {
        let mut groups: Vec<(String, Vec<String>)> = Vec::with_capacity(pairs.len());
        let mut places = std::collections::HashMap::with_capacity(pairs.len());
        for (name, value) in pairs {
            if let Some(place) = places.get(&name) {
                let (_, values): &mut (String, Vec<String>) = &mut groups[*place];
                values.push(value);
            } else {
                places.insert(name.clone(), groups.len());
                groups.push((name, vec![value]));
            }
        }
        Form {
            groups: groups.into_iter(),
            current: None,
            blank_is_none,
        }
    }
}

impl<'de> Deserializer<'de> for Form {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_map(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Form {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        self.current = self.groups.next();
        match &self.current {
            Some((name, _)) => {
                let name: StrDeserializer<'_, Mismatch> = name.as_str().into_deserializer();
                seed.deserialize(name).map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let (name, values) = self
            .current
            .take()
            .ok_or_else(|| Mismatch::of("value without a name"))?;
        let values = Values {
            given: values,
            blank_is_none: self.blank_is_none,
        };
        seed.deserialize(values)
            .map_err(|mismatch| mismatch.in_field(&name))
    }
}

/// Everything given for one name.
struct Values {
    given: Vec<String>,
    blank_is_none: bool,
}

impl Values {
    fn one(self) -> Result<String, Mismatch> {
        let mut values = self.given.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(Mismatch::of("缺少这一项")),
            (Some(_), Some(_)) => Err(Mismatch::of("只能填写一次")),
        }
    }

    fn is_blank(&self) -> bool {
        self.blank_is_none && self.given.iter().all(|value| value.trim().is_empty())
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            let value = self.one()?;
            let digits = value.trim();
            let number: $type = match digits.parse() {
                Ok(number) if !digits.starts_with('+') => number,
                _ => return Err(Mismatch::of("请填写数字")),
            };
            visitor.$visit(number)
        }
    )+};
}

impl<'de> Deserializer<'de> for Values {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.given.len() > 1 {
            return self.deserialize_seq(visitor);
        }
        visitor.visit_string(self.one()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let value = self.one()?;
        match value.trim() {
            "true" | "1" | "on" | "yes" => visitor.visit_bool(true),
            "false" | "0" | "off" | "no" | "" => visitor.visit_bool(false),
            _ => Err(Mismatch::of("只能是 true 或 false")),
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_string(self.one()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_string(self.one()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_string(self.one()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.is_blank() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_seq(Each {
            rest: self.given.into_iter(),
            blank_is_none: self.blank_is_none,
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_enum(Word(self.one()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bytes byte_buf unit_struct tuple tuple_struct map struct identifier
    }
}

struct Each {
    rest: std::vec::IntoIter<String>,
    blank_is_none: bool,
}

impl<'de> SeqAccess<'de> for Each {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        match self.rest.next() {
            Some(value) => {
                let values = Values {
                    given: vec![value],
                    blank_is_none: self.blank_is_none,
                };
                seed.deserialize(values).map(Some)
            }
            None => Ok(None),
        }
    }
}

/// A choice, given by its word.
struct Word(String);

impl<'de> EnumAccess<'de> for Word {
    type Error = Mismatch;
    type Variant = Plain;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Plain), Mismatch> {
        let word: StrDeserializer<'_, Mismatch> = self.0.trim().into_deserializer();
        Ok((seed.deserialize(word)?, Plain))
    }
}

/// Choices in forms carry nothing.
struct Plain;

impl<'de> VariantAccess<'de> for Plain {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Mismatch> {
        Err(Mismatch::of("a choice in a form carries no content"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Mismatch> {
        Err(Mismatch::of("a choice in a form carries no content"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Mismatch> {
        Err(Mismatch::of("a choice in a form carries no content"))
    }
}

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
