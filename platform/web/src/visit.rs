//! Who is visiting, and how they see it.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use base::crypto::{HmacSm3, sm3, to_hex};
use casework::Actor;
use casework::actor::{Person, Staff};
use people::{Session, SessionKind};
use uuid::Uuid;

use crate::app::App;
use crate::fields::Fields;
use crate::kiosk::Kiosk;
use crate::problem::{Problem, Result};
use crate::{cookie, csrf, once};

/// The visit of one request. The server's front puts it into every request; as an extractor it never fails
/// under [`crate::server()`].
#[derive(Clone)]
pub struct Visit(Arc<Details>);

/// What [`Visit`] dereferences to.
pub struct Details {
    pub app: App,
    pub lang: ui::Lang,
    /// 关怀版.
    pub care: bool,
    pub theme: ui::Theme,
    /// The machine in a hall that this is; none on people's own computers.
    pub kiosk: Option<Kiosk>,
    /// Who is signed in. On the API a browser's session counts only with the header `X-CSRF-Token`.
    pub session: Option<Arc<Session>>,
    /// Messages that the signed-in person has not read; none on the API, for staff, and for nobody.
    pub unread: Option<u32>,
    pub address: IpAddr,
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// What a visitor can read out to the help desk.
    pub request_id: RequestId,
    pub(crate) takes_gzip: bool,
    pub(crate) form: FormSecret,
    pub(crate) noted: OnceLock<Noted>,
}

/// The request's number in the log: 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u64);

/// What the body extractors leave for [`crate::once`].
#[derive(Debug)]
pub(crate) struct Noted {
    digest: [u8; 32],
    key: Option<String>,
}

/// The anonymous visitor's form secret.
#[derive(Debug, Default)]
pub(crate) struct FormSecret {
    /// From the cookie.
    pub(crate) known: Option<String>,
    /// Made in this request, to be set as a cookie.
    made: OnceLock<String>,
    carried: AtomicBool,
}

impl FormSecret {
    pub(crate) fn known(known: Option<String>) -> FormSecret {
        FormSecret {
            known,
            ..FormSecret::default()
        }
    }
}

impl Deref for Visit {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Visit> {
        Visit::of(&parts.extensions)
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visit")
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Visit {
    pub(crate) fn new(details: Details) -> Visit {
        Visit(Arc::new(details))
    }
}

impl Details {
    /// Whoever is signed in; else 401, which on pages leads to the sign-in and back.
    pub fn actor(&self) -> Result<&Actor> {
        self.session
            .as_ref()
            .map(|session| &session.actor)
            .ok_or_else(Problem::sign_in_needed)
    }

    /// The signed-in 办事人; 403 for staff.
    pub fn person(&self) -> Result<&Person> {
        match self.actor()? {
            Actor::Person(person) => Ok(person),
            Actor::Staff(_) | Actor::System => Err(Problem::not_allowed(
                "这是办事人使用的页面，请用个人或法人账号登录",
            )),
        }
    }

    /// The signed-in 工作人员; 403 for everybody else.
    pub fn staff(&self) -> Result<&Staff> {
        match self.actor()? {
            Actor::Staff(staff) => Ok(staff),
            Actor::Person(_) | Actor::System => Err(Problem::not_allowed(
                "这是工作人员使用的页面，请用工作人员账号登录",
            )),
        }
    }

    /// Whether the answer is JSON.
    pub fn is_api(&self) -> bool {
        is_api(&self.path)
    }

    /// The path without the query.
    pub fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// What follows the question mark, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.path.split_once('?').map(|(_, query)| query)
    }

    /// A fresh token for a form on this page. For an anonymous visitor it also sets the cookie that the token
    /// belongs to, so only pages with a form may ask for one.
    pub fn csrf_token(&self) -> String {
        if let Some(session) = &self.session {
            return csrf::issue(&session.csrf_secret, self.app.entropy());
        }
        self.form.carried.store(true, Ordering::Relaxed);
        csrf::issue(self.anonymous_secret().as_bytes(), self.app.entropy())
    }

    /// A fresh key for the hidden field `request_key`: a UUIDv7, so keys of one hour stand together where they are kept.
    pub fn new_request_key(&self) -> String {
        let key = self.app.ids.next_uuid(self.app.now());
        key.simple().to_string()
    }

    /// `Set-Cookie` that signs this browser in with a token of `People::sign_in`.
    pub fn session_cookie(&self, token: &str, expires_at: jiff::Timestamp) -> HeaderValue {
        if self.kiosk.is_some() {
            return cookie::start_kiosk_session(&self.app.config, token);
        }
        let age_s = expires_at.as_second() - self.app.now().as_second();
        cookie::start_session(&self.app.config, token, age_s)
    }

    /// What kind of session signing in on this page opens.
    pub fn session_kind(&self) -> SessionKind {
        match self.kiosk {
            Some(_) => SessionKind::Kiosk,
            None => SessionKind::Browser,
        }
    }

    /// The anonymous visitor's secret: the cookie's if it is one of ours, else a new one.
    fn anonymous_secret(&self) -> &str {
        match &self.form.known {
            Some(known) => known,
            None => self.form.made.get_or_init(|| self.make_form_secret()),
        }
    }

    /// Random bytes and their signature: a cookie planted by a neighbouring site is not one of ours.
    fn make_form_secret(&self) -> String {
        let random = to_hex(&self.app.entropy().bytes::<16>());
        let sign = sign(&self.app.mac, &random);
        format!("{random}{sign}")
    }

    pub(crate) fn check_csrf(&self, token: Option<&str>) -> Result<()> {
        let token = token.ok_or_else(csrf::refused)?;
        let secret = match &self.session {
            Some(session) => Some(&session.csrf_secret[..]),
            None => self.form.known.as_deref().map(str::as_bytes),
        };
        if secret.is_some_and(|secret| csrf::check(secret, token)) {
            Ok(())
        } else {
            Err(csrf::refused())
        }
    }

    pub(crate) fn note_body(&self, bytes: &[u8], key: Option<String>) {
        let noted = Noted {
            digest: sm3(bytes),
            key,
        };
        // A request has one body, read once.
        let _first = self.noted.set(noted);
    }

    /// What the form said, without the token, which differs each time the page is made.
    pub(crate) fn note_form(&self, fields: &Fields, key: Option<String>) {
        let mut text = Vec::new();
        for (name, value) in fields.iter() {
            text.extend_from_slice(&(name.len() as u64).to_be_bytes());
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(&(value.len() as u64).to_be_bytes());
            text.extend_from_slice(value.as_bytes());
        }
        self.note_body(&text, key);
    }

    pub(crate) fn form_key(&self) -> Option<&str> {
        self.noted.get()?.key.as_deref()
    }

    pub(crate) fn body_digest(&self) -> [u8; 32] {
        self.noted.get().map_or([0; 32], |noted| noted.digest)
    }

    pub(crate) fn idempotency_actor(&self) -> Uuid {
        match &self.session {
            Some(session) => session.account.uuid(),
            None => once::anonymous_actor(self.address),
        }
    }

    /// Whether the page holds a form of an anonymous visitor, so that it belongs to this browser alone.
    pub(crate) fn carries_form(&self) -> bool {
        self.form.carried.load(Ordering::Relaxed)
    }

    /// The cookie to set, where a secret was made in this request.
    pub(crate) fn form_cookie(&self) -> Option<HeaderValue> {
        let made = self.form.made.get()?;
        Some(cookie::form_secret(&self.app.config, made))
    }
}

/// Whether a cookie's form secret is one of ours.
pub(crate) fn own_form_secret(mac: &HmacSm3, secret: &str) -> bool {
    secret.len() == 64
        && secret.is_ascii()
        && base::crypto::constant_time_eq(
            sign(mac, &secret[..32]).as_bytes(),
            &secret.as_bytes()[32..],
        )
}

fn sign(mac: &HmacSm3, random: &str) -> String {
    to_hex(&mac.code(&[b"form", random.as_bytes()])[..16])
}

pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}
