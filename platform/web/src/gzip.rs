//! gzip (RFC 1952) for pages: the cheapest level, the compressor kept per thread.

use std::cell::RefCell;
use std::io::Read;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use http_body_util::BodyExt;

use crate::problem::Problem;

/// Bodies below are not worth it: they fit in one packet anyway.
pub(crate) const BYTES_MIN: usize = 1024;
/// Bodies above are sent as they are: compressing them would hold up the thread.
pub(crate) const BYTES_MAX: usize = 1024 * 1024;

thread_local! {
    static FAST: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(1), false));
}

/// Compresses a text answer that is whole in memory.
pub(crate) async fn answer(response: Response) -> Response {
    let size = axum::body::HttpBody::size_hint(response.body()).exact();
    let fits = size.is_some_and(|size| (BYTES_MIN as u64..=BYTES_MAX as u64).contains(&size));
    let headers = response.headers();
    let text = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_text);
    if !fits || !text || headers.contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
    else {
        return Problem::internal("a body in memory could not be read").into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    parts
        .headers
        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    if !parts.headers.contains_key(VARY) {
        parts
            .headers
            .insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    Response::from_parts(parts, Body::from(fast(&whole)))
}

/// At the cheapest level.
pub(crate) fn fast(bytes: &[u8]) -> Vec<u8> {
    FAST.with_borrow_mut(|compress| {
        compress.reset();
        run(compress, bytes)
    })
}

/// At any level, 0 to 9.
pub(crate) fn compress(bytes: &[u8], level: u32) -> Vec<u8> {
    run(&mut Compress::new(Compression::new(level), false), bytes)
}

fn run(compress: &mut Compress, bytes: &[u8]) -> Vec<u8> {
    // Magic, deflate, no flags, no time, no hint, system unknown.
    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut out = Vec::with_capacity(bytes.len() / 3 + 64);
    out.extend_from_slice(&HEAD);
    loop {
        let read = compress.total_in() as usize;
        let status = compress
            .compress_vec(&bytes[read..], &mut out, FlushCompress::Finish)
            .expect("deflating from memory to memory cannot fail");
        match status {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError => out.reserve(out.capacity().max(256)),
        }
    }
    let mut crc = Crc::new();
    crc.update(bytes);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&crc.amount().to_le_bytes());
    out
}

/// What was compressed here before.
pub(crate) fn expand(packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(packed.len() * 4);
    GzDecoder::new(packed)
        .read_to_end(&mut plain)
        .expect("packed by this module, in memory");
    plain
}

/// Whether a media type is text worth compressing.
pub(crate) fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    (essence.starts_with("text/") && essence != "text/event-stream")
        || matches!(
            essence,
            "application/json"
                | "application/problem+json"
                | "image/svg+xml"
                | "application/javascript"
        )
}

/// Whether `Accept-Encoding` takes gzip.
pub(crate) fn accepted(accept_encoding: &str) -> bool {
    accept_encoding.split(',').any(|offer| {
        let mut parts = offer.split(';');
        let coding = parts.next().unwrap_or_default().trim();
        let refused = parts.any(|part| {
            let part = part.trim();
            part.strip_prefix("q=").is_some_and(|weight| {
                weight
                    .trim()
                    .parse::<f32>()
                    .is_ok_and(|weight| weight <= 0.0)
            })
        });
        (coding.eq_ignore_ascii_case("gzip") || coding == "*") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::{accepted, compress, expand, fast};

    #[test]
    fn what_is_packed_unpacks_again_and_again() {
        let texts = [String::new(), "受理通知书 ".repeat(5000), "x".to_owned()];
        for text in &texts {
            assert_eq!(expand(&fast(text.as_bytes())), text.as_bytes());
            assert_eq!(expand(&compress(text.as_bytes(), 6)), text.as_bytes());
        }
        // What cannot be made smaller grows, and still comes through.
        let noise: Vec<u8> = (0..50_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        assert_eq!(expand(&fast(&noise)), noise);
    }

    #[test]
    fn a_client_may_refuse() {
        assert!(accepted("gzip, deflate, br"));
        assert!(accepted("br;q=1.0, GZIP;q=0.5"));
        assert!(accepted("*"));
        assert!(!accepted(""));
        assert!(!accepted("br"));
        assert!(!accepted("gzip;q=0"));
        assert!(!accepted("identity, gzip; q=0.0"));
    }
}
