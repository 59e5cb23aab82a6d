//! A guide as linked data: a schema.org `GovernmentService`.

use calendar::Unit;
use serde_json::{Map, Value, json};

use super::LICENCE;
use crate::model::{Limit, Published};
use crate::pages::links;
use crate::words;

/// Who offers it.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub name: &'a str,
    pub phone: &'a str,
    pub region: &'a str,
}

/// The item as schema.org understands it; what is not published is left out.
pub fn of(site: &str, published: &Published, body: Body<'_>) -> Value {
    let item = &published.item;
    let url = format!("{site}{}", links::item(published.item_id));
    let phone = if item.consult_phone.is_empty() {
        body.phone
    } else {
        &item.consult_phone
    };
    let operator = object([
        ("@type", json!("GovernmentOrganization")),
        ("name", json!(body.name)),
        ("telephone", json!(body.phone)),
    ]);
    let audience: Vec<&str> = [
        (item.for_people(), "自然人"),
        (item.for_enterprises(), "企业和其他组织"),
    ]
    .into_iter()
    .filter_map(|(served, name)| served.then_some(name))
    .collect();
    let limit = item
        .promised_limit
        .as_ref()
        .or(item.statutory_limit.as_ref())
        .and_then(duration);
    let mut channels: Vec<Value> = Vec::new();
    if item.online() {
        let address = [&item.online_url, &item.mobile_url]
            .into_iter()
            .find(|address| !address.is_empty())
            .map_or_else(
                || format!("{site}{}", links::apply(published.item_id)),
                Clone::clone,
            );
        channels.push(object([
            ("@type", json!("ServiceChannel")),
            ("name", json!("网上办理")),
            ("serviceUrl", json!(address)),
            ("processingTime", json!(limit)),
        ]));
    }
    channels.extend(item.places.iter().map(|place| {
        object([
            ("@type", json!("ServiceChannel")),
            ("name", json!(place.windows)),
            ("processingTime", json!(limit)),
            (
                "serviceLocation",
                object([
                    ("@type", json!("GovernmentOffice")),
                    ("name", json!(place.hall)),
                    ("address", json!(place.address)),
                    ("description", json!(place.hours)),
                ]),
            ),
            (
                "servicePhone",
                object([
                    ("@type", json!("ContactPoint")),
                    ("telephone", json!(phone)),
                ]),
            ),
        ])
    }));
    let offers: Vec<Value> = item
        .fees
        .iter()
        .map(|fee| {
            object([
                ("@type", json!("Offer")),
                ("name", json!(fee.name)),
                ("description", json!(fee.standard)),
            ])
        })
        .collect();
    object([
        ("@context", json!("https://schema.org")),
        ("@type", json!("GovernmentService")),
        ("@id", json!(url)),
        ("url", json!(url)),
        ("name", json!(item.name)),
        ("alternateName", json!(item.aliases)),
        ("description", json!(item.summary)),
        ("identifier", json!(item.impl_code)),
        ("serviceType", json!(words::item_type(&item.item_type))),
        ("serviceOperator", operator),
        (
            "areaServed",
            object([
                ("@type", json!("AdministrativeArea")),
                ("identifier", json!(body.region)),
            ]),
        ),
        (
            "audience",
            Value::Array(
                audience
                    .into_iter()
                    .map(|name| json!({ "@type": "Audience", "audienceType": name }))
                    .collect(),
            ),
        ),
        ("availableChannel", Value::Array(channels)),
        (
            "serviceOutput",
            if item.result.name.is_empty() {
                Value::Null
            } else {
                json!({ "@type": "GovernmentPermit", "name": item.result.name })
            },
        ),
        ("offers", Value::Array(offers)),
        ("isAccessibleForFree", json!(item.fees.is_empty())),
        ("inLanguage", json!("zh-CN")),
        ("license", json!(LICENCE)),
        ("version", json!(published.version)),
        ("dateModified", json!(published.published_at)),
    ])
}

/// An object without its empty members.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    };
    let kept: Map<String, Value> = members
        .into_iter()
        .filter(|(_, value)| !empty(value))
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    Value::Object(kept)
}

/// A limit as an ISO 8601 duration. Working days have none: how long they take depends on the day one asks.
fn duration(limit: &Limit) -> Option<String> {
    let n = limit.n;
    match limit.unit {
        Unit::WorkingDay => None,
        Unit::Minute => Some(format!("PT{n}M")),
        Unit::Hour => Some(format!("PT{n}H")),
        Unit::Day => Some(format!("P{n}D")),
        Unit::Month => Some(format!("P{n}M")),
        Unit::Year => Some(format!("P{n}Y")),
    }
}
