//! Proof that a form was asked for from our own pages.
//!
//! A token is a secret known to the visitor's browser session, masked with fresh random bytes, so that it
//! looks different on every page and cannot be guessed from the length of compressed pages. Signed-in
//! visitors' secret lives in their session; anonymous visitors' in the cookie `tb_csrf` (double submit).
//! Beside the token, the browser's own word on where the request came from is checked.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use base::crypto::{Entropy, constant_time_eq, from_hex, sm3, to_hex};

use crate::app::Config;
use crate::problem::{Kind, Problem, Result};

/// Name of the hidden field.
pub const FIELD: &str = "csrf";
/// Name of the header, for scripts.
pub const HEADER: &str = "x-csrf-token";

const LENGTH: usize = 16;

/// A fresh token for a secret.
pub fn issue(secret: &[u8], entropy: &Entropy) -> String {
    let mask: [u8; LENGTH] = entropy.bytes();
    let mut token = [0_u8; 2 * LENGTH];
    token[..LENGTH].copy_from_slice(&mask);
    for (place, (plain, mask)) in token[LENGTH..]
        .iter_mut()
        .zip(core(secret).iter().zip(mask))
    {
        *place = plain ^ mask;
    }
    to_hex(&token)
}

/// Whether the token was issued for the secret.
pub fn check(secret: &[u8], token: &str) -> bool {
    let Ok(token) = from_hex(token) else {
        return false;
    };
    if token.len() != 2 * LENGTH {
        return false;
    }
    let (mask, masked) = token.split_at(LENGTH);
    let plain: Vec<u8> = masked.iter().zip(mask).map(|(a, b)| a ^ b).collect();
    constant_time_eq(&plain, &core(secret))
}

fn core(secret: &[u8]) -> [u8; LENGTH] {
    let digest = sm3(secret);
    let mut core = [0; LENGTH];
    core.copy_from_slice(&digest[..LENGTH]);
    core
}

pub(crate) fn refused() -> Problem {
    Problem::new(
        Kind::NotAllowed,
        "csrf",
        "页面停留过久或来源不明，为保护您的信息没有提交。请返回上一页刷新后重新提交",
    )
}

/// Refuses what a browser says comes from another site. Programs that say nothing pass; they still need the token.
pub(crate) fn check_origin(headers: &HeaderMap, config: &Config) -> Result<()> {
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return Err(refused());
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().map_err(|_| refused())?;
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let ours = origin == config.public_url || (authority.is_some() && authority == host);
    if ours { Ok(()) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use base::crypto::Entropy;

    use super::{check, check_origin, issue};
    use crate::app::Config;

    #[test]
    fn a_token_fits_its_secret_only_and_never_looks_the_same() {
        let entropy = Entropy::seeded(1);
        let token = issue(b"one", &entropy);
        assert!(check(b"one", &token));
        assert!(!check(b"two", &token));
        assert_ne!(token, issue(b"one", &entropy));
        assert!(check(b"one", &issue(b"one", &entropy)));
        for bad in ["", "00", &token[2..], &format!("{token}00"), "编号"] {
            assert!(!check(b"one", bad));
        }
    }

    #[test]
    fn other_sites_are_refused() {
        let config = Config::default();
        let with = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            check_origin(&headers, &config).is_ok()
        };
        assert!(with(&[]));
        assert!(with(&[("sec-fetch-site", "same-origin")]));
        assert!(with(&[("origin", "http://127.0.0.1:8080")]));
        assert!(with(&[
            ("origin", "http://city.example"),
            ("host", "city.example")
        ]));
        assert!(!with(&[
            ("origin", "http://evil.example"),
            ("host", "city.example")
        ]));
        assert!(!with(&[("origin", "null"), ("host", "city.example")]));
        assert!(!with(&[("sec-fetch-site", "cross-site")]));
        assert!(!with(&[("sec-fetch-site", "same-site")]));
    }
}
