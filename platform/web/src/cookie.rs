//! The cookies of this platform, read and written.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::app::Config;

/// The signed-in session's token. Scripts cannot read it.
pub const SESSION: &str = "tb_session";
/// The anonymous visitor's form secret.
pub const CSRF: &str = "tb_csrf";
/// Language: `zh` or `en`.
pub const LANG: &str = "tb_lang";
/// 关怀版: `1` or `0`.
pub const CARE: &str = "tb_care";
/// Light or dark: `auto`, `light`, `dark`.
pub const THEME: &str = "tb_theme";
/// 自助终端: which machine this is ([`crate::kiosk`]).
pub const KIOSK: &str = "tb_kiosk";
/// 低位, at such a machine: `1` or `0`.
pub const LOW: &str = "tb_low";

/// How long a preference is remembered, in seconds: a year.
const PREFERENCE_AGE_S: u32 = 365 * 24 * 3600;

/// The values a request may carry, found in one pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Jar<'a> {
    pub(crate) session: Option<&'a str>,
    pub(crate) csrf: Option<&'a str>,
    pub(crate) lang: Option<&'a str>,
    pub(crate) care: Option<&'a str>,
    pub(crate) theme: Option<&'a str>,
    pub(crate) kiosk: Option<&'a str>,
    pub(crate) low: Option<&'a str>,
}

pub(crate) fn read(headers: &HeaderMap) -> Jar<'_> {
    let mut jar = Jar::default();
    for header in headers.get_all(COOKIE) {
        let Ok(header) = header.to_str() else {
            continue;
        };
        for pair in header.split(';') {
            let Some((name, value)) = pair.trim().split_once('=') else {
                continue;
            };
            let place = match name {
                SESSION => &mut jar.session,
                CSRF => &mut jar.csrf,
                LANG => &mut jar.lang,
                CARE => &mut jar.care,
                THEME => &mut jar.theme,
                KIOSK => &mut jar.kiosk,
                LOW => &mut jar.low,
                _ => continue,
            };
            // The first one counts: a browser sends the most specific first.
            place.get_or_insert(value);
        }
    }
    jar
}

/// `Set-Cookie` that starts a session; it ends with the browser or after `age_s` seconds, whichever is first.
pub fn start_session(config: &Config, token: &str, age_s: i64) -> HeaderValue {
    set(
        config,
        SESSION,
        token,
        "; HttpOnly; SameSite=Lax",
        Some(age_s.max(0)),
    )
}

/// `Set-Cookie` that starts a session at a machine in a hall; the server alone knows when it ends.
pub(crate) fn start_kiosk_session(config: &Config, token: &str) -> HeaderValue {
    set(config, SESSION, token, "; HttpOnly; SameSite=Lax", None)
}

/// `Set-Cookie` that makes a browser a machine in a hall.
pub(crate) fn kiosk(config: &Config, machine: &str) -> HeaderValue {
    let age_s = i64::from(PREFERENCE_AGE_S);
    set(
        config,
        KIOSK,
        machine,
        "; HttpOnly; SameSite=Lax",
        Some(age_s),
    )
}

/// `Set-Cookie` that takes a cookie away.
pub(crate) fn gone(config: &Config, name: &str) -> HeaderValue {
    set(config, name, "", "; SameSite=Lax", Some(0))
}

/// `Set-Cookie` that ends the session.
pub fn end_session(config: &Config) -> HeaderValue {
    set(config, SESSION, "", "; HttpOnly; SameSite=Lax", Some(0))
}

pub(crate) fn form_secret(config: &Config, secret: &str) -> HeaderValue {
    set(config, CSRF, secret, "; HttpOnly; SameSite=Strict", None)
}

pub(crate) fn preference(config: &Config, name: &str, value: &str) -> HeaderValue {
    set(
        config,
        name,
        value,
        "; SameSite=Lax",
        Some(i64::from(PREFERENCE_AGE_S)),
    )
}

fn set(config: &Config, name: &str, value: &str, rules: &str, age_s: Option<i64>) -> HeaderValue {
    let secure = if config.secure_cookies {
        "; Secure"
    } else {
        ""
    };
    let age = age_s.map_or_else(String::new, |age| format!("; Max-Age={age}"));
    HeaderValue::try_from(format!("{name}={value}; Path=/{rules}{age}{secure}"))
        .expect("cookie values are visible ASCII")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

    use super::{Jar, read, start_session};
    use crate::app::Config;

    #[test]
    fn one_pass_finds_all() {
        let mut headers = HeaderMap::new();
        headers.insert(
            COOKIE,
            HeaderValue::from_static("a=b; tb_session=x; tb_lang=en;tb_session=y; junk; tb_care=1"),
        );
        assert_eq!(
            read(&headers),
            Jar {
                session: Some("x"),
                lang: Some("en"),
                care: Some("1"),
                ..Jar::default()
            }
        );
    }

    #[test]
    fn a_session_cookie_is_kept_from_scripts_and_plain_connections() {
        let config = Config {
            secure_cookies: true,
            ..Config::default()
        };
        assert_eq!(
            start_session(&config, "t", 60),
            "tb_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
    }
}
