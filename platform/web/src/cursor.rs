//! Lists page by page: an opaque, signed cursor instead of a page number.

use base::crypto::constant_time_eq;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base64url;
use crate::problem::{Problem, Result};

/// Most entries on one page of a JSON list.
pub const PAGE_MAX: u32 = 100;
/// Entries on a page where the client does not say.
pub const PAGE_DEFAULT: u32 = 20;

const MAC_BYTES: usize = 12;

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last one.
    pub next: Option<String>,
}

/// The cursor for a place in the list called `list`, e.g. `"items"`.
pub fn encode(app: &App, list: &str, place: &impl Serialize) -> String {
    let mut bytes = serde_json::to_vec(place).expect("a place in a list is plain data");
    let code = app.mac.code(&[b"cursor", list.as_bytes(), b"\0", &bytes]);
    bytes.extend_from_slice(&code[..MAC_BYTES]);
    base64url::encode(&bytes)
}

/// The place a cursor of this list points at; 400 for any other text.
pub fn decode<T: DeserializeOwned>(app: &App, list: &str, cursor: &str) -> Result<T> {
    let refused = || {
        let mut problem =
            Problem::bad_request("cursor_invalid", "翻页标记无效，请从第一页重新开始");
        problem.push_field("cursor".to_owned(), "翻页标记无效".to_owned());
        problem
    };
    let bytes = base64url::decode(cursor).ok_or_else(refused)?;
    let split = bytes.len().checked_sub(MAC_BYTES).ok_or_else(refused)?;
    let (place, given) = bytes.split_at(split);
    let code = app.mac.code(&[b"cursor", list.as_bytes(), b"\0", place]);
    if !constant_time_eq(&code[..MAC_BYTES], given) {
        return Err(refused());
    }
    serde_json::from_slice(place).map_err(|_| refused())
}
