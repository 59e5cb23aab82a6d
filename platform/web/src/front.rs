//! What every request passes on its way in and every answer on its way out: one function, one place.
//!
//! In: number, gate, visit, door. Out: the answer to a problem or a panic, 304, compression, headers, counting.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use casework::Actor;
use futures_util::FutureExt;
use people::{Session, SessionKind};

use crate::access::Access;
use crate::answer;
use crate::app::{App, Config};
use crate::cookie::{self, Jar};
use crate::fresh::Freshness;
use crate::metrics::Route;
use crate::problem::{Kind, Problem, Result};
use crate::render;
use crate::routes::RouteInfo;
use crate::shed::Gate;
use crate::visit::{self, Details, FormSecret, RequestId, Visit};
use crate::{csrf, form, gzip, headers, kiosk};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Uploads may take longer than other requests; each piece still has to come in time.
const UPLOAD_MAX: Duration = Duration::from_mins(15);

/// Where staff sign in, if a module serves it.
const STAFF_SIGN_IN: &str = "/staff/sign-in";
/// Where a password that was given is changed, if a module serves it.
const PASSWORD_PAGE: &str = "/account/password";
/// What somebody with such a password may do besides.
const BEFORE_PASSWORD: [&str; 6] = [
    PASSWORD_PAGE,
    "/sign-out",
    "/prefs",
    "/problems/{code}",
    "/kiosk/end",
    "/kiosk/idle",
];

/// The front's own state.
pub(crate) struct Front {
    app: App,
    doors: HashMap<&'static str, Door>,
    unmatched: Arc<Route>,
    gate: Gate,
    requests: AtomicU64,
    busy_page: Bytes,
    /// Where to sign in: (staff's pages, everybody else's).
    sign_in: answer::SignIn,
    /// A page to change a password is mounted.
    password_page: bool,
    /// A page that offers an address to the phone is mounted.
    phone_page: bool,
}

/// What is known about a path before its handler runs.
struct Door {
    access: Vec<(Method, Access)>,
    counters: Arc<Route>,
    /// Assets and health checks: no gate, no session.
    open: bool,
}

/// What a request looked like, for counting and logging after it has been handed on.
struct Trace {
    method: Method,
    counters: Arc<Route>,
    started: Instant,
    id: RequestId,
}

impl Front {
    pub(crate) fn new(app: App, table: &[RouteInfo], open: &[&str]) -> Front {
        let mut doors: HashMap<&'static str, Door> = HashMap::new();
        for route in table {
            doors
                .entry(route.path)
                .or_insert_with(|| Door {
                    access: Vec::new(),
                    counters: app.metrics.route(route.path),
                    open: open.contains(&route.path),
                })
                .access
                .push((route.method.clone(), route.access));
        }
        let first: [u8; 8] = app.entropy().bytes();
        let config = Arc::clone(&app.config);
        let mut front = Front {
            unmatched: app.metrics.route("unmatched"),
            gate: Gate::new(config.requests_in_flight_max, config.wait_max),
            requests: AtomicU64::new(u64::from_be_bytes(first)),
            busy_page: Bytes::new(),
            sign_in: answer::SignIn {
                staff: doors.contains_key(STAFF_SIGN_IN).then_some(STAFF_SIGN_IN),
            },
            password_page: doors.contains_key(PASSWORD_PAGE),
            phone_page: doors.contains_key(kiosk::PHONE),
            doors,
            app,
        };
        // Made once: in a burst there is no time for templates.
        let nobody = front.anonymous(&HeaderMap::new(), &Jar::default(), Parts::nobody());
        front.busy_page = answer::page(&Visit::new(nobody), &Problem::busy()).into();
        front
    }

    fn next_id(&self) -> RequestId {
        RequestId(self.requests.fetch_add(1, Ordering::Relaxed))
    }

    fn anonymous(&self, headers: &HeaderMap, jar: &Jar<'_>, parts: Parts) -> Details {
        let known = jar
            .csrf
            .filter(|secret| visit::own_form_secret(&self.app.mac, secret))
            .map(str::to_owned);
        Details {
            app: self.app.clone(),
            lang: crate::page::lang(jar.lang),
            care: jar.care == Some("1"),
            theme: crate::page::theme(jar.theme),
            kiosk: kiosk::of(jar),
            session: None,
            unread: None,
            address: parts.address,
            method: parts.method,
            path: parts.path,
            request_id: parts.id,
            takes_gzip: headers
                .get(ACCEPT_ENCODING)
                .and_then(|value| value.to_str().ok())
                .is_some_and(gzip::accepted),
            form: FormSecret::known(known),
            noted: std::sync::OnceLock::new(),
        }
    }

    /// The session behind a request: a bearer token, or the cookie. On the API a cookie counts only together
    /// with the token that our own pages know, so that another site cannot use it.
    async fn session(
        &self,
        headers: &HeaderMap,
        jar: &Jar<'_>,
        api: bool,
    ) -> Result<Option<Arc<Session>>> {
        let bearer = bearer(headers)?;
        let (token, kind) = match (bearer, jar.session) {
            (Some(token), _) if api => (token, SessionKind::Bearer),
            (_, Some(token)) => (token, SessionKind::Browser),
            _ => return Ok(None),
        };
        let cookie = kind.in_cookie();
        let app = &self.app;
        let session = app.people.find_session(&app.db, token, app.now()).await?;
        let Some(session) = session.filter(|session| session.kind.in_cookie() == cookie) else {
            return Ok(None);
        };
        if api && cookie {
            let proven =
                form::header(headers).is_some_and(|token| csrf::check(&session.csrf_secret, token));
            if !proven {
                return Ok(None);
            }
            csrf::check_origin(headers, &self.app.config)?;
        }
        Ok(Some(session))
    }
}

/// What is taken from the request's head for the visit.
struct Parts {
    address: IpAddr,
    method: Method,
    path: String,
    id: RequestId,
}

impl Parts {
    fn nobody() -> Parts {
        Parts {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            method: Method::GET,
            path: "/".to_owned(),
            id: RequestId(0),
        }
    }
}

pub(crate) async fn pass(
    State(front): State<Arc<Front>>,
    mut request: Request,
    next: Next,
) -> Response {
    let door = request
        .extensions()
        .get::<MatchedPath>()
        .and_then(|path| front.doors.get(path.as_str()));
    let trace = Trace {
        method: request.method().clone(),
        counters: Arc::clone(door.map_or(&front.unmatched, |door| &door.counters)),
        started: Instant::now(),
        id: front.next_id(),
    };
    if door.is_some_and(|door| door.open) {
        let fresh = Freshness::of(request.headers());
        insert_anonymous(&front, &mut request, trace.id);
        let response = next.run(request).await;
        return trace.finish(&front.app.config, fresh.settle(response));
    }
    let api = visit::is_api(request.uri().path());
    let Ok(_seat) = front.gate.enter().await else {
        front.app.metrics.shed.fetch_add(1, Ordering::Relaxed);
        let response = front.turn_away(api);
        return trace.finish(&front.app.config, response);
    };
    let metrics = &front.app.metrics;
    metrics.in_flight.fetch_add(1, Ordering::Relaxed);
    let response = front.serve(request, next, door, &trace, api).await;
    metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
    trace.finish(&front.app.config, response)
}

fn insert_anonymous(front: &Front, request: &mut Request, id: RequestId) {
    let parts = Parts {
        address: address(request, &front.app.config),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        id,
    };
    let details = front.anonymous(request.headers(), &Jar::default(), parts);
    request.extensions_mut().insert(Visit::new(details));
}

impl Front {
    async fn serve(
        &self,
        mut request: Request,
        next: Next,
        door: Option<&Door>,
        trace: &Trace,
        api: bool,
    ) -> Response {
        let asked = lang_asked(&mut request, api);
        let mut jar = cookie::read(request.headers());
        jar.lang = asked.or(jar.lang);
        let parts = Parts {
            address: address(&request, &self.app.config),
            method: trace.method.clone(),
            path: request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
            id: trace.id,
        };
        let mut details = self.anonymous(request.headers(), &jar, parts);
        if api && jar.lang.is_none() {
            details.lang = crate::page::lang_accepted(request.headers());
        }
        let session = self.session(request.headers(), &jar, api).await;
        let refused = match session {
            Ok(session) => {
                // What this browser was told last goes before what the account remembers.
                let remembered = session.as_ref().is_some_and(|session| session.care);
                details.care |= remembered && jar.care.is_none() && details.kiosk.is_none();
                details.session = session;
                None
            }
            Err(problem) => Some(problem),
        };
        if let Some(Actor::Person(person)) = details.session.as_ref().map(|known| &known.actor)
            && !api
        {
            details.unread = self.app.unread(person.applicant()).await;
        }
        let by_staff = matches!(
            details.session.as_ref().map(|known| &known.actor),
            Some(Actor::Staff(_))
        );
        if by_staff && ui::of_workbench(&details.path) {
            details.lang = ui::Lang::Zh;
        }
        let visit = Visit::new(details);
        if kiosk::closed_to(&visit) {
            return render::redirect("/");
        }
        let refused = refused.or_else(|| door.and_then(|door| door.check(&trace.method, &visit)));
        if refused.is_none() && self.must_change_first(door, &visit) {
            return self.lead_to_password(&visit).await;
        }
        let fresh = Freshness::of(request.headers());
        let back = answer::Back::of(request.headers());
        let response = if let Some(problem) = refused {
            problem.into_response()
        } else {
            let limit = self.time_limit(request.headers());
            request.extensions_mut().insert(visit.clone());
            self.run(request, next, limit, trace.id).await
        };
        let response = answer::settle(&visit, &back, self.sign_in, response);
        let response = kiosk::settle(&visit, self.phone_page, response);
        let mut response = fresh.settle(response);
        if let Some(lang) = asked {
            let cookie = cookie::preference(&self.app.config, cookie::LANG, lang);
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        self.finish_page(&visit, response).await
    }

    /// Somebody whose password was given to them changes it before anything else.
    fn must_change_first(&self, door: Option<&Door>, visit: &Visit) -> bool {
        self.password_page
            && visit
                .session
                .as_ref()
                .is_some_and(|session| session.must_change)
            && !door.is_some_and(|door| BEFORE_PASSWORD.contains(&door.counters.pattern()))
    }

    async fn lead_to_password(&self, visit: &Visit) -> Response {
        let response = if visit.is_api() {
            Problem::new(
                Kind::NotAllowed,
                "password_change_needed",
                "首次登录请先在网页上修改初始密码",
            )
            .into_response()
        } else {
            render::redirect(PASSWORD_PAGE)
        };
        let response = answer::settle(visit, &answer::Back::default(), self.sign_in, response);
        self.finish_page(visit, response).await
    }

    async fn run(&self, request: Request, next: Next, limit: Duration, id: RequestId) -> Response {
        let handler = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(limit, handler).await {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => {
                self.app.metrics.panics.fetch_add(1, Ordering::Relaxed);
                let said = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or("no message");
                Problem::internal(format_args!("panic: {said}")).into_response()
            }
            Err(_) => {
                tracing::warn!(request_id = %id, "a handler took too long");
                let mut problem = Problem::new(
                    Kind::Unavailable,
                    "handler_timeout",
                    "处理时间过长，结果未知，请查看办理进度后再决定是否重试",
                );
                problem.retry_after = Some(5);
                problem.into_response()
            }
        }
    }

    fn time_limit(&self, headers: &HeaderMap) -> Duration {
        let upload = headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"multipart/"));
        if upload {
            UPLOAD_MAX
        } else {
            self.app.config.handler_max
        }
    }

    async fn finish_page(&self, visit: &Visit, mut response: Response) -> Response {
        if let Some(cookie) = visit.form_cookie() {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        if visit.takes_gzip {
            return gzip::answer(response).await;
        }
        response
    }

    /// Without a template, a session or a log line of its own.
    fn turn_away(&self, api: bool) -> Response {
        let mut response = if api {
            answer::busy_json()
        } else {
            let mut response = Response::new(Body::from(self.busy_page.clone()));
            response.headers_mut().insert(CONTENT_TYPE, render::HTML);
            response
        };
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl Door {
    /// HEAD is let in where GET is; a method without a handler is answered 405 further in.
    fn check(&self, method: &Method, visit: &Visit) -> Option<Problem> {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let (_, access) = self.access.iter().find(|(known, _)| known == method)?;
        access.check(visit).err()
    }
}

impl Trace {
    fn finish(self, config: &Config, mut response: Response) -> Response {
        let took = self.started.elapsed();
        let status = response.status().as_u16();
        let headers = response.headers_mut();
        headers::secure(headers, config.secure_cookies);
        let id = HeaderValue::try_from(self.id.to_string()).expect("hexadecimal digits");
        headers.insert(REQUEST_ID, id);
        self.counters.count(status, took);
        if config.access_log {
            tracing::info!(
                target: "access",
                method = self.method.as_str(),
                route = self.counters.pattern(),
                status,
                micros = took.as_micros() as u64,
                request_id = %self.id,
            );
        }
        response
    }
}

/// The language that an address asks for (`?lang=en`, as alternate links do); taken out of the address, which no
/// page knows it by.
fn lang_asked(request: &mut Request, api: bool) -> Option<&'static str> {
    let uri = request.uri();
    if api || request.method() != Method::GET || uri.path() == "/prefs" {
        return None;
    }
    let query = uri.query().filter(|query| query.contains("lang="))?;
    let (asked, others): (Vec<&str>, Vec<&str>) = query
        .split('&')
        .partition(|pair| matches!(*pair, "lang=zh" | "lang=en"));
    let lang = asked.first()?.strip_prefix("lang=")?;
    let lang = ui::Lang::from_word(lang)?.word();
    let mut address = uri.path().to_owned();
    if !others.is_empty() {
        address.push('?');
        address.push_str(&others.join("&"));
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(address.parse().ok()?);
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    Some(lang)
}

/// Where the request comes from.
fn address(request: &Request, config: &Config) -> IpAddr {
    if config.behind_proxy {
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok())
            .and_then(|list| list.rsplit(',').next())
            .and_then(|last| last.trim().parse().ok());
        if let Some(address) = forwarded {
            return address;
        }
    }
    request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| {
            peer.ip()
        })
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    // Another scheme is a mistake of the program, not an anonymous visitor.
    token.map(Some).ok_or_else(Problem::sign_in_needed)
}
