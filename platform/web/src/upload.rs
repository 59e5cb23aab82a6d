//! Files in: multipart forms streamed to the object store, checked while they pass.
//!
//! A file is refused before it is kept if it is too large, one too many, or not of an allowed kind by its bytes.
//! Files of a request that is refused later stay unreferenced and are swept away by the store.

use axum::RequestExt;
use axum::extract::multipart::{Field, Multipart as Parts, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use base::crypto::to_hex;
use futures_util::future::BoxFuture;
use people::SessionKind;

use crate::body;
use crate::csrf;
use crate::fields::{self, Fields, PAIRS_MAX};
use crate::form::{self, KEY_FIELD};
use crate::problem::{Kind, Problem, Result};
use crate::sniff::{Media, Sniffer, clean_name};
use crate::visit::Visit;

/// Longest text field, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// All text fields together, in bytes.
const TEXTS_BYTES_MAX: usize = 256 * 1024;

/// What one request may bring.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub allowed: &'static [Media],
    /// Bytes of one file; the configured limit where not given.
    pub bytes_max: Option<u64>,
    /// Files; the configured limit where not given.
    pub files_max: Option<usize>,
}

impl Rules {
    /// Materials of an application.
    pub const DOCUMENTS: Rules = Rules {
        allowed: Media::DOCUMENTS,
        bytes_max: None,
        files_max: None,
    };
    /// One table to import, at most 10 MiB.
    pub const TABLE: Rules = Rules {
        allowed: Media::TABLES,
        bytes_max: Some(10 * 1024 * 1024),
        files_max: Some(1),
    };
}

/// A file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The form field it came in.
    pub field: String,
    /// SM3 of its bytes: its name in the object store.
    pub digest: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// By content.
    pub media: Media,
    pub media_type: &'static str,
    /// Cleaned; at most 120 characters.
    pub name: String,
}

/// Everything a multipart form held.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The text fields, without `csrf` and `request_key`.
    pub fields: Fields,
    pub files: Vec<Uploaded>,
    /// The first file that could not be taken, with a field entry for each.
    pub refused: Option<Problem>,
}

impl Received {
    fn refuse(&mut self, problem: Problem) {
        match &mut self.refused {
            Some(first) => first.fields.extend(problem.fields),
            None => self.refused = Some(problem),
        }
    }
}

/// A multipart form that has not been read yet. On pages its first part is the `csrf` field, so that nothing
/// of a forged form is kept; scripts may send the header `X-CSRF-Token` instead.
pub struct Multipart {
    parts: Parts,
    visit: Visit,
    /// The token of the header was right, or the API's bearer needs none.
    proven: bool,
}

impl<S: Send + Sync> FromRequest<S> for Multipart {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Multipart> {
        Multipart::of(request).await
    }
}

impl Multipart {
    /// Boxed, as everything here that others await: an async function's body is compiled again in their crates.
    fn of(request: Request) -> BoxFuture<'static, Result<Multipart>> {
        Box::pin(Multipart::begin(request))
    }

    async fn begin(mut request: Request) -> Result<Multipart> {
        let visit = Visit::of(request.extensions())?;
        if body::media_type(request.headers()).as_deref() != Some("multipart/form-data") {
            return Err(body::unsupported("multipart/form-data"));
        }
        let bearer = visit.is_api()
            && visit
                .session
                .as_ref()
                .is_none_or(|session| session.kind == SessionKind::Bearer);
        let mut proven = bearer;
        if !bearer {
            csrf::check_origin(request.headers(), &visit.app.config)?;
            if let Some(token) = form::header(request.headers()) {
                visit.check_csrf(Some(token))?;
                proven = true;
            }
        }
        // Our own limits count per file and while it streams by.
        DefaultBodyLimit::disable().apply(&mut request);
        let parts = request.extract::<Parts, _>().await.map_err(|_| {
            Problem::bad_request(
                "multipart_malformed",
                "上传的内容格式有误，请重新选择文件上传",
            )
        })?;
        Ok(Multipart {
            parts,
            visit,
            proven,
        })
    }

    /// Reads the whole form, keeping its files; the first file that cannot be taken is the answer.
    pub async fn receive(self, rules: &Rules) -> Result<Received> {
        let received = self.receive_all(rules).await?;
        match received.refused {
            Some(problem) => Err(problem),
            None => Ok(received),
        }
    }

    /// Reads the whole form, also past files that cannot be taken ([`Received::refused`]), so that a form can be
    /// shown again with everything that was typed and every file that was good.
    pub fn receive_all(self, rules: &Rules) -> BoxFuture<'_, Result<Received>> {
        Box::pin(self.read(rules))
    }

    async fn read(mut self, rules: &Rules) -> Result<Received> {
        let config = std::sync::Arc::clone(&self.visit.app.config);
        let files_max = rules.files_max.unwrap_or(config.upload_files_max);
        let bytes_max = rules.bytes_max.unwrap_or(config.upload_bytes_max);
        let mut received = Received::default();
        let mut key = None;
        let mut text_bytes = 0;
        loop {
            let next = tokio::time::timeout(config.body_idle_max, self.parts.next_field());
            let Some(field) = next.await.map_err(|_| body::slow())?.map_err(malformed)? else {
                break;
            };
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            if !self.proven && name != csrf::FIELD {
                return Err(csrf::refused());
            }
            if let Some(file_name) = file_name {
                let accept = Accept {
                    visit: &self.visit,
                    rules,
                    bytes_max,
                };
                let file = match accept.file(field, name, &file_name).await {
                    Ok(Some(file)) => file,
                    Ok(None) => continue,
                    Err(problem) if is_about_the_file(&problem) => {
                        received.refuse(problem);
                        continue;
                    }
                    Err(problem) => return Err(problem),
                };
                if received.files.len() == files_max {
                    return Err(too_many(files_max));
                }
                received.files.push(file);
                continue;
            }
            let text = text(field, config.body_idle_max).await?;
            text_bytes += text.len() + name.len();
            if text_bytes > TEXTS_BYTES_MAX || received.fields.len() == PAIRS_MAX {
                return Err(body::too_large(TEXTS_BYTES_MAX as u64));
            }
            match name.as_str() {
                csrf::FIELD if !self.proven => {
                    self.visit.check_csrf(Some(&text))?;
                    self.proven = true;
                }
                csrf::FIELD => {}
                KEY_FIELD => key = Some(text),
                _ => received.fields.push(name, text),
            }
        }
        if !self.proven {
            return Err(csrf::refused());
        }
        self.note(&received, key);
        Ok(received)
    }

    /// What makes this request the same as another one: its texts and its files' contents.
    fn note(&self, received: &Received, key: Option<String>) {
        let mut whole = received.fields.clone();
        for file in &received.files {
            whole.push(&file.field, to_hex(&file.digest));
            whole.push(&file.field, &file.name);
        }
        self.visit.note_form(&whole, key);
    }
}

struct Accept<'a> {
    visit: &'a Visit,
    rules: &'a Rules,
    bytes_max: u64,
}

impl Accept<'_> {
    /// `None` where the person chose no file: browsers then send an empty one without a name.
    async fn file(
        &self,
        mut field: Field<'_>,
        name: String,
        file_name: &str,
    ) -> Result<Option<Uploaded>> {
        let idle = self.visit.app.config.body_idle_max;
        let mut sniffer = Sniffer::default();
        let mut upload = self.visit.app.objects.upload(self.bytes_max);
        loop {
            let next = tokio::time::timeout(idle, field.chunk());
            let Some(chunk) = next.await.map_err(|_| body::slow())?.map_err(malformed)? else {
                break;
            };
            sniffer.see(&chunk);
            if let Err(error) = upload.write(&chunk).await {
                let problem = self.kept_not(error, &name, file_name);
                drop(upload);
                self.pass_over(field, &problem).await?;
                return Err(problem);
            }
        }
        if upload.size() == 0 {
            if file_name.is_empty() {
                return Ok(None);
            }
            let message = format!("文件“{}”是空的，请重新选择", clean_name(file_name));
            return Err(Problem::invalid(name, message));
        }
        let Some(media) = sniffer.verdict(self.rules.allowed) else {
            return Err(self.not_taken(&sniffer, name, file_name));
        };
        let stored = upload.finish().await?;
        Ok(Some(Uploaded {
            field: name,
            digest: stored.digest,
            size: stored.size,
            media,
            media_type: media.media_type(),
            name: clean_name(file_name),
        }))
    }

    /// Reads on to the end of a file that is too large, so that what stands behind it can still be read; gives up
    /// where it is out of all proportion.
    async fn pass_over(&self, mut field: Field<'_>, problem: &Problem) -> Result<()> {
        let idle = self.visit.app.config.body_idle_max;
        let mut passed = 0;
        loop {
            let next = tokio::time::timeout(idle, field.chunk());
            let Some(chunk) = next.await.map_err(|_| body::slow())?.map_err(malformed)? else {
                return Ok(());
            };
            passed += chunk.len() as u64;
            if passed > self.bytes_max {
                return Err(Problem {
                    code: TOO_LARGE_BY_FAR,
                    ..problem.clone()
                });
            }
        }
    }

    fn kept_not(&self, error: store::Error, name: &str, file_name: &str) -> Problem {
        if !matches!(error, store::Error::TooLarge { .. }) {
            return Problem::from(error);
        }
        let message = format!(
            "文件“{}”超过 {} MB，请压缩后再上传",
            clean_name(file_name),
            self.bytes_max / (1024 * 1024)
        );
        Problem::new(Kind::TooLarge, "file_too_large", message.clone()).and_field(name, message)
    }

    fn not_taken(&self, sniffer: &Sniffer, name: String, file_name: &str) -> Problem {
        let found = sniffer
            .guess()
            .map_or_else(String::new, |kind| format!("（实际为 {kind} 文件）"));
        let message = format!(
            "文件“{}”的类型不能上传{found}，请上传 {} 文件",
            clean_name(file_name),
            Media::names(self.rules.allowed)
        );
        Problem::new(Kind::Unsupported, "file_type", message.clone()).and_field(name, message)
    }
}

/// Code of a file that is so large that the rest of the form was not read.
const TOO_LARGE_BY_FAR: &str = "file_too_large_by_far";

/// Whether the form can be read on after this problem: the file was wrong, not the request.
fn is_about_the_file(problem: &Problem) -> bool {
    match problem.kind {
        Kind::Invalid | Kind::Unsupported => true,
        Kind::TooLarge => problem.code == "file_too_large",
        _ => false,
    }
}

async fn text(mut field: Field<'_>, idle: std::time::Duration) -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        let next = tokio::time::timeout(idle, field.chunk());
        let Some(chunk) = next.await.map_err(|_| body::slow())?.map_err(malformed)? else {
            break;
        };
        if bytes.len() + chunk.len() > TEXT_BYTES_MAX {
            return Err(body::too_large(TEXT_BYTES_MAX as u64));
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::bad_request("form_malformed", fields::Malformed::Utf8.to_string()))?;
    fields::clean(&text)
        .map_err(|malformed| Problem::bad_request("form_malformed", malformed.to_string()))?;
    Ok(text)
}

fn too_many(files_max: usize) -> Problem {
    Problem::new(
        Kind::TooLarge,
        "too_many_files",
        format!("一次最多上传 {files_max} 个文件"),
    )
}

fn malformed(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return body::too_large(TEXTS_BYTES_MAX as u64);
    }
    Problem::bad_request(
        "multipart_malformed",
        "上传的内容格式有误或没有传完，请重新上传",
    )
}
