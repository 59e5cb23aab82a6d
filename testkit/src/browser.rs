//! A browser without JavaScript.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};

use crate::app::Raw;
use crate::html::{Document, Form};
use crate::{TestApp, files};

/// Redirects that are followed in a row.
const HOPS_MAX: usize = 8;

/// Somebody's browser: keeps cookies and follows redirects.
#[derive(Clone)]
pub struct Browser {
    app: TestApp,
    cookies: Vec<(String, String)>,
    address: SocketAddr,
}

/// What the browser shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where the browser ended up: path and query.
    pub address: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// Empty where the answer is not HTML.
    pub document: Document,
}

impl Browser {
    pub(crate) fn new(app: TestApp) -> Browser {
        Browser {
            app,
            cookies: Vec::new(),
            address: SocketAddr::from(([192, 0, 2, 1], 40_000)),
        }
    }

    /// A browser at another address of the network: limits count by it.
    #[must_use]
    pub fn at(mut self, address: [u8; 4]) -> Browser {
        self.address = SocketAddr::from((address, 40_000));
        self
    }

    #[must_use]
    pub fn with_cookie(mut self, name: &str, value: &str) -> Browser {
        self.keep(name, value);
        self
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn keep(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Signs in through the page.
    ///
    /// # Panics
    /// When that does not work.
    pub async fn sign_in(&mut self, login: &str, password: &str) -> Page {
        let door = if login.starts_with("citizen") {
            "/sign-in"
        } else {
            "/staff/sign-in"
        };
        let page = self.get(door).await;
        let form = page
            .form(door)
            .set("login", login)
            .set("password", password);
        let page = self.submit(&page, form).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        assert!(self.cookie("tb_session").is_some(), "{}", page.text());
        page
    }

    /// Opens an address and follows redirects.
    pub async fn get(&mut self, address: &str) -> Page {
        let request = Request::get(address)
            .body(Body::empty())
            .expect("an address");
        self.follow(request, address.to_owned()).await
    }

    /// Opens an address and stays with its answer.
    pub async fn get_once(&mut self, address: &str) -> Page {
        let request = Request::get(address)
            .body(Body::empty())
            .expect("an address");
        let raw = self.raw(request).await;
        page(address.to_owned(), raw)
    }

    /// Sends a form of a page and follows redirects.
    pub async fn submit(&mut self, from: &Page, form: Form) -> Page {
        self.submit_files(from, form, &[]).await
    }

    /// Sends a form with files: (field, file name, content).
    pub async fn submit_files(
        &mut self,
        from: &Page,
        form: Form,
        with: &[(&str, &str, &[u8])],
    ) -> Page {
        let (address, request) = request_of(from, &form, with);
        self.follow(request, address).await
    }

    /// Sends a form and stays with its answer.
    pub async fn submit_once(&mut self, from: &Page, form: Form) -> Page {
        let (address, request) = request_of(from, &form, &[]);
        let raw = self.raw(request).await;
        page(address, raw)
    }

    /// Sends anything, with this browser's cookies.
    pub async fn send(&mut self, request: Request<Body>) -> Page {
        let address = request.uri().to_string();
        let raw = self.raw(request).await;
        page(address, raw)
    }

    async fn follow(&mut self, request: Request<Body>, mut address: String) -> Page {
        let mut raw = self.raw(request).await;
        for _ in 0..HOPS_MAX {
            let Some(next) = location(&raw) else {
                return page(address, raw);
            };
            let request = Request::get(&next).body(Body::empty()).expect("an address");
            raw = self.raw(request).await;
            address = next;
        }
        panic!("{HOPS_MAX} redirects in a row, the last one to {address}");
    }

    async fn raw(&mut self, mut request: Request<Body>) -> Raw {
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let header = cookies.join("; ").parse().expect("a header");
            request.headers_mut().insert("cookie", header);
        }
        let raw = self.app.send(request, self.address).await;
        for cookie in raw.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("ASCII");
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.keep(name, value);
            }
        }
        raw
    }
}

fn location(raw: &Raw) -> Option<String> {
    if !raw.status.is_redirection() {
        return None;
    }
    let to = raw.headers.get("location")?.to_str().expect("ASCII");
    assert!(
        to.starts_with('/') && !to.starts_with("//"),
        "{to} leaves the site"
    );
    // A fragment stays in the browser.
    Some(to.split('#').next().unwrap_or_default().to_owned())
}

fn page(address: String, raw: Raw) -> Page {
    let html = raw
        .headers
        .get("content-type")
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let document = if html {
        Document::parse(std::str::from_utf8(&raw.body).expect("pages are UTF-8"))
    } else {
        Document::default()
    };
    Page {
        address,
        status: raw.status,
        headers: raw.headers,
        bytes: raw.body.to_vec(),
        document,
    }
}

fn request_of(from: &Page, form: &Form, with: &[(&str, &str, &[u8])]) -> (String, Request<Body>) {
    let action = if form.action.is_empty() {
        from.address.clone()
    } else {
        form.action.clone()
    };
    if !form.post {
        let path = action.split('?').next().unwrap_or_default();
        let address = format!("{path}?{}", files::urlencoded(&form.values));
        let request = Request::get(&address)
            .body(Body::empty())
            .expect("an address");
        return (address, request);
    }
    let (kind, body) = if form.multipart {
        files::multipart(&form.values, with)
    } else {
        assert!(with.is_empty(), "this form takes no files");
        (
            "application/x-www-form-urlencoded".to_owned(),
            files::urlencoded(&form.values).into_bytes(),
        )
    };
    let request = Request::builder()
        .method(Method::POST)
        .uri(&action)
        .header("content-type", kind)
        .body(Body::from(body))
        .expect("a request");
    (action, request)
}

impl Page {
    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    /// Whether somebody reads this on the page.
    pub fn shows(&self, text: &str) -> bool {
        self.document.text().contains(text)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The only form whose action ends like this (the empty word: the first form that posts to the page itself).
    ///
    /// # Panics
    /// When there is none.
    pub fn form(&self, action: &str) -> Form {
        let forms = self.document.forms();
        forms
            .iter()
            .find(|form| {
                if action.is_empty() {
                    form.action.is_empty() && form.post
                } else {
                    form.action.ends_with(action)
                }
            })
            .cloned()
            .unwrap_or_else(|| {
                let known: Vec<&str> = forms.iter().map(|form| form.action.as_str()).collect();
                panic!(
                    "{}: no form to {action}, only {known:?}\n{}",
                    self.address,
                    self.document.text()
                )
            })
    }

    /// Where the first link with this text leads.
    ///
    /// # Panics
    /// When there is none.
    pub fn link(&self, text: &str) -> String {
        let links = self.document.links();
        match links.iter().find(|(_, known)| known.contains(text)) {
            Some((href, _)) => href.clone(),
            None => panic!("{}: no link {text} among {links:?}", self.address),
        }
    }

    /// Asserts the status, showing the page if it is another.
    ///
    /// # Panics
    /// When it is another.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the assertion is often all that is wanted"
    )]
    pub fn expect(self, status: u16) -> Page {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}: {}",
            self.address,
            self.document.text()
        );
        self
    }
}
