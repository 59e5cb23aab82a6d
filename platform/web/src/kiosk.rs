//! 自助终端: the same pages on a machine in a hall, used by many people one after the other.
//!
//! Which machine it is stands in a cookie of that machine. What the person before did stands nowhere: pages are not
//! stored, sessions are short ([`people::SessionKind::Kiosk`]), and [`end`] takes session, cookies and storage away.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::Config;
use crate::base64url;
use crate::cookie::{self, Jar};
use crate::problem::Result;
use crate::render::redirect;
use crate::visit::{Details, Visit};

/// Seconds without a touch until the machine asks whether anybody is there.
pub const IDLE_S: u32 = 60;
/// Seconds until it forgets the person who does not answer.
pub const COUNTDOWN_S: u32 = 15;
/// Where something to take home is offered to the phone, where a module serves it.
pub const PHONE: &str = "/kiosk/phone";

/// Longest text of the cookie, in bytes.
const COOKIE_BYTES_MAX: usize = 600;
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The machine, as it was set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Key of the hall it stands in; may be empty.
    pub hall: String,
    /// What the hall is called; may be empty.
    pub hall_name: String,
    /// The number on the machine; may be empty.
    pub number: String,
}

/// The machine a request comes from, and how it is set for the person before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kiosk {
    pub machine: Machine,
    /// 低位: everything in the lower half of the screen.
    pub low: bool,
    /// Somebody has changed how pages look.
    touched: bool,
}

impl Machine {
    pub(crate) fn write(&self) -> String {
        let text = format!("{}\n{}\n{}", self.hall, self.number, self.hall_name);
        base64url::encode(text.as_bytes())
    }

    fn read(cookie: &str) -> Option<Machine> {
        if cookie.len() > COOKIE_BYTES_MAX {
            return None;
        }
        let text = String::from_utf8(base64url::decode(cookie)?).ok()?;
        let mut parts = text.split('\n');
        let (hall, number, name) = (parts.next()?, parts.next()?, parts.next()?);
        let good =
            parts.next().is_none() && !text.chars().any(|sign| sign.is_control() && sign != '\n');
        good.then(|| Machine {
            hall: hall.to_owned(),
            hall_name: name.to_owned(),
            number: number.to_owned(),
        })
    }
}

/// What the cookies say; none on everybody's own computer.
pub(crate) fn of(jar: &Jar<'_>) -> Option<Kiosk> {
    let machine = Machine::read(jar.kiosk?)?;
    let low = jar.low == Some("1");
    Some(Kiosk {
        machine,
        low,
        touched: low || jar.lang.is_some() || jar.care.is_some() || jar.theme.is_some(),
    })
}

/// How the page's frame shows it.
pub(crate) fn frame(visit: &Details) -> Option<ui::Kiosk> {
    let kiosk = visit.kiosk.as_ref()?;
    let fresh = visit.session.is_none() && !kiosk.touched && visit.path == "/";
    Some(ui::Kiosk {
        hall: kiosk.machine.hall_name.clone(),
        number: kiosk.machine.number.clone(),
        low: kiosk.low,
        in_use: !fresh,
        idle_s: IDLE_S,
        countdown_s: COUNTDOWN_S,
    })
}

/// Makes this browser a machine in a hall; whoever is signed in is signed out.
pub async fn set_up(visit: &Visit, machine: &Machine) -> Result<Response> {
    let mut response = forget(visit).await?;
    append(
        &mut response,
        cookie::kiosk(&visit.app.config, &machine.write()),
    );
    Ok(response)
}

/// Makes it an ordinary browser again.
pub async fn take_down(visit: &Visit) -> Result<Response> {
    let mut response = forget(visit).await?;
    append(
        &mut response,
        cookie::gone(&visit.app.config, cookie::KIOSK),
    );
    Ok(response)
}

/// `/kiosk/end` by the button or the script, `/kiosk/idle` by the clock of a page without script. Neither asks for
/// a token: the cookie of the machine does not travel from another site (`SameSite=Lax`), and a page that has
/// stood too long must still be able to forget.
pub(crate) async fn end(visit: Visit) -> Result<Response> {
    if visit.kiosk.is_none() {
        return Ok(redirect("/"));
    }
    forget(&visit).await
}

/// Ends the session and leads to the front page; cookies, storage and cache of this browser are emptied.
async fn forget(visit: &Visit) -> Result<Response> {
    let app = &visit.app;
    if let Some(session) = &visit.session {
        let (account, digest) = (session.account, base::crypto::to_hex(&session.token_digest));
        let (people, now) = (app.people.clone(), app.now());
        let ended: std::result::Result<(), people::Error> = app
            .db
            .write(move |tx| people.end_session(tx, account, &digest, now))
            .await;
        match ended {
            // Ended elsewhere meanwhile.
            Ok(()) | Err(people::Error::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut response = redirect("/");
    for cookie in forgotten(&app.config) {
        append(&mut response, cookie);
    }
    let headers = response.headers_mut();
    headers.insert(
        CLEAR_SITE_DATA,
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// All cookies but the machine's own.
fn forgotten(config: &Config) -> Vec<HeaderValue> {
    let preferences = [
        cookie::CSRF,
        cookie::LANG,
        cookie::CARE,
        cookie::THEME,
        cookie::LOW,
    ];
    let mut cookies = vec![cookie::end_session(config)];
    cookies.extend(preferences.map(|name| cookie::gone(config, name)));
    cookies
}

fn append(response: &mut Response, cookie: HeaderValue) {
    response.headers_mut().append(SET_COOKIE, cookie);
}

/// Staff do not work at a machine in a hall.
pub(crate) fn closed_to(visit: &Details) -> bool {
    visit.kiosk.is_some()
        && ["/staff", "/admin"].iter().any(|area| {
            visit
                .path
                .strip_prefix(area)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        })
}

/// Nothing of an answer stays on the machine: pages are not stored, and what would be downloaded is offered to the
/// phone.
pub(crate) fn settle(visit: &Details, phone: bool, mut response: Response) -> Response {
    if visit.kiosk.is_none() {
        return response;
    }
    let headers = response.headers_mut();
    let attached = headers
        .get(CONTENT_DISPOSITION)
        .is_some_and(|value| value.as_bytes().starts_with(b"attachment"));
    if attached && phone {
        let address = format!("{PHONE}?at={}", ui::page::query_value(&visit.path));
        return (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response();
    }
    let html = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if html {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.remove(ETAG);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn a_machine_reads_what_it_wrote() {
        let machine = Machine {
            hall: "city_hall".to_owned(),
            hall_name: "云川市政务服务中心".to_owned(),
            number: "Z07".to_owned(),
        };
        assert_eq!(Machine::read(&machine.write()), Some(machine));
        assert_eq!(
            Machine::read(&Machine::default().write()),
            Some(Machine::default())
        );
    }

    #[test]
    fn a_cookie_that_is_none_of_ours_sets_no_mode() {
        use crate::base64url::encode;
        let long = encode("x\n\n".repeat(400).as_bytes());
        for cookie in [
            "",
            "1",
            "!!",
            &encode(b"one line"),
            &encode(b"a\nb\nc\nd"),
            &encode(b"a\nb\n\x1b[2J"),
            &encode(b"a\n\xff\nc"),
            &long,
        ] {
            assert_eq!(Machine::read(cookie), None, "{cookie}");
        }
    }
}
