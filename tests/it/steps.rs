//! Steps that many tests begin with.

use serde_json::{Value, json};
use testkit::town::{FOOD, food_answers};
use testkit::{Browser, Page, Program, TestApp, files};

/// A case that was filed: its id, number, and what the API said.
pub(crate) struct Filed {
    pub(crate) id: String,
    pub(crate) no: String,
    pub(crate) json: Value,
}

impl Filed {
    pub(crate) fn api(&self, rest: &str) -> String {
        format!("/api/v1/cases/{}{rest}", self.id)
    }

    pub(crate) fn page(&self, rest: &str) -> String {
        format!("/cases/{}{rest}", self.id)
    }

    pub(crate) fn desk(&self, rest: &str) -> String {
        format!("/staff/cases/{}{rest}", self.id)
    }
}

/// A person files an application for the food permit through the API.
pub(crate) async fn file_food(app: &TestApp, citizen: &Program) -> Filed {
    let digests = citizen
        .upload(&[("file", "布局图.pdf", &files::pdf("layout"))])
        .await;
    let body = json!({
        "item_id": app.town.item(FOOD).to_string(),
        "answers": food_answers(),
        "materials": [{ "key": "layout", "files": digests }],
        "delivery": "electronic",
    });
    filed(
        citizen
            .post("/api/v1/cases", &body)
            .await
            .expect(201)
            .json(),
    )
}

/// As [`file_food`], to be fetched at a window.
pub(crate) async fn file_food_for_window(app: &TestApp, citizen: &Program) -> Filed {
    let digests = citizen
        .upload(&[("file", "布局图.pdf", &files::pdf("layout"))])
        .await;
    let body = json!({
        "item_id": app.town.item(FOOD).to_string(),
        "answers": food_answers(),
        "materials": [{ "key": "layout", "files": digests }],
        "delivery": "window",
    });
    filed(
        citizen
            .post("/api/v1/cases", &body)
            .await
            .expect(201)
            .json(),
    )
}

pub(crate) fn filed(json: Value) -> Filed {
    let of = |name: &str| json[name].as_str().expect("a text").to_owned();
    Filed {
        id: of("case_id"),
        no: of("case_no"),
        json,
    }
}

/// Does one of the acts on the desk's page of a case, as its form stands, and shows the next page.
pub(crate) async fn act(
    desk: &mut Browser,
    case: &Filed,
    command: &str,
    values: &[(&str, &str)],
) -> Page {
    let page = desk.get(&case.desk("")).await.expect(200);
    let mut form = page.form(&format!("/acts/{command}"));
    for (name, value) in values {
        form = form.set(name, value);
    }
    desk.submit(&page, form).await
}
