//! 地区切换: the region a visitor wants to see first, chosen down the tree and remembered in a cookie.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use people::regions;
use serde::Deserialize;
use ui::Page;
use web::{App, Problem, Query, Visit};

use super::{Doors, links};

/// The cookie.
const COOKIE_NAME: &str = "tb_region";
/// How long it is remembered, in seconds: a year.
const AGE_S: u32 = 365 * 24 * 3600;

/// A region of this deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) code: String,
    pub(super) name: String,
}

/// The code in the visitor's cookie, as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Chosen {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Chosen, Self::Rejection> {
        Ok(Chosen(code_in(&parts.headers)))
    }
}

impl Chosen {
    /// The region, if it is one of this deployment's.
    pub(super) async fn region(&self, doors: &Doors) -> web::Result<Option<Arc<Region>>> {
        let Some(code) = self.0.clone().filter(|code| lies_within(&doors.app, code)) else {
            return Ok(None);
        };
        if let Some(known) = doors.regions.get(&code) {
            return Ok(Some(known));
        }
        let found = doors
            .app
            .db
            .read(move |tx| regions::get(tx, &code))
            .await?
            .filter(|region| region.valid_to.is_none());
        Ok(found.map(|found| {
            let region = Arc::new(Region {
                code: found.code,
                name: found.name,
            });
            doors.regions.put(region.code.clone(), Arc::clone(&region));
            region
        }))
    }
}

fn code_in(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, code)| code.to_owned())
        .filter(|code| is_code(code))
}

fn is_code(text: &str) -> bool {
    matches!(text.len(), 6 | 9 | 12) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn lies_within(app: &App, code: &str) -> bool {
    casework::actor::covers(&app.config.region, code)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The region whose parts are shown.
    under: Option<String>,
    /// The region that is chosen; empty: none.
    code: Option<String>,
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "catalog/regions.html")]
struct Regions {
    page: Page,
    now: Option<String>,
    /// The region that is shown and those above it: name, address.
    above: Vec<(String, String)>,
    here: Region,
    /// Parts: name, address that chooses it, address of its own parts.
    parts: Vec<(String, String, Option<String>)>,
    choose_here: String,
    all: String,
}

/// The regions of this deployment, a level at a time.
pub(super) async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let top = doors.app.config.region.clone();
    let code = asked
        .under
        .filter(|code| is_code(code) && lies_within(&doors.app, code))
        .unwrap_or_else(|| top.clone());
    let today = doors.app.today();
    let (path, parts) = doors
        .app
        .db
        .read(move |tx| {
            let path = regions::path(tx, &code)?;
            let mut parts = Vec::new();
            for part in regions::children(tx, Some(&code))? {
                if part.valid_to.is_none_or(|day| day >= today) {
                    let more = part.code.len() < 9;
                    parts.push((part, more));
                }
            }
            Ok::<_, people::Error>((path, parts))
        })
        .await?;
    let here = path
        .last()
        .ok_or_else(|| Problem::not_found("没有找到这个地区，请重新选择"))?;
    let back = asked.back.as_deref().map_or("/", web::prefs::local);
    let choose =
        |code: &str| links::with_query("/browse/regions/choose", &[("code", code), ("back", back)]);
    let under =
        |code: &str| links::with_query("/browse/regions", &[("under", code), ("back", back)]);
    let page = Regions {
        now: chosen
            .region(&doors)
            .await?
            .map(|region| region.name.clone()),
        above: path
            .iter()
            .filter(|region| lies_within(&doors.app, &region.code))
            .take_while(|region| region.code != here.code)
            .map(|region| (region.name.clone(), under(&region.code)))
            .collect(),
        here: Region {
            code: here.code.clone(),
            name: here.name.clone(),
        },
        choose_here: choose(&here.code),
        parts: parts
            .into_iter()
            .map(|(part, more)| {
                let own = more.then(|| under(&part.code));
                (part.name, choose(&part.code), own)
            })
            .collect(),
        all: choose(""),
        page: visit
            .page("切换地区")
            .with_nav("home")
            .with_crumb(ui::i18n::translate(visit.lang, "首页"), "/"),
    };
    Ok(web::render(&visit, page))
}

/// Remembers the choice and leads back.
pub(super) async fn choose(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let code = asked.code.unwrap_or_default();
    if !code.is_empty() {
        let known = Chosen(Some(code.clone()).filter(|code| is_code(code)))
            .region(&doors)
            .await?;
        known.ok_or_else(|| Problem::not_found("没有找到这个地区，请重新选择"))?;
    }
    let secure = if visit.app.config.secure_cookies {
        "; Secure"
    } else {
        ""
    };
    let age = if code.is_empty() { 0 } else { AGE_S };
    let cookie = format!("{COOKIE_NAME}={code}; Path=/; SameSite=Lax; Max-Age={age}{secure}");
    let mut response = web::redirect(asked.back.as_deref().map_or("/", web::prefs::local));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(
        SET_COOKIE,
        HeaderValue::try_from(cookie).expect("digits and plain words"),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_are_read_from_the_cookie() {
        let of = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::try_from(cookie).expect("visible"));
            code_in(&headers)
        };
        assert_eq!(of("a=1; tb_region=990102; b=2").as_deref(), Some("990102"));
        assert_eq!(of("tb_region=990102001").as_deref(), Some("990102001"));
        for bad in [
            "tb_region=",
            "tb_region=99",
            "tb_region=99010x",
            "xtb_region=990102",
            "a=1",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
