//! Schemas of the small types that API bodies share: `#[schemars(with = "web::schema::Id")]`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident $word:literal $schema:tt;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed($word)
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

texts! {
    /// Any identifier of `base::ids`.
    Id "Id" { "type": "string", "format": "uuid" };
    /// `jiff::civil::Date`.
    Day "Day" { "type": "string", "format": "date" };
    /// `jiff::Timestamp`.
    Instant "Instant" { "type": "string", "format": "date-time" };
    /// A cursor of [`crate::cursor`].
    Cursor "Cursor" { "type": "string", "minLength": 1, "maxLength": 2000 };
}
