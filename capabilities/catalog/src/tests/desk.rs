//! The editors' desk through the whole server: two editors on one item, a reviewer, the base list, the API.

use axum::http::{Method, StatusCode};
use base::crypto::Entropy;
use base::ids::{AccountId, ItemId, StaffId};
use casework::{Grant, Role};
use people::{Keys, NewStaff, People, SessionKind};
use serde_json::{Value, json};

use super::world::{Seen, Served, now, request, with};
use crate::model::{BaseItem, LegalBasis, Limit};

/// Somebody at the desk: the cookie of their browser and the token of their program.
pub(super) struct Colleague {
    pub(super) cookie: String,
    pub(super) token: String,
}

pub(super) async fn hire(city: &Served, login: &str, name: &str, role: Role) -> Colleague {
    let people = People::new(
        Keys::from_material(b"for tests only"),
        Entropy::seeded(login.bytes().map(u64::from).sum()),
    );
    let ids = &city.world.ids;
    let (staff, account): (StaffId, AccountId) = (ids.next(now()), ids.next(now()));
    let (login, name) = (login.to_owned(), name.to_owned());
    city.world
        .db
        .write(move |tx| -> Result<Colleague, people::Error> {
            let org = people::orgs::by_key(tx, "990102.civil")?.expect("the office");
            let new = NewStaff {
                login: login.clone(),
                password_hash: "unused".to_owned(),
                must_change: false,
                name: name.clone(),
                org: org.id,
                title: String::new(),
                window: None,
                grants: vec![Grant {
                    role,
                    region: "990100".to_owned(),
                    org: None,
                }],
            };
            people.create_staff(tx, &new, staff, account, now())?;
            let browser = people.open_session(tx, account, SessionKind::Browser, now())?;
            let bearer = people.open_session(tx, account, SessionKind::Bearer, now())?;
            Ok(Colleague {
                cookie: format!("tb_session={browser}"),
                token: format!("Bearer {bearer}"),
            })
        })
        .await
        .expect("a colleague")
}

impl Colleague {
    pub(super) async fn get(&self, city: &Served, path: &str) -> Seen {
        city.get_as(&self.cookie, path).await
    }

    /// Sends a form with the token of the page it stands on.
    pub(super) async fn send(
        &self,
        city: &Served,
        page: &str,
        to: &str,
        fields: &[(&str, &str)],
    ) -> Seen {
        let seen = self.get(city, page).await;
        assert_eq!(seen.status, StatusCode::OK, "{page}: {}", seen.text());
        let mut pairs = vec![("csrf".to_owned(), seen.hidden("csrf"))];
        if seen.text().contains("name=\"request_key\"") {
            pairs.push(("request_key".to_owned(), seen.hidden("request_key")));
        }
        pairs.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let body = pairs
            .iter()
            .map(|(name, value)| {
                let encoded = ui::staff_list::encoded;
                format!("{}={}", encoded(name), encoded(value))
            })
            .collect::<Vec<_>>()
            .join("&");
        let form = request(Method::POST, to, "application/x-www-form-urlencoded", body);
        city.send(with(form, "cookie", &self.cookie)).await
    }

    pub(super) async fn call(&self, city: &Served, path: &str, body: &Value) -> Seen {
        let key = city.world.ids.next_uuid(now()).to_string();
        let post = request(Method::POST, path, "application/json", body.to_string());
        let post = with(
            with(post, "authorization", &self.token),
            "idempotency-key",
            &key,
        );
        city.send(post).await
    }

    pub(super) async fn ask(&self, city: &Served, path: &str) -> Seen {
        city.send(with(
            request(Method::GET, path, "", ""),
            "authorization",
            &self.token,
        ))
        .await
    }
}

pub(super) fn item(city: &Served, name: &str) -> ItemId {
    let snapshot = city.catalog.snapshot();
    let brief = snapshot.items().iter().find(|brief| brief.name == name);
    brief.expect(name).item_id
}

fn revision(seen: &Seen) -> String {
    seen.hidden("revision")
}

/// Begins a draft of an item; its page.
async fn begun(city: &Served, who: &Colleague, item_id: ItemId) -> String {
    let page = format!("/admin/catalog/items/{item_id}/edit");
    let id = item_id.to_string();
    let begun = who
        .send(city, &page, "/admin/catalog/drafts", &[("item_id", &id)])
        .await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text());
    begun.header("location").to_owned()
}

async fn a_second_editor_sees_the_conflict_field_by_field(city: Served) {
    let first = hire(&city, "editor1", "陈静", Role::CatalogEditor).await;
    let second = hire(&city, "editor2", "刘洋", Role::CatalogEditor).await;
    let reviewer = hire(&city, "reviewer1", "周敏", Role::CatalogReviewer).await;
    let item_id = item(&city, "结婚登记");
    // Others have no business here.
    let clerk = city.get_as(&city.clerk, "/admin/catalog/drafts").await;
    assert_eq!(clerk.status, StatusCode::FORBIDDEN);

    let draft = begun(&city, &first, item_id).await;
    let (basic, service) = (
        format!("{draft}/edit/basic"),
        format!("{draft}/edit/service"),
    );
    assert_eq!(first.get(&city, &basic).await.status, StatusCode::OK);
    // Whoever opens the item goes on with the same draft, and sees who else has it open.
    let edit = format!("/admin/catalog/items/{item_id}/edit");
    assert_eq!(second.get(&city, &edit).await.header("location"), draft);
    let opened = second.get(&city, &basic).await;
    assert!(
        opened.text().contains("陈静 10:20正在编辑"),
        "{}",
        opened.text()
    );
    let seen = opened.hidden("seen");

    let saved = first
        .send(
            &city,
            &basic,
            &basic,
            &[
                ("seen", &seen),
                ("summary", "甲写的简介"),
                ("aliases", "领证\n扯证"),
            ],
        )
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    // Another section saved meanwhile is merged without a question.
    let merged = second
        .send(
            &city,
            &service,
            &service,
            &[("seen", &seen), ("consult_phone", "0990-5510001")],
        )
        .await;
    assert!(
        merged.header("location").ends_with("saved=merged"),
        "{}",
        merged.text()
    );
    let conflict = second
        .send(
            &city,
            &basic,
            &basic,
            &[
                ("seen", &seen),
                ("summary", "乙写的简介"),
                ("local_item_code", "HJ-01"),
            ],
        )
        .await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    let text = conflict.text();
    for part in [
        "简介",
        "甲写的简介",
        "乙写的简介",
        "name=\"local_item_code\" value=\"HJ-01\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains("choose:aliases"),
        "only one of them changed the aliases"
    );
    let against = conflict.hidden("against");
    let again = [
        ("seen", seen.as_str()),
        ("against", against.as_str()),
        ("summary", "乙写的简介"),
        ("local_item_code", "HJ-01"),
    ];
    // Nothing is chosen yet: it asks again.
    let unchosen = second.send(&city, &basic, &basic, &again).await;
    assert_eq!(unchosen.status, StatusCode::CONFLICT);
    assert!(unchosen.text().contains("请选择“简介”保留哪一个"));
    let mut chosen = again.to_vec();
    chosen.push(("choose:summary", "theirs"));
    let saved = second.send(&city, &basic, &basic, &chosen).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = second.get(&city, &draft).await;
    for part in ["甲写的简介", "扯证", "HJ-01", "0990-5510001"] {
        assert!(page.text().contains(part), "{part}");
    }

    // Two persons: who wrote does not review; the old version stays, the difference is public.
    let submit = format!("{draft}/submit");
    let handed = second
        .send(&city, &draft, &submit, &[("revision", &revision(&page))])
        .await;
    assert_eq!(handed.status, StatusCode::SEE_OTHER, "{}", handed.text());
    let looked = reviewer.get(&city, &draft).await;
    let revision = revision(&looked);
    let approve = format!("{draft}/approve");
    let own = second
        .send(&city, &draft, &approve, &[("revision", &revision)])
        .await;
    assert_eq!(
        own.status,
        StatusCode::NOT_FOUND,
        "an editor does not review"
    );
    let passed = reviewer
        .send(&city, &draft, &approve, &[("revision", &revision)])
        .await;
    assert_eq!(passed.status, StatusCode::SEE_OTHER, "{}", passed.text());
    let guide = city.get(&format!("/items/{item_id}")).await;
    assert!(guide.text().contains("甲写的简介") && guide.text().contains("第2版"));
    let old = city.get(&format!("/items/{item_id}/versions/1")).await;
    assert!(old.status == StatusCode::OK && !old.text().contains("甲写的简介"));
    let diff = city
        .get(&format!("/items/{item_id}/diff?from=1&to=2"))
        .await;
    assert!(diff.text().contains("甲写的简介") && diff.text().contains("HJ-01"));
    let english = city
        .get_as("tb_lang=en", &format!("/items/{item_id}/diff"))
        .await;
    assert!(english.text().contains("Compare two versions"));
    let done = reviewer.get(&city, &draft).await;
    for part in ["开始编制", "提交审核", "审核通过", "发布为"] {
        assert!(done.text().contains(part), "{part}");
    }
}

pub(super) fn food() -> BaseItem {
    BaseItem {
        base_code: "990121009001".into(),
        name: "小餐饮登记".into(),
        item_type: "01".into(),
        licence_list_no: "190".into(),
        legal_basis: vec![LegalBasis {
            law: "《食品安全法》".into(),
            article: "第三十六条".into(),
            level: "法律".into(),
            ..LegalBasis::default()
        }],
        exercise_levels: vec![4],
        service_objects: vec![1, 2],
        statutory_limit: Some(limit(20)),
        promised_limit: Some(limit(10)),
        visit_count: Some(1),
        handling_forms: vec![1],
        ..BaseItem::default()
    }
}

fn limit(n: u32) -> Limit {
    Limit {
        n,
        unit: calendar::Unit::WorkingDay,
        note: String::new(),
    }
}

async fn a_base_item_is_published_claimed_locked_and_cancelled(city: Served) {
    let editor = hire(&city, "editor1", "陈静", Role::CatalogEditor).await;
    let reviewer = hire(&city, "reviewer1", "周敏", Role::CatalogReviewer).await;
    let keeper = Colleague {
        cookie: city.admin.clone(),
        token: city.admin_token.clone(),
    };
    // An editor does not keep the list.
    let body = json!({ "item": food(), "reason": "省级公布" });
    let refused = editor.call(&city, "/api/v1/base-items", &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // A licence outside the list is refused at its field, by page and by API.
    let mut unlisted = food();
    unlisted.licence_list_no.clear();
    let outside = json!({ "item": unlisted });
    let refused = keeper.call(&city, "/api/v1/base-items", &outside).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text().contains("licence_list_no"),
        "{}",
        refused.text()
    );
    let fields = [
        ("of", ""),
        ("seen", "0"),
        ("base_code", "990121009001"),
        ("name", "小餐饮登记"),
        ("item_type", "01"),
        ("act", "preview"),
    ];
    let refused = keeper
        .send(&city, "/admin/base/new", "/admin/base", &fields)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("不在行政许可事项清单内"));

    let published = keeper.call(&city, "/api/v1/base-items", &body).await;
    assert_eq!(published.json()["version"], 1, "{}", published.text());
    let fields = [("base_code", "990121009001"), ("org", "990102.civil")];
    let begun = editor
        .send(
            &city,
            "/admin/base/990121009001",
            "/admin/catalog/drafts",
            &fields,
        )
        .await;
    let draft = begun.header("location").to_owned();
    let basic = format!("{draft}/edit/basic");
    let page = editor.get(&city, &basic).await;
    assert!(page.text().contains("由基本目录统一规定，不能在本地修改"));
    assert!(!page.text().contains("name=\"name\""), "the name is locked");
    // A forged field is not read; a worse promise is refused with its reason, at its field.
    let seen = page.hidden("seen");
    let time = format!("{draft}/edit/time");
    let worse = [
        ("seen", seen.as_str()),
        ("name", "改了名称"),
        ("promised_limit.n", "15"),
        ("promised_limit.unit", "working_day"),
    ];
    let saved = editor.send(&city, &time, &time, &worse).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = editor.get(&city, &time).await;
    assert!(page.text().contains("只能缩短"), "{}", page.text());
    let show = editor.get(&city, &draft).await;
    assert!(!show.text().contains("改了名称"));
    let submit = format!("{draft}/submit");
    let refused = editor
        .send(&city, &draft, &submit, &[("revision", &revision(&show))])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let seen = page.hidden("seen");
    let better = [
        ("seen", seen.as_str()),
        ("promised_limit.n", "5"),
        ("promised_limit.unit", "working_day"),
    ];
    editor.send(&city, &time, &time, &better).await;
    let service = format!("{draft}/edit/service");
    let seen = editor.get(&city, &service).await.hidden("seen");
    let why = [("seen", seen.as_str()), ("visit_reason", "要核验原件")];
    editor.send(&city, &service, &service, &why).await;
    let show = editor.get(&city, &draft).await;
    let handed = editor
        .send(&city, &draft, &submit, &[("revision", &revision(&show))])
        .await;
    assert_eq!(handed.status, StatusCode::SEE_OTHER, "{}", handed.text());
    let looked = reviewer.get(&city, &draft).await;
    let approve = format!("{draft}/approve");
    let passed = reviewer
        .send(&city, &draft, &approve, &[("revision", &revision(&looked))])
        .await;
    assert_eq!(passed.status, StatusCode::SEE_OTHER, "{}", passed.text());
    let item_id = item(&city, "小餐饮登记");

    // A new version asks for its adoption within a month; adopting begins a draft with the new fixed fields.
    let mut next = food();
    next.statutory_limit = Some(limit(15));
    let published = keeper
        .call(&city, "/api/v1/base-items", &json!({ "item": next }))
        .await;
    assert_eq!(published.json()["version"], 2, "{}", published.text());
    let tasks = editor.get(&city, "/admin/base/adoptions").await;
    assert!(tasks.text().contains("小餐饮登记") && tasks.text().contains("还剩31天"));
    let listed = editor.ask(&city, "/api/v1/adoptions").await.json();
    assert_eq!(listed["items"][0]["light"], "ok", "{listed}");
    let adopt = format!("/admin/base/adoptions/{item_id}");
    let adopted = editor
        .send(&city, "/admin/base/adoptions", &adopt, &[])
        .await;
    let adopted = editor.get(&city, adopted.header("location")).await;
    assert!(
        adopted.text().contains("<ins>15</ins>"),
        "{}",
        adopted.text()
    );
    let diff = editor
        .get(&city, "/admin/base/990121009001/diff?from=1&to=2")
        .await;
    assert!(diff.text().contains("法定办结时限"));
    let licences = editor.get(&city, "/admin/base/licences").await;
    assert!(licences.text().contains("190") && licences.text().contains("清单之外正在实施的许可"));

    // Cancelling stops acceptance at once.
    let cancel = "/admin/base/990121009001/cancel";
    let page = "/admin/base/990121009001";
    let refused = keeper.send(&city, page, cancel, &[("reason", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = keeper
        .send(&city, page, cancel, &[("reason", "国务院决定取消")])
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let state = editor.ask(&city, &format!("/api/v1/items/{item_id}")).await;
    assert_eq!(state.json()["current"], false);
}

async fn a_program_edits_as_a_person_does(city: Served) {
    let first = hire(&city, "editor1", "陈静", Role::CatalogEditor).await;
    let second = hire(&city, "editor2", "刘洋", Role::CatalogEditor).await;
    let reviewer = hire(&city, "reviewer1", "周敏", Role::CatalogReviewer).await;
    let item_id = item(&city, "结婚登记");
    let drafts = "/api/v1/catalog/drafts";
    let begun = first
        .call(&city, drafts, &json!({ "item_id": item_id }))
        .await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text());
    let id = begun.json()["draft_id"].as_str().expect("an id").to_owned();
    let twice = second
        .call(&city, drafts, &json!({ "item_id": item_id }))
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let here = format!("{drafts}/{id}");
    let base = first.ask(&city, &here).await.json();
    let changed = |summary: &str| {
        let mut item = base["item"].clone();
        item["summary"] = json!(summary);
        json!({ "seen": 1, "item": item })
    };
    let saved = first.call(&city, &here, &changed("甲")).await;
    assert_eq!(saved.json()["draft"]["revision"], 2, "{}", saved.text());
    let conflict = second.call(&city, &here, &changed("乙")).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    let told = conflict.text();
    assert!(
        told.contains("summary") && told.contains("甲") && told.contains("乙"),
        "{told}"
    );
    let mut chosen = changed("乙");
    chosen["chosen"] = json!({ "summary": "mine" });
    let saved = second.call(&city, &here, &chosen).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    let revision = saved.json()["draft"]["revision"].clone();
    let step = |name: &str| format!("{here}/{name}");
    let handed = second
        .call(&city, &step("submit"), &json!({ "revision": revision }))
        .await;
    assert_eq!(handed.json()["state"], "in_review", "{}", handed.text());
    let revision = handed.json()["revision"].clone();
    let empty = reviewer
        .call(&city, &step("return"), &json!({ "revision": revision }))
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let passed = reviewer
        .call(&city, &step("approve"), &json!({ "revision": revision }))
        .await;
    assert_eq!(passed.json()["version"], 2, "{}", passed.text());
    let listed = first
        .ask(&city, "/api/v1/catalog/drafts?state=published")
        .await
        .json();
    assert_eq!(listed["items"][0]["name"], "结婚登记");
    let diff = city
        .get(&format!("/api/v1/items/{item_id}/diff"))
        .await
        .json();
    assert_eq!(diff["changes"][0]["path"], "summary");
    assert_eq!(diff["changes"][0]["new"], "乙");
}

crate::tests::world::on_both!(doors:
    a_second_editor_sees_the_conflict_field_by_field,
    a_base_item_is_published_claimed_locked_and_cancelled,
    a_program_edits_as_a_person_does,
);
