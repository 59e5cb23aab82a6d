//! Turns a [`Problem`] into what the visitor gets: a page, or `application/problem+json` (RFC 9457).

use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, REFERER,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Serialize;
use ui::Lang;
use ui::i18n::{has_english, translate};

use crate::meta::meaning;
use crate::prefs::local;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::visit::Visit;

/// Everything that could end a query value.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// A problem on the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// A stable address that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// Stable machine word.
    pub code: String,
    /// For a person to read.
    pub detail: String,
    /// The address that was asked for.
    pub instance: String,
    /// What to tell the help desk.
    pub request_id: String,
    /// What is wrong with which part of the input.
    pub errors: Vec<ProblemField>,
}

/// One part of the input that was refused.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProblemField {
    /// JSON pointer into the body; empty where it is about the whole.
    pub pointer: String,
    pub field: String,
    pub message: String,
}

/// Which sign-in pages there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignIn {
    /// Staff's own, if there is one.
    pub(crate) staff: Option<&'static str>,
}

impl SignIn {
    fn page_for(self, path: &str) -> &'static str {
        let of_staff = ["/staff", "/admin"].iter().any(|folder| {
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        });
        self.staff.filter(|_| of_staff).unwrap_or("/sign-in")
    }
}

/// Where a form that needs a sign-in goes back to.
#[derive(Default)]
pub(crate) struct Back(Option<HeaderValue>);

impl Back {
    pub(crate) fn of(headers: &HeaderMap) -> Back {
        Back(headers.get(REFERER).cloned())
    }

    /// Path and query of the page before.
    fn path(&self) -> Option<&str> {
        let referer = self.0.as_ref()?.to_str().ok()?;
        let (_, rest) = referer.split_once("://")?;
        rest.find('/').map(|at| &rest[at..])
    }
}

/// Replaces a problem that travels in a response by its answer; every other response passes.
pub(crate) fn settle(
    visit: &Visit,
    back: &Back,
    sign_in: SignIn,
    mut response: Response,
) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    log(visit, &problem);
    let allow = response.headers_mut().remove(ALLOW);
    let mut answer = if visit.is_api() {
        json(visit, &problem)
    } else if problem.kind == Kind::SignInNeeded {
        return lead_to_sign_in(visit, back, sign_in);
    } else {
        let html = page(visit, &problem);
        let mut answer = Response::new(Body::from(html));
        answer.headers_mut().insert(CONTENT_TYPE, render::HTML);
        answer
    };
    *answer.status_mut() = problem.kind.status();
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = allow {
        headers.insert(ALLOW, allow);
    }
    if problem.kind == Kind::SignInNeeded {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    headers.remove(CONTENT_LENGTH);
    answer
}

fn log(visit: &Visit, problem: &Problem) {
    match problem.kind {
        Kind::Internal => {
            tracing::error!(request_id = %visit.request_id, problem = %problem, "request failed");
        }
        Kind::Unavailable => {
            tracing::warn!(request_id = %visit.request_id, problem = %problem, "request failed");
        }
        _ => {}
    }
}

fn json(visit: &Visit, problem: &Problem) -> Response {
    let lang = visit.lang;
    let body = ProblemBody {
        kind: format!("/problems/{}", problem.code),
        title: translate(lang, problem.kind.title()).to_owned(),
        status: problem.kind.status().as_u16(),
        code: problem.code.to_owned(),
        detail: detail(lang, problem),
        instance: visit.bare_path().to_owned(),
        request_id: visit.request_id.to_string(),
        errors: problem
            .fields
            .iter()
            .map(|field| ProblemField {
                pointer: field.pointer.clone(),
                field: field.field.clone(),
                message: translate(lang, &field.message).to_owned(),
            })
            .collect(),
    };
    let mut response = problem_json(&body);
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.html()));
    response
}

/// The sentence in the visitor's language. Where the sentence itself has no English, what its code means has; who was
/// first is told beside it.
fn detail(lang: Lang, problem: &Problem) -> String {
    let said = &problem.detail;
    if lang == Lang::Zh || has_english(said) {
        return translate(lang, said).to_owned();
    }
    match meaning(problem.code) {
        Some(meaning) if problem.kind == Kind::Conflict => {
            format!("{} ({said})", translate(lang, meaning))
        }
        Some(meaning) => translate(lang, meaning).to_owned(),
        None => said.clone(),
    }
}

fn problem_json(body: &ProblemBody) -> Response {
    let text = serde_json::to_string(body).expect("a problem is plain data");
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// The cheap answer of the gate.
pub(crate) fn busy_json() -> Response {
    let problem = Problem::busy();
    problem_json(&ProblemBody {
        kind: format!("/problems/{}", problem.code),
        title: problem.kind.title().to_owned(),
        status: problem.kind.status().as_u16(),
        code: problem.code.to_owned(),
        detail: problem.detail,
        instance: String::new(),
        request_id: String::new(),
        errors: Vec::new(),
    })
}

/// The problem as a page.
pub(crate) fn page(visit: &Visit, problem: &Problem) -> String {
    crate::page::problem(visit, problem)
}

/// To the sign-in and back to where the visitor was. A form's own address is no place to come back to.
fn lead_to_sign_in(visit: &Visit, back: &Back, sign_in: SignIn) -> Response {
    let path = if visit.method == Method::GET || visit.method == Method::HEAD {
        visit.path.as_str()
    } else {
        back.path().unwrap_or("/")
    };
    let path = local(path);
    let page = sign_in.page_for(path);
    let back = utf8_percent_encode(path, QUERY_VALUE);
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location =
        HeaderValue::try_from(format!("{page}?back={back}")).expect("a percent-encoded address");
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
