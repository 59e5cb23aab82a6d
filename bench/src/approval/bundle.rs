//! A bundle of five items submitted over HTTP by one client: the whole and its five parts are on disk when it answers.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use catalog::model::{FieldKind, Form};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answers;
use crate::city::{City, Wanted};
use crate::http::{Client, Request};
use crate::report::{Engine, Latencies};
use crate::visitor;

/// 开餐饮店: five items of four bodies.
const BUNDLE: &str = "restaurant";
const ITEMS: usize = 5;
/// Submissions before measuring, and measured.
const WARM_UP: usize = 20;
const MEASURED: usize = 300;

/// A document that says nothing.
const PDF: &str =
    "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";
const BOUNDARY: &str = "tongban-bench-boundary";

/// What the one form asks.
#[derive(Deserialize)]
struct Asked {
    items: Vec<Value>,
    form: Form,
    materials: Vec<Paper>,
}

#[derive(Deserialize)]
struct Paper {
    key: String,
    necessity: String,
    source_channel: String,
    shared_via: String,
}

/// Milliseconds of half of the submissions.
pub(super) fn p50_ms() -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure())
}

async fn measure() -> anyhow::Result<f64> {
    let wanted = Wanted {
        cases: 0,
        data: None,
    };
    let city = City::open(&wanted, Engine::Sqlite, None).await?;
    let cast = city.cast(1).await?;
    let server = city.serve()?;
    let citizen = &cast.citizens[0];
    let token = visitor::token(server.address, &citizen.login).await?;
    let mut client = Client::new(server.address);
    let target = format!("/api/v1/bundles/{BUNDLE}/form");
    let answer = client.send(Request::get(&target, &[&token])).await?;
    ensure!(answer.status == 200, "{target}: {}", client.excerpt());
    let asked: Asked = serde_json::from_slice(client.body()).context("the one form")?;
    ensure!(asked.items.len() == ITEMS, "{} items", asked.items.len());
    let digest = upload(&mut client, &token).await?;
    let body = application(&asked, &citizen.name, &digest).to_string();
    let target = format!("/api/v1/bundles/{BUNDLE}/cases");
    let run = visitor::label();
    let mut latencies = Latencies::new();
    for number in 0..WARM_UP + MEASURED {
        let key = format!("Idempotency-Key: {run}-{number}");
        let began = Instant::now();
        let answer = client
            .send(Request {
                method: "POST",
                target: &target,
                headers: &[&token, &key],
                body: Some(("application/json", body.as_bytes())),
            })
            .await?;
        let took = began.elapsed();
        ensure!(
            answer.status == 201,
            "{}: {}",
            answer.status,
            client.excerpt()
        );
        if number >= WARM_UP {
            latencies.record(took);
        }
    }
    server.kill()?;
    // Everything acknowledged is there although the server was killed.
    let counts = city.counts().await?;
    let filed = (WARM_UP + MEASURED) * (ITEMS + 1);
    ensure!(
        counts.cases - cast.counts.cases == filed as u64,
        "{} of {filed} cases are there",
        counts.cases - cast.counts.cases
    );
    city.remove().await?;
    latencies.quantile_ms(0.5).context("nothing was measured")
}

/// Uploads one small document; its digest.
async fn upload(client: &mut Client, token: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Files {
        files: Vec<Uploaded>,
    }
    #[derive(Deserialize)]
    struct Uploaded {
        digest: String,
    }
    let body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"paper.pdf\"\r\n\
         content-type: application/pdf\r\n\r\n{PDF}\r\n--{BOUNDARY}--\r\n"
    );
    let key = format!("Idempotency-Key: {}", visitor::label());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let answer = client
        .send(Request {
            method: "POST",
            target: "/api/v1/files",
            headers: &[token, key.as_str()],
            body: Some((kind.as_str(), body.as_bytes())),
        })
        .await?;
    ensure!(answer.status == 201, "the document: {}", client.excerpt());
    let kept: Files = serde_json::from_slice(client.body()).context("what was kept")?;
    let first = kept.files.into_iter().next();
    Ok(first.context("one document")?.digest)
}

/// Everything filled in, the document for every paper that has to be there.
fn application(asked: &Asked, name: &str, digest: &str) -> Value {
    let mut given = answers::of(&asked.form);
    for field in asked.form.fields() {
        if field.kind == FieldKind::Signature {
            let signed = json!({ "name": name, "confirmed": true });
            given.insert(field.key.clone(), signed);
        }
    }
    let materials: Vec<Value> = asked
        .materials
        .iter()
        .filter(|paper| {
            let shared = paper.source_channel == "government" && !paper.shared_via.is_empty();
            paper.necessity == "required" && !shared
        })
        .map(|paper| json!({ "key": paper.key, "files": [digest] }))
        .collect();
    json!({ "application": { "answers": given, "materials": materials } })
}
