//! A [`Tree`] as what serde reads types from.

use std::borrow::Cow;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_json::Number;

use super::{Tree, Unfit};

/// Up to here every whole `f64` is exactly one integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads what stands there, whatever it is.
macro_rules! as_it_stands {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            self.deserialize_any(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for &'de Tree<'_> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(yes) => visitor.visit_bool(*yes),
            Tree::Number(number) => visit_number(number, visitor),
            Tree::Text(text) => visitor.visit_borrowed_str(text),
            Tree::List(list) => visit_list(list, visitor),
            Tree::Object(members) => visitor.visit_map(Members::of(members)),
        }
    }

    as_it_stands! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_seq deserialize_map deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        match self {
            Tree::Object(members) => visitor.visit_map(Members::of(members)),
            _ => Err(Unfit::invalid_type(self.unexpected(), &visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        match self {
            Tree::Text(name) => visitor.visit_enum(Chosen { name, with: None }),
            Tree::Object(members) => match &members[..] {
                [(name, with)] => visitor.visit_enum(Chosen {
                    name,
                    with: Some(with),
                }),
                _ => Err(Unfit::invalid_value(
                    Unexpected::Map,
                    &"map with a single key",
                )),
            },
            _ => Err(Unfit::invalid_type(self.unexpected(), &visitor)),
        }
    }
}

impl Tree<'_> {
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Tree::Null => Unexpected::Unit,
            Tree::Bool(yes) => Unexpected::Bool(*yes),
            Tree::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => Unexpected::Unsigned(value),
                (_, Some(value), _) => Unexpected::Signed(value),
                (_, _, value) => Unexpected::Float(value.unwrap_or(f64::NAN)),
            },
            Tree::Text(text) => Unexpected::Str(text),
            Tree::List(_) => Unexpected::Seq,
            Tree::Object(_) => Unexpected::Map,
        }
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Unfit> {
    if let Some(value) = number.as_u64() {
        return visitor.visit_u64(value);
    }
    if let Some(value) = number.as_i64() {
        return visitor.visit_i64(value);
    }
    let value = number.as_f64().unwrap_or(f64::NAN);
    if value.fract() == 0.0 && value.abs() <= EXACT {
        visitor.visit_i64(value as i64)
    } else {
        visitor.visit_f64(value)
    }
}

fn visit_list<'de, V: Visitor<'de>>(list: &'de [Tree<'_>], visitor: V) -> Result<V::Value, Unfit> {
    let mut parts = Parts { list, seen: 0 };
    let value = visitor.visit_seq(&mut parts)?;
    if parts.seen < list.len() {
        return Err(Unfit::invalid_length(
            list.len(),
            &"fewer elements in array",
        ));
    }
    Ok(value)
}

/// The parts of a list, one after the other.
struct Parts<'de, 't> {
    list: &'de [Tree<'t>],
    seen: usize,
}

impl<'de> SeqAccess<'de> for &mut Parts<'de, '_> {
    type Error = Unfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unfit> {
        let at = self.seen;
        let Some(part) = self.list.get(at) else {
            return Ok(None);
        };
        self.seen += 1;
        match seed.deserialize(part) {
            Ok(value) => Ok(Some(value)),
            Err(unfit) => Err(unfit.within(at)),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.list.len() - self.seen)
    }
}

type Member<'t> = (Cow<'t, str>, Tree<'t>);

/// The members of an object, one after the other.
struct Members<'de, 't> {
    rest: std::slice::Iter<'de, Member<'t>>,
    /// Whose name was read last.
    last: Option<&'de Member<'t>>,
}

impl<'de, 't> Members<'de, 't> {
    fn of(members: &'de [Member<'t>]) -> Members<'de, 't> {
        Members {
            rest: members.iter(),
            last: None,
        }
    }
}

impl<'de> MapAccess<'de> for Members<'de, '_> {
    type Error = Unfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unfit> {
        self.last = self.rest.next();
        let Some((name, _)) = self.last else {
            return Ok(None);
        };
        match seed.deserialize(Name(name)) {
            Ok(value) => Ok(Some(value)),
            Err(unfit) => Err(unfit.within(name)),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Unfit> {
        let Some((name, value)) = self.last else {
            return Err(Unfit::custom("a value is asked for before its name"));
        };
        seed.deserialize(value).map_err(|unfit| unfit.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// One of an enum's variants, alone or with what it holds.
struct Chosen<'de, 't> {
    name: &'de str,
    with: Option<&'de Tree<'t>>,
}

impl<'de> EnumAccess<'de> for Chosen<'de, '_> {
    type Error = Unfit;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Unfit> {
        Ok((seed.deserialize(Name(self.name))?, self))
    }
}

impl<'de, 't> Chosen<'de, 't> {
    fn held(&self, wanted: &str) -> Result<&'de Tree<'t>, Unfit> {
        self.with
            .ok_or_else(|| Unfit::invalid_type(Unexpected::UnitVariant, &wanted))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'de, '_> {
    type Error = Unfit;

    fn unit_variant(self) -> Result<(), Unfit> {
        match self.with {
            None | Some(Tree::Null) => Ok(()),
            Some(other) => {
                let unfit = Unfit::invalid_type(other.unexpected(), &"unit");
                Err(unfit.within(self.name))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unfit> {
        seed.deserialize(self.held("newtype variant")?)
            .map_err(|unfit| unfit.within(self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Unfit> {
        self.held("tuple variant")?
            .deserialize_tuple(len, visitor)
            .map_err(|unfit| unfit.within(self.name))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.held("struct variant")?
            .deserialize_struct("", fields, visitor)
            .map_err(|unfit| unfit.within(self.name))
    }
}

/// A member's or a variant's name.
struct Name<'de>(&'de str);

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_enum(Chosen {
            name: self.0,
            with: None,
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
