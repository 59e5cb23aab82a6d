//! `/prefs?lang=en&care=1&theme=dark&back=/path`: how a visitor wants to see pages, kept in cookies.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::response::Response;
use serde::Deserialize;

use crate::cookie;
use crate::extract::Query;
use crate::problem::{Problem, Result};
use crate::render::redirect;
use crate::visit::Visit;

/// Longest address to go back to, in bytes.
const BACK_BYTES_MAX: usize = 2000;

#[derive(Debug, Deserialize)]
pub(crate) struct Prefs {
    lang: Option<String>,
    care: Option<String>,
    theme: Option<String>,
    low: Option<String>,
    back: Option<String>,
}

pub(crate) async fn set(visit: Visit, Query(prefs): Query<Prefs>) -> Result<Response> {
    let mut response = redirect(prefs.back.as_deref().map_or("/", local));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value, words) in [
        (cookie::LANG, prefs.lang, &["zh", "en"][..]),
        (cookie::CARE, prefs.care, &["1", "0"]),
        (cookie::THEME, prefs.theme, &["auto", "light", "dark"]),
        (cookie::LOW, prefs.low, &["1", "0"]),
    ] {
        let Some(value) = value else { continue };
        if !words.contains(&value.as_str()) {
            return Err(Problem::bad_request(
                "query_invalid",
                format!("只能是以下之一：{}", words.join("、")),
            ));
        }
        if name == cookie::CARE {
            remember_care(&visit, value == "1").await?;
        }
        response.headers_mut().append(
            SET_COOKIE,
            cookie::preference(&visit.app.config, name, &value),
        );
    }
    Ok(response)
}

/// 关怀版 follows the account to the next browser; a machine in a hall is set for the moment only.
async fn remember_care(visit: &Visit, care: bool) -> Result<()> {
    let Some(session) = &visit.session else {
        return Ok(());
    };
    if visit.kiosk.is_some() || session.care == care {
        return Ok(());
    }
    let (people, account, now) = (visit.app.people.clone(), session.account, visit.app.now());
    let kept: std::result::Result<(), people::Error> = visit
        .app
        .db
        .write(move |tx| people.prefer_care(tx, account, care, now))
        .await;
    Ok(kept?)
}

/// The address that sets one preference (`lang=en`, `care=1`, `theme=dark`) and leads on to `back`; `back` itself for
/// anything else.
pub fn turn(preference: &str, back: &str) -> String {
    let known = preference.split_once('=').is_some_and(|(name, value)| {
        matches!(name, "lang" | "care" | "theme")
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if !known {
        return back.to_owned();
    }
    let back = percent_encoding::utf8_percent_encode(back, percent_encoding::NON_ALPHANUMERIC);
    format!("/prefs?{preference}&back={back}")
}

/// The address if it is one of ours, else `/`. Nothing that a browser could read as another site passes.
pub fn local(back: &str) -> &str {
    let ours = back.len() <= BACK_BYTES_MAX
        && back.starts_with('/')
        && !back.starts_with("//")
        && back
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { back } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::{local, turn};

    #[test]
    fn a_switch_leads_back_to_where_it_was_pressed() {
        assert_eq!(
            turn("lang=en", "/a?b=c"),
            "/prefs?lang=en&back=%2Fa%3Fb%3Dc"
        );
        for strange in ["lang", "lang=e n", "lang=en&back=/x", "other=1", ""] {
            assert_eq!(turn(strange, "/a"), "/a", "{strange:?}");
        }
    }

    #[test]
    fn only_addresses_of_ours_are_gone_back_to() {
        for good in ["/", "/items/1?q=%E7%BB%93", "/a//b"] {
            assert_eq!(local(good), good);
        }
        for bad in [
            "",
            "items",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "/\t/evil.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
    }
}
