//! The API's document and its readable pages: all operations in one list, and each area with what its operations take
//! and give.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::access::Access;
use crate::extract::Query;
use crate::openapi::Document;
use crate::problem::{Problem, Result};
use crate::render::render;
use crate::server::Served;
use crate::visit::Visit;

pub(crate) async fn document(State(served): State<Served>) -> Response {
    let mut response = served.document.text.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[derive(Template)]
#[template(path = "pages/api_docs.html")]
struct ApiDocs<'a> {
    page: ui::Page,
    /// The area whose operations are told in full; none in the list of all.
    area: Option<&'a str>,
    groups: Vec<Group<'a>>,
    schemas: Vec<(&'a str, String)>,
}

struct Group<'a> {
    name: &'a str,
    operations: Vec<Described<'a>>,
}

struct Described<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    summary: &'a str,
    description: &'a str,
    /// Chinese source string.
    access: &'static str,
    parameters: Vec<Parameter<'a>>,
    body: Option<Sent>,
    answers: Vec<Answered<'a>>,
}

struct Parameter<'a> {
    name: &'a str,
    place: &'static str,
    required: bool,
    schema: String,
    description: &'a str,
}

struct Sent {
    media_type: String,
    schema: String,
}

struct Answered<'a> {
    status: &'a str,
    schema: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    area: Option<String>,
}

pub(crate) async fn page(
    visit: Visit,
    State(served): State<Served>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let document = &served.document;
    let mut groups = groups(document);
    let mut schemas = Vec::new();
    let mut area = None;
    if let Some(wanted) = asked.area {
        groups.retain(|group| group.name == wanted);
        let group = groups
            .first()
            .ok_or_else(|| Problem::not_found("没有这一类接口，请从接口目录里选"))?;
        area = Some(group.name);
        schemas = spoken_of(&document.value, group.name)
            .into_iter()
            .filter_map(|name| {
                let schema = document.value["components"]["schemas"].get(name)?;
                Some((name, pretty(schema)))
            })
            .collect();
    }
    let template = ApiDocs {
        page: visit.page("开放接口"),
        area,
        groups,
        schemas,
    };
    Ok(render(&visit, template))
}

/// The structures that operations of this area speak of, and those that these speak of.
fn spoken_of<'a>(document: &'a Value, area: &str) -> BTreeSet<&'a str> {
    let mut left: Vec<&Value> = entries(&document["paths"])
        .flat_map(|(_, item)| entries(item))
        .map(|(_, operation)| operation)
        .filter(|operation| operation["tags"][0] == area)
        .collect();
    let mut names = BTreeSet::new();
    while let Some(value) = left.pop() {
        match value {
            Value::Object(map) => {
                let named = map.get("$ref").and_then(Value::as_str);
                if let Some(name) = named.and_then(|path| path.rsplit('/').next())
                    && names.insert(name)
                {
                    left.push(&document["components"]["schemas"][name]);
                }
                left.extend(map.values());
            }
            Value::Array(values) => left.extend(values),
            _ => {}
        }
    }
    names
}

fn groups(document: &Document) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (path, item) in entries(&document.value["paths"]) {
        for (method, operation) in entries(item) {
            let tag = operation["tags"][0].as_str().unwrap_or("其他");
            let described = describe(document, path, method, operation);
            match groups.iter_mut().find(|group| group.name == tag) {
                Some(group) => group.operations.push(described),
                None => groups.push(Group {
                    name: tag,
                    operations: vec![described],
                }),
            }
        }
    }
    groups.sort_by(|a, b| a.name.cmp(b.name));
    groups
}

fn describe<'a>(
    document: &Document,
    path: &'a str,
    method: &str,
    operation: &'a Value,
) -> Described<'a> {
    let text = |key: &str| operation[key].as_str().unwrap_or_default();
    let id = text("operationId");
    let parameters = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(|parameter| Parameter {
            name: parameter["name"].as_str().unwrap_or_default(),
            place: match parameter["in"].as_str() {
                Some("path") => "地址",
                Some("header") => "请求头",
                _ => "查询条件",
            },
            required: parameter["required"] == true,
            schema: short(&parameter["schema"]),
            description: parameter["description"].as_str().unwrap_or_default(),
        })
        .collect();
    let body = entries(&operation["requestBody"]["content"])
        .next()
        .map(|(media_type, content)| Sent {
            media_type: media_type.to_owned(),
            schema: short(&content["schema"]),
        });
    let answers = entries(&operation["responses"])
        .map(|(status, answer)| Answered {
            status,
            schema: entries(&answer["content"])
                .next()
                .map(|(_, content)| short(&content["schema"]))
                .unwrap_or_default(),
        })
        .collect();
    Described {
        id,
        method: method.to_ascii_uppercase(),
        path,
        summary: text("summary"),
        description: text("description"),
        access: document.access(id).map_or("", needs),
        parameters,
        body,
        answers,
    }
}

/// Who may ask, as a Chinese source string.
fn needs(access: Access) -> &'static str {
    match access {
        Access::Public => "无需登录",
        Access::SignedIn => "登录后",
        Access::Person => "办事人登录",
        Access::Staff => "工作人员登录后",
        Access::Permission(_) => "具有相应权限的工作人员",
        Access::Owner => "本人，或管辖范围内的工作人员",
    }
}

/// The entries of an object; nothing for anything else.
fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

/// A reference by its name, everything else as JSON on one line.
fn short(schema: &Value) -> String {
    match schema["$ref"].as_str() {
        Some(reference) => reference.rsplit('/').next().unwrap_or_default().to_owned(),
        None => schema.to_string(),
    }
}

fn pretty(schema: &Value) -> String {
    serde_json::to_string_pretty(schema).expect("a document of plain values")
}
