//! Bad input: a clear 4xx, never a 5xx, and nothing half-done.
//!
//! Each test counts what it sent; [`Counted`] has them say so, and asserts its share of the whole: 500 and more.

mod bodies;
mod forms;
mod imports;
mod script;
mod uploads;

use testkit::{Answer, Page, TestApp};

/// Bad requests of one subject, and the rows that must stay as they are.
struct Counted {
    app: TestApp,
    before: Vec<(String, i64)>,
    sent: usize,
}

impl Counted {
    /// Everything that is needed has been made by now.
    async fn begin(app: &TestApp) -> Counted {
        Counted {
            app: app.clone(),
            before: app.counts().await,
            sent: 0,
        }
    }

    /// An answer of the API to something bad.
    fn api(&mut self, what: &str, answer: &Answer) {
        self.sent += 1;
        let status = answer.status.as_u16();
        assert!(
            (400..500).contains(&status),
            "{what}: {status} {}",
            answer.text()
        );
        assert_ne!(status, 429, "{what}: turned away before it was looked at");
        assert_ne!(
            status, 401,
            "{what}: not signed in, so it was not looked at"
        );
        answer.problem();
        if status == 422 {
            let errors = answer.json()["errors"].clone();
            let code = answer.problem();
            assert!(
                errors.as_array().is_some_and(|errors| !errors.is_empty()) || code != "invalid",
                "{what}: says that something is wrong but not what: {}",
                answer.text()
            );
        }
    }

    /// A page's answer to something bad.
    fn page(&mut self, what: &str, page: &Page) {
        self.sent += 1;
        let status = page.status.as_u16();
        assert!(
            (400..500).contains(&status),
            "{what}: {status} {}",
            page.document.text()
        );
        assert_ne!(status, 429, "{what}: turned away before it was looked at");
        assert_eq!(
            page.document.texts("h1").len(),
            1,
            "{what}: {}",
            page.text()
        );
        let title = page.document.texts("title").join("");
        assert!(!title.is_empty(), "{what}: no title");
    }

    /// Nothing was half-done, and there were at least so many.
    async fn end(self, at_least: usize) {
        assert_eq!(
            self.app.counts().await,
            self.before,
            "rows of some table changed"
        );
        self.app
            .verify()
            .await
            .expect("everything is as it was written");
        assert!(self.sent >= at_least, "only {} requests", self.sent);
    }
}
