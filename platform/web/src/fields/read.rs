//! Reading pairs into a struct: a serde deserializer over names and their values.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::Mismatch;

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
pub(super) struct Form {
    groups: std::vec::IntoIter<(String, Vec<String>)>,
    current: Option<(String, Vec<String>)>,
    blank_is_none: bool,
}

impl Form {
    pub(super) fn new(pairs: Vec<(String, String)>, blank_is_none: bool) -> Form {
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
