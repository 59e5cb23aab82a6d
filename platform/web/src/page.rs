//! The frame of a page, filled in from the visit.

use askama::Template;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use casework::Actor;

use crate::mixed;
use crate::problem::{Kind, Problem};
use crate::visit::Details;

pub(crate) fn lang(cookie: Option<&str>) -> ui::Lang {
    cookie.and_then(ui::Lang::from_word).unwrap_or_default()
}

/// The language a program asks for: English only where it is wanted before Chinese.
pub(crate) fn lang_accepted(headers: &HeaderMap) -> ui::Lang {
    let accepted = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut best = (ui::Lang::default(), 0.0);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(Some(1.0), |weight| weight.parse().ok());
        let main = tag.split('-').next().unwrap_or_default();
        let lang = ui::Lang::from_word(&main.to_ascii_lowercase());
        if let (Some(lang), Some(weight)) = (lang, weight)
            && weight > best.1
        {
            best = (lang, weight);
        }
    }
    best.0
}

pub(crate) fn theme(cookie: Option<&str>) -> ui::Theme {
    cookie.and_then(ui::Theme::from_word).unwrap_or_default()
}

impl Details {
    /// The frame of a page; `title` is a Chinese source string. For a signed-in visitor it carries a form token;
    /// for an anonymous one it does not, so that public pages are the same for everybody: pages with a form for
    /// the anonymous use [`Details::form_page`].
    pub fn page(&self, title: &str) -> ui::Page {
        let config = &self.app.config;
        let csrf = match &self.session {
            Some(_) => self.csrf_token(),
            None => String::new(),
        };
        ui::Page {
            lang: self.lang,
            care: self.care,
            theme: self.theme,
            title: ui::i18n::translate(self.lang, title).to_owned(),
            place: config.place.clone(),
            host: config.host.clone(),
            operator: config.operator.clone(),
            user: self.user(),
            unread: self.unread,
            csrf,
            url: self.path.clone(),
            menu: self.menu(),
            demo: config.demo,
            kiosk: crate::kiosk::frame(self),
            ..ui::Page::default()
        }
    }

    /// The frame of a page that holds a form, also for the anonymous (sign-in, register).
    pub fn form_page(&self, title: &str) -> ui::Page {
        let page = self.page(title);
        if page.csrf.is_empty() {
            page.with_csrf(self.csrf_token())
        } else {
            page
        }
    }

    fn user(&self) -> Option<ui::User> {
        let session = self.session.as_ref()?;
        let (name, kind) = match &session.actor {
            Actor::Person(person) => (base::mask::name(&person.name), ui::UserKind::Person),
            Actor::Staff(staff) => (staff.name.clone(), ui::UserKind::Staff),
            Actor::System => return None,
        };
        Some(ui::User {
            name,
            kind,
            acting_for: session.acting_for_name.clone(),
        })
    }

    /// The entries of the staff menu that this visitor may open.
    fn menu(&self) -> Vec<ui::MenuItem> {
        match self.session.as_ref().map(|session| &session.actor) {
            Some(actor @ Actor::Staff(_)) => self.app.menu_for(actor),
            _ => Vec::new(),
        }
    }
}

/// A problem as a whole page: what happened and what to do, never with a form of its own.
pub(crate) fn problem(visit: &Details, problem: &Problem) -> String {
    let kind = match problem.kind {
        Kind::BadRequest | Kind::SlowBody => ui::ErrorKind::BadRequest,
        Kind::SignInNeeded => ui::ErrorKind::SignInNeeded,
        Kind::NotAllowed => ui::ErrorKind::NotAllowed,
        Kind::NotFound => ui::ErrorKind::NotFound,
        Kind::MethodNotAllowed => ui::ErrorKind::MethodNotAllowed,
        Kind::Conflict => ui::ErrorKind::Conflict,
        Kind::TooLarge => ui::ErrorKind::TooLarge,
        Kind::Unsupported => ui::ErrorKind::Unsupported,
        Kind::Invalid => ui::ErrorKind::Invalid,
        Kind::TooMany | Kind::Busy => ui::ErrorKind::TooMany,
        Kind::Internal | Kind::Unavailable => ui::ErrorKind::Internal,
    };
    let mut page = ui::ErrorPage {
        page: visit.page(problem.kind.title()),
        kind,
        detail: ui::i18n::translate(visit.lang, &problem.detail).to_owned(),
        retry_after: problem.retry_after,
        request_id: visit.request_id.to_string(),
    };
    page.page.title = page.page.t(page.heading()).to_owned();
    match page.render() {
        Ok(html) => mixed::mark(html),
        // The layout itself is broken; the visitor still gets the sentence.
        Err(error) => {
            tracing::error!(%error, "the error page cannot be rendered");
            problem.detail.clone()
        }
    }
}
