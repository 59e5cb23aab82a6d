//! Sources over HTTP: a time limit for every try, few tries with pauses between them, a breaker, a cache.
//!
//! A question is a POST that changes nothing, so it may be asked again; the number asked about stands in the body,
//! where no log of addresses sees it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use base::crypto::HmacSm3;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use parking_lot::Mutex;
use people::People;
use serde::{Deserialize, Serialize};

use super::Want;
use super::breaker::Breaker;
use super::cache::Cache;
use crate::model::{Failure, Record};

/// Bytes of an answer.
const ANSWER_MAX: usize = 64 * 1024;
/// Records in an answer.
const RECORDS_MAX: usize = 8;
/// Before the second try; doubled before each further one.
const PAUSE: Duration = Duration::from_millis(60);
/// Idle connections kept to each source.
const IDLE_MAX: usize = 32;
/// Longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// The question on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub struct Question {
    pub subject: String,
    pub fields: Vec<String>,
    pub purpose: String,
    pub legal_basis: String,
}

/// The answer on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub records: Vec<Record>,
}

type Plain = Client<HttpConnector, Full<Bytes>>;
type Secure = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Asks HTTP sources. Shared by the process.
pub struct Http {
    plain: Plain,
    /// Reading the machine's certificates takes a moment: only where a source is https.
    secure: OnceLock<Option<Secure>>,
    breakers: Mutex<HashMap<String, Breaker>>,
    cache: Mutex<Cache>,
    code: HmacSm3,
}

/// An answer with how it was had.
pub struct Had {
    pub fetched_at: Timestamp,
    pub answer: Result<Vec<Record>, Failure>,
    pub cached: bool,
    pub attempts: u32,
    pub took_ms: i64,
}

impl Http {
    pub fn new(people: &People) -> Http {
        Http {
            plain: Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(IDLE_MAX)
                .build(connector()),
            secure: OnceLock::new(),
            breakers: Mutex::default(),
            cache: Mutex::default(),
            code: people.mac("smart.cache.1"),
        }
    }

    /// How a source has been doing in this process.
    pub fn health(&self, source: &str) -> Breaker {
        self.breakers
            .lock()
            .get(source)
            .copied()
            .unwrap_or_default()
    }

    /// Forgets what was said before: a source was changed.
    pub fn forget(&self) {
        self.cache.lock().clear();
        self.breakers.lock().clear();
    }

    pub async fn ask(&self, want: &Want, now: Timestamp) -> Had {
        let began = Instant::now();
        let fields: Vec<&str> = want.fields.iter().map(String::as_str).collect();
        let key = self.code.code(&[
            want.source.key.as_bytes(),
            want.number.as_bytes(),
            fields.join(",").as_bytes(),
            // What was given for one purpose is not used for another.
            want.purpose.as_bytes(),
        ]);
        let had = |answer, fetched_at, cached, attempts| Had {
            fetched_at,
            answer,
            cached,
            attempts,
            took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
        };
        let cache_s = want.source.cache_s;
        if cache_s > 0
            && let Some((fetched_at, records)) = self.cache.lock().get(&key, now)
        {
            return had(Ok(records), fetched_at, true, 0);
        }
        let mut attempts = 0;
        let mut pause = PAUSE;
        let mut last = Failure::Resting;
        loop {
            let may = self.breaker(&want.source.key, |breaker| breaker.may_ask(now));
            if !may {
                return had(Err(last), now, false, attempts);
            }
            attempts += 1;
            let answer = self.once(want).await;
            match answer {
                Ok(records) => {
                    self.breaker(&want.source.key, |breaker| breaker.answered(now));
                    if cache_s > 0 {
                        self.cache.lock().put(key, now, cache_s, &records);
                    }
                    return had(Ok(records), now, false, attempts);
                }
                Err(failure) => {
                    let (most, rest) = (
                        u32::from(want.source.breaker_failures),
                        want.source.breaker_open_s,
                    );
                    self.breaker(&want.source.key, |breaker| breaker.failed(now, most, rest));
                    tracing::warn!(
                        source = want.source.key,
                        failure = failure.word(),
                        attempts,
                        "a source did not answer as it should"
                    );
                    // Asking again does not turn a wrong answer into a right one.
                    let again = !matches!(failure, Failure::Malformed { .. } | Failure::Unknown);
                    if !again || attempts > u32::from(want.source.retries) {
                        return had(Err(failure), now, false, attempts);
                    }
                    last = failure;
                }
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    fn breaker<T>(&self, source: &str, with: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock();
        with(breakers.entry(source.to_owned()).or_default())
    }

    /// One try within the source's time limit.
    async fn once(&self, want: &Want) -> Result<Vec<Record>, Failure> {
        let limit = Duration::from_millis(u64::from(want.source.timeout_ms.max(1)));
        match tokio::time::timeout(limit, self.exchange(want)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Slow),
        }
    }

    async fn exchange(&self, want: &Want) -> Result<Vec<Record>, Failure> {
        let address = format!(
            "{}/registers/{}/query",
            want.source.url.trim_end_matches('/'),
            want.source.key
        );
        let down = |detail: String| Failure::Down { detail };
        let address: Uri = address
            .parse()
            .map_err(|_| down("the address is none".to_owned()))?;
        let question = Question {
            subject: want.number.clone(),
            fields: want.fields.iter().cloned().collect(),
            purpose: want.purpose.clone(),
            legal_basis: want.legal_basis.clone(),
        };
        let body = serde_json::to_vec(&question).expect("a question is plain data");
        let secure = address.scheme_str() == Some("https");
        let request = Request::builder()
            .method(Method::POST)
            .uri(address)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| down(error.to_string()))?;
        let answer = if secure {
            let client = self
                .secure
                .get_or_init(secure_client)
                .as_ref()
                .ok_or_else(|| down("no certificates on this machine".to_owned()))?;
            client.request(request).await
        } else {
            self.plain.request(request).await
        };
        let answer = answer.map_err(|error| down(error.to_string()))?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Err(Failure::Unknown);
        }
        if answer.status() != StatusCode::OK {
            return Err(down(format!("status {}", answer.status().as_u16())));
        }
        let body = Limited::new(answer.into_body(), ANSWER_MAX)
            .collect()
            .await
            .map_err(|error| Failure::Malformed {
                detail: error.to_string(),
            })?
            .to_bytes();
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| Failure::Malformed {
            // The place, not the text: the text may be somebody's.
            detail: format!("line {} column {}", error.line(), error.column()),
        })?;
        if answer.records.len() > RECORDS_MAX {
            return Err(Failure::Malformed {
                detail: format!("{} records", answer.records.len()),
            });
        }
        Ok(answer.records)
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_MAX));
    connector
}

fn secure_client() -> Option<Secure> {
    let connector = match HttpsConnectorBuilder::new().with_native_roots() {
        Ok(builder) => {
            let mut plain = connector();
            plain.enforce_http(false);
            builder.https_only().enable_http1().wrap_connector(plain)
        }
        Err(error) => {
            tracing::error!(%error, "no certificates to trust: https sources cannot be asked");
            return None;
        }
    };
    Some(
        Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_MAX)
            .build(connector),
    )
}

/// Asks several sources at once.
pub async fn ask_all(http: &Arc<Http>, wants: &[Want], now: Timestamp) -> Vec<Had> {
    futures_util::future::join_all(wants.iter().map(|want| http.ask(want, now))).await
}
