//! The OpenAPI 3.1 document, made from the route tables and the types' own schemas.
//!
//! Every status an operation can really answer is listed: what follows from its shape is added here, so a
//! handler's author names only what the handler alone knows.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use bytes::Bytes;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::access::Access;
use crate::answer::ProblemBody;
use crate::app::Config;
use crate::operation::{Body, Operation};
use crate::routes::RouteInfo;

/// The document, and what the readable page is made from.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) value: Value,
    pub(crate) text: Bytes,
    access: BTreeMap<&'static str, Access>,
}

impl Document {
    /// # Panics
    /// Where an operation id is used twice.
    pub(crate) fn new(config: &Config, table: &[RouteInfo]) -> Document {
        let operations: Vec<&Operation> = table
            .iter()
            .filter_map(|route| route.operation.as_ref())
            .collect();
        let mut access = BTreeMap::new();
        for operation in &operations {
            let before = access.insert(operation.id, operation.access);
            assert!(
                before.is_none(),
                "the operation id {} is used twice",
                operation.id
            );
        }
        let value = document(config, &operations);
        let text = serde_json::to_vec(&value).expect("a document of plain values");
        Document {
            value,
            text: text.into(),
            access,
        }
    }

    pub(crate) fn access(&self, operation_id: &str) -> Option<Access> {
        self.access.get(operation_id).copied()
    }
}

/// Types as they are sent in and as they are sent out may differ; each direction has its own generator.
struct Schemas {
    sent_in: SchemaGenerator,
    sent_out: SchemaGenerator,
}

impl Schemas {
    fn new() -> Schemas {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Schemas {
            sent_in: settings().for_deserialize().into_generator(),
            sent_out: settings().for_serialize().into_generator(),
        }
    }

    /// All named schemas. A type that differs by direction keeps its name on the way out and is called
    /// `<Name>Input` on the way in; the document's references are rewritten accordingly.
    fn finish(mut self, paths: &mut Value) -> Map<String, Value> {
        let mut all = self.sent_out.take_definitions(true);
        let mut inputs = self.sent_in.take_definitions(true);
        let renamed = differing(&all, &inputs);
        for schema in inputs.values_mut() {
            rename(schema, &renamed);
        }
        if let Some(paths) = paths.as_object_mut() {
            for item in paths.values_mut() {
                rename_inputs(item, &renamed);
            }
        }
        for (name, schema) in inputs {
            let name = renamed.get(&name).cloned().unwrap_or(name);
            all.insert(name, schema);
        }
        all
    }
}

/// Names whose schema differs by direction, or that refer to such a one, with their new names.
fn differing(
    sent_out: &Map<String, Value>,
    sent_in: &Map<String, Value>,
) -> BTreeMap<String, String> {
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let before = renamed.len();
        for (name, schema) in sent_in {
            let Some(other) = sent_out.get(name) else {
                continue;
            };
            let mut changed = schema.clone();
            rename(&mut changed, &renamed);
            if &changed != other {
                renamed.insert(name.clone(), format!("{name}Input"));
            }
        }
        if renamed.len() == before {
            return renamed;
        }
    }
}

const REFERENCE: &str = "#/components/schemas/";

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value.as_str().and_then(|text| text.strip_prefix(REFERENCE)) {
                    Some(name) if key == "$ref" => {
                        if let Some(new) = names.get(name) {
                            *value = Value::String(format!("{REFERENCE}{new}"));
                        }
                    }
                    _ => rename(value, names),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                rename(value, names);
            }
        }
        _ => {}
    }
}

/// Only what is sent in: parameters and request bodies.
fn rename_inputs(item: &mut Value, names: &BTreeMap<String, String>) {
    let Some(operations) = item.as_object_mut() else {
        return;
    };
    for operation in operations.values_mut() {
        for part in ["parameters", "requestBody"] {
            if let Some(part) = operation.get_mut(part) {
                rename(part, names);
            }
        }
    }
}

fn document(config: &Config, operations: &[&Operation]) -> Value {
    let mut schemas = Schemas::new();
    let problem = schemas.sent_out.subschema_for::<ProblemBody>();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut tags = BTreeSet::new();
    for operation in operations {
        if !operation.tag.is_empty() {
            tags.insert(operation.tag);
        }
        paths.entry(operation.path).or_default().insert(
            operation.method.as_str().to_ascii_lowercase(),
            describe(operation, &mut schemas),
        );
    }
    let mut paths = json!(paths);
    let schemas = schemas.finish(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("{} 开放接口", config.place),
            "version": "1",
            "description": "错误一律为 application/problem+json，code 字段稳定不变，含义见 /problems/{code}。\
                            POST 请求必须带 Idempotency-Key，重试时用同一个值。列表用 cursor 逐页读取。\
                            任何请求在繁忙时都可能得到 429，请按 Retry-After 重试。",
        },
        "servers": [{ "url": config.public_url }],
        "tags": tags.into_iter().map(|tag| json!({ "name": tag })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "登录接口或管理员签发的令牌",
                },
            },
            "responses": {
                "problem": {
                    "description": "没有办成的原因",
                    "headers": {
                        "Retry-After": {
                            "description": "多少秒后可以重试",
                            "schema": { "type": "integer", "minimum": 0 },
                        },
                    },
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut value = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters(operation, schemas),
        "responses": responses(operation, schemas),
    });
    let object = value.as_object_mut().expect("an object was just made");
    if !operation.description.is_empty() {
        object.insert("description".to_owned(), json!(operation.description));
    }
    if !operation.tag.is_empty() {
        object.insert("tags".to_owned(), json!([operation.tag]));
    }
    let security = if operation.access == Access::Public {
        json!([])
    } else {
        json!([{ "bearer": [] }])
    };
    object.insert("security".to_owned(), security);
    match operation.body {
        Some(Body::Json(schema)) => {
            let schema = schema(&mut schemas.sent_in);
            let body = json!({
                "required": true,
                "content": { "application/json": { "schema": schema } },
            });
            object.insert("requestBody".to_owned(), body);
        }
        Some(Body::Files) => {
            let body = json!({
                "required": true,
                "content": { "multipart/form-data": { "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": { "file": { "type": "string", "contentMediaType": "application/octet-stream" } },
                } } },
            });
            object.insert("requestBody".to_owned(), body);
        }
        None => {}
    }
    value
}

fn parameters(operation: &Operation, schemas: &mut Schemas) -> Vec<Value> {
    let known = operation
        .path_schema
        .map(|schema| properties(&schema(&mut schemas.sent_in).to_value()))
        .unwrap_or_default();
    let mut list: Vec<Value> = path_names(operation.path)
        .map(|name| {
            let schema = known
                .iter()
                .find(|property| property.name == name)
                .map_or_else(|| path_schema(name), |property| property.schema.clone());
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if let Some(query) = operation.query {
        for mut property in properties(&query(&mut schemas.sent_in).to_value()) {
            property.drop_null();
            let mut parameter = json!({
                "name": property.name,
                "in": "query",
                "required": property.required,
                "schema": property.schema,
            });
            if let Some(description) = property.description {
                parameter["description"] = json!(description);
            }
            list.push(parameter);
        }
    }
    if operation.idempotent {
        list.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "这次请求的唯一标识，建议用 UUIDv7；同一个值重发得到同一个答复",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": crate::once::KEY_CHARS_MAX,
                "pattern": "^[!-~]{1,64}$",
            },
        }));
    }
    list
}

/// `{name}` and `{*name}` of a path.
fn path_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| {
        part.strip_prefix('{')?
            .strip_suffix('}')
            .map(|name| name.trim_start_matches('*'))
    })
}

fn path_schema(name: &str) -> Value {
    if name == "id" || name.ends_with("_id") {
        json!({ "type": "string", "format": "uuid" })
    } else {
        json!({ "type": "string", "minLength": 1 })
    }
}

struct Property {
    name: String,
    schema: Value,
    required: bool,
    description: Option<String>,
}

impl Property {
    /// A parameter that may be absent is absent, never null.
    fn drop_null(&mut self) {
        if let Some(Value::Array(types)) = self.schema.get_mut("type") {
            types.retain(|word| word != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                self.schema["type"] = only;
            }
        }
        if let Some(Value::Array(choices)) = self.schema.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type") != Some(&json!("null")));
            if let [only] = choices.as_slice() {
                self.schema = only.clone();
            }
        }
        if let Some(object) = self.schema.as_object_mut()
            && object.get("default") == Some(&Value::Null)
        {
            object.remove("default");
        }
    }
}

fn properties(schema: &Value) -> Vec<Property> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    properties
        .iter()
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            let description = schema
                .as_object_mut()
                .and_then(|object| object.remove("description"))
                .and_then(|text| text.as_str().map(str::to_owned));
            Property {
                name: name.clone(),
                schema,
                required: required.contains(&name.as_str()),
                description,
            }
        })
        .collect()
}

fn responses(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut all = Map::new();
    for good in &operation.answers {
        let mut answer = json!({ "description": "成功" });
        if !good.media_type.is_empty() {
            let schema = match good.schema {
                Some(schema) => schema(&mut schemas.sent_out).to_value(),
                None => json!({ "type": "string" }),
            };
            answer["content"] = json!({ good.media_type: { "schema": schema } });
        }
        if operation.idempotent {
            answer["headers"] = json!({
                "Idempotency-Replayed": {
                    "description": "true 表示这是先前同一请求的答复",
                    "schema": { "type": "string", "enum": ["true"] },
                },
            });
        }
        all.insert(good.status.to_string(), answer);
    }
    for status in statuses(operation) {
        all.insert(
            status.to_string(),
            json!({ "$ref": "#/components/responses/problem" }),
        );
    }
    Value::Object(all)
}

/// Every refusal the operation can answer.
fn statuses(operation: &Operation) -> BTreeSet<u16> {
    // Full, broken or closing: any request. A bad `Authorization` header: any request.
    let mut all = BTreeSet::from([401, 429, 500, 503]);
    all.extend(operation.problems.iter().copied());
    match operation.access {
        Access::Public | Access::SignedIn => {}
        Access::Person | Access::Staff | Access::Permission(_) => {
            all.insert(403);
        }
        Access::Owner => {
            all.insert(403);
            all.insert(404);
        }
    }
    if path_names(operation.path).next().is_some() {
        all.insert(404);
    }
    if operation.query.is_some() {
        all.insert(400);
    }
    if operation.body.is_some() {
        all.extend([400, 408, 413, 415, 422]);
    }
    if operation.idempotent {
        all.extend([400, 409, 422]);
    }
    if operation.method != Method::GET {
        all.insert(409);
    }
    all
}
