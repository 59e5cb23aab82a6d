//! One operation of the JSON API, described as data: the OpenAPI document is made from it.
//!
//! Statuses that follow from the shape of an operation (401 where somebody must be signed in, 415 where there
//! is a body, 429 always …) are added by the document itself; name with [`Operation::problems`] what only the
//! handler knows, such as 409.

use axum::http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::access::Access;

/// Makes the schema of one type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// An operation under `/api/`.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    /// `<verb>_<resource>`, unique.
    pub id: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    pub tag: &'static str,
    pub access: Access,
    pub(crate) path_schema: Option<SchemaOf>,
    pub(crate) query: Option<SchemaOf>,
    pub(crate) body: Option<Body>,
    pub(crate) answers: Vec<Good>,
    pub(crate) problems: Vec<u16>,
    /// Takes `Idempotency-Key`.
    pub(crate) idempotent: bool,
}

/// What is sent in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    Json(SchemaOf),
    /// multipart/form-data with files.
    Files,
}

/// An answer of the good kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Good {
    pub(crate) status: u16,
    pub(crate) schema: Option<SchemaOf>,
    pub(crate) media_type: &'static str,
}

impl Operation {
    pub fn get(path: &'static str, id: &'static str) -> Operation {
        Operation::new(Method::GET, path, id)
    }

    /// Every POST takes an idempotency key; the handler has `web::Idempotency` among its arguments.
    pub fn post(path: &'static str, id: &'static str) -> Operation {
        Operation::new(Method::POST, path, id)
    }

    pub fn put(path: &'static str, id: &'static str) -> Operation {
        Operation::new(Method::PUT, path, id)
    }

    pub fn delete(path: &'static str, id: &'static str) -> Operation {
        Operation::new(Method::DELETE, path, id)
    }

    fn new(method: Method, path: &'static str, id: &'static str) -> Operation {
        let idempotent = method == Method::POST;
        Operation {
            method,
            path,
            id,
            summary: "",
            description: "",
            tag: "",
            access: Access::SignedIn,
            path_schema: None,
            query: None,
            body: None,
            answers: Vec::new(),
            problems: Vec::new(),
            idempotent,
        }
    }

    #[must_use]
    pub fn summary(mut self, summary: &'static str) -> Operation {
        self.summary = summary;
        self
    }

    #[must_use]
    pub fn description(mut self, description: &'static str) -> Operation {
        self.description = description;
        self
    }

    #[must_use]
    pub fn tag(mut self, tag: &'static str) -> Operation {
        self.tag = tag;
        self
    }

    /// Whoever is signed in, unless said otherwise.
    #[must_use]
    pub fn access(mut self, access: Access) -> Operation {
        self.access = access;
        self
    }

    /// The schema of the path parameters, a struct with a field for each. Without it a parameter named `id` or
    /// `…_id` is an identifier and any other a text.
    #[must_use]
    pub fn path<T: JsonSchema>(mut self) -> Operation {
        self.path_schema = Some(flat::<T>);
        self
    }

    /// The query parameters, a struct.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self) -> Operation {
        self.query = Some(flat::<T>);
        self
    }

    /// The JSON body.
    #[must_use]
    pub fn body<T: JsonSchema>(mut self) -> Operation {
        self.body = Some(Body::Json(referred::<T>));
        self
    }

    /// A multipart body with files.
    #[must_use]
    pub fn files(mut self) -> Operation {
        self.body = Some(Body::Files);
        self
    }

    /// A JSON answer of the good kind.
    #[must_use]
    pub fn ok<T: JsonSchema>(mut self, status: u16) -> Operation {
        self.answers.push(Good {
            status,
            schema: Some(referred::<T>),
            media_type: "application/json",
        });
        self
    }

    /// An answer without a body: 204.
    #[must_use]
    pub fn ok_empty(mut self) -> Operation {
        self.answers.push(Good {
            status: 204,
            schema: None,
            media_type: "",
        });
        self
    }

    /// An answer that is a file of the given type, e.g. `text/csv`.
    #[must_use]
    pub fn ok_file(mut self, media_type: &'static str) -> Operation {
        self.answers.push(Good {
            status: 200,
            schema: None,
            media_type,
        });
        self
    }

    /// Refusals that only the handler knows of.
    #[must_use]
    pub fn problems(mut self, statuses: &[u16]) -> Operation {
        self.problems.extend_from_slice(statuses);
        self
    }
}

fn referred<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Parameters are listed one by one, so their struct is taken as it is, not by reference.
fn flat<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}
