//! The people who knock and the things behind the doors.

use std::sync::Mutex;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use testkit::{Browser, Program, TestApp, files};
use web::RouteInfo;

use super::Word;
use super::samples::Knock;
use crate::steps::{self, Filed};

/// Who knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Anonymous,
    Owner,
    OtherCitizen,
    Clerk,
    Approver,
    OtherApprover,
    Supervisor,
    Administrator,
    Integrator,
}

pub(super) const ROLES: [Role; 9] = [
    Role::Anonymous,
    Role::Owner,
    Role::OtherCitizen,
    Role::Clerk,
    Role::Approver,
    Role::OtherApprover,
    Role::Supervisor,
    Role::Administrator,
    Role::Integrator,
];

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Role::Anonymous => "anonymous",
            Role::Owner => "owner",
            Role::OtherCitizen => "other citizen",
            Role::Clerk => "clerk",
            Role::Approver => "approver",
            Role::OtherApprover => "other approver",
            Role::Supervisor => "supervisor",
            Role::Administrator => "administrator",
            Role::Integrator => "integrator",
        }
    }

    fn login(self) -> Option<&'static str> {
        match self {
            Role::Anonymous => None,
            Role::Owner => Some("citizen1"),
            Role::OtherCitizen => Some("citizen2"),
            Role::Clerk => Some("clerk1"),
            Role::Approver => Some("approver1"),
            Role::OtherApprover => Some("approver_civil"),
            Role::Supervisor => Some("supervisor1"),
            Role::Administrator => Some("admin1"),
            Role::Integrator => Some("integrator1"),
        }
    }

    /// On this machine, whom the metrics are for; each their own, since limits count by address.
    fn address(self) -> [u8; 4] {
        [127, 0, 0, 10 + self as u8]
    }

    pub(super) fn is_citizen(self) -> bool {
        matches!(self, Role::Owner | Role::OtherCitizen)
    }

    pub(super) fn is_staff(self) -> bool {
        self != Role::Anonymous && !self.is_citizen()
    }

    pub(super) fn casework(self) -> Option<casework::Role> {
        match self {
            Role::Anonymous | Role::Owner | Role::OtherCitizen => None,
            Role::Clerk => Some(casework::Role::WindowClerk),
            Role::Approver | Role::OtherApprover => Some(casework::Role::Approver),
            Role::Supervisor => Some(casework::Role::Supervisor),
            Role::Administrator => Some(casework::Role::Administrator),
            Role::Integrator => Some(casework::Role::Integrator),
        }
    }
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Received,
    Correcting,
    Accepted,
    /// Granted, to be fetched at a window.
    Granted,
    Done,
}

/// The town with one case in every stage.
pub(super) struct World {
    pub(super) app: TestApp,
    owner: Program,
    office: Program,
    /// A draft of the owner.
    pub(super) draft: String,
    /// Digest of the file in the draft and in every case.
    pub(super) digest: String,
    /// A case that has been through everything.
    pub(super) done: Filed,
    /// A case of each stage, for looking at.
    pub(super) received: Filed,
    pub(super) correcting: Filed,
    pub(super) license: String,
    /// A message to the owner.
    pub(super) message: String,
    /// An import the administrator has looked at but not confirmed.
    pub(super) import: String,
    /// Where a body was turned away for its form, which tells nothing of permission.
    pub(super) unread: Mutex<Vec<String>>,
}

impl World {
    pub(super) async fn build(app: TestApp) -> World {
        let owner = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let digests = owner
            .upload(&[("file", "layout.pdf", &files::pdf("layout"))])
            .await;
        let mut world = World {
            draft: String::new(),
            digest: digests[0].clone(),
            done: steps::file_food(&app, &owner).await,
            received: steps::file_food(&app, &owner).await,
            correcting: steps::file_food(&app, &owner).await,
            license: String::new(),
            message: String::new(),
            import: String::new(),
            unread: Mutex::default(),
            app,
            owner,
            office,
        };
        world.request_correction(&world.correcting).await;
        world.request_correction(&world.done).await;
        let supplied = json!({ "materials": [{ "key": "layout", "files": digests }] });
        world
            .owner
            .post(&world.done.api("/correction"), &supplied)
            .await
            .expect(200);
        world.accept(&world.done).await;
        let granted = world
            .office
            .post(
                &world.done.api("/decision"),
                &json!({ "granted": true, "opinion": "符合条件" }),
            )
            .await
            .expect(200)
            .json();
        granted["license_id"]
            .as_str()
            .expect("a certificate")
            .clone_into(&mut world.license);
        world.draft = world.begin_draft(testkit::town::FOOD).await;
        world.attach(&world.draft).await;
        world.import = world.look_at_import().await;
        world.message = world.tell().await;
        world
    }

    /// Tells what happened so far; gives one of the messages.
    async fn tell(&self) -> String {
        let platform = &self.app.platform;
        self.app.db().sequence_now().await.expect("numbered");
        while platform.intake.tell_step().await.expect("told") > 0 {}
        let list = self.owner.get("/api/v1/my/messages?limit=1").await;
        list.expect(200).json()["items"][0]["message_id"]
            .as_str()
            .expect("a message")
            .to_owned()
    }

    async fn request_correction(&self, case: &Filed) {
        let told = json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] });
        self.office
            .post(&case.api("/correction-notice"), &told)
            .await
            .expect(200);
    }

    async fn accept(&self, case: &Filed) {
        self.office
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(200);
    }

    /// A case of its own in a stage, for one who may change it.
    pub(super) async fn fresh(&self, stage: Stage) -> Filed {
        let case = if stage == Stage::Granted {
            steps::file_food_for_window(&self.app, &self.owner).await
        } else {
            steps::file_food(&self.app, &self.owner).await
        };
        match stage {
            Stage::Received => {}
            Stage::Correcting => self.request_correction(&case).await,
            Stage::Accepted => self.accept(&case).await,
            Stage::Granted | Stage::Done => {
                self.accept(&case).await;
                let granted = json!({ "granted": true, "opinion": "" });
                self.office
                    .post(&case.api("/decision"), &granted)
                    .await
                    .expect(200);
            }
        }
        case
    }

    /// A new draft of the owner for an item.
    pub(super) async fn begin_draft(&self, item: &str) -> String {
        let mut browser = self.browser(Role::Owner).await;
        let start = format!("/apply/{}", self.app.town.item(item));
        let page = browser.get(&start).await.expect(200);
        let own = self.app.town.citizen("citizen1").to_string();
        let form = page.form(&start).set("applicant", &own).forged("anew", "1");
        let page = browser.submit(&page, form).await.expect(200);
        let (draft, _) = page.address.rsplit_once('/').expect("a page of the draft");
        draft.trim_start_matches("/apply/drafts/").to_owned()
    }

    /// Puts a file into a draft.
    async fn attach(&self, draft: &str) {
        let mut browser = self.browser(Role::Owner).await;
        let page = browser
            .get(&format!("/apply/drafts/{draft}/upload-materials"))
            .await
            .expect(200);
        let upload = page
            .document
            .forms()
            .into_iter()
            .find(|form| {
                form.controls
                    .iter()
                    .any(|control| control.name == "file:layout")
            })
            .expect("an upload for the layout");
        let pdf = files::pdf("layout");
        browser
            .submit_files(&page, upload, &[("file:layout", "layout.pdf", &pdf)])
            .await
            .expect(200);
    }

    async fn look_at_import(&self) -> String {
        let mut browser = self.browser(Role::Administrator).await;
        let page = browser.get("/admin/catalog/import").await.expect(200);
        let entry = json!([{ "org": testkit::town::MARKET, "item": { "name": "测试事项", "item_type": "20" } }]);
        let form = page
            .document
            .forms()
            .into_iter()
            .find(|form| form.multipart)
            .expect("an upload");
        let field = form
            .controls
            .iter()
            .find(|control| control.kind == "file")
            .expect("a file")
            .name
            .clone();
        let content = entry.to_string().into_bytes();
        let seen = browser
            .submit_files(&page, form, &[(&field, "items.json", &content)])
            .await
            .expect(200);
        seen.address
            .trim_start_matches("/admin/catalog/import/")
            .to_owned()
    }

    async fn browser(&self, role: Role) -> Browser {
        let browser = match role.login() {
            None => self.app.visitor(),
            Some(login) => self.app.browser(login).await,
        };
        browser.at(role.address())
    }

    async fn program(&self, role: Role) -> Program {
        let program = match role.login() {
            None => self.app.stranger(),
            Some(login) => self.app.program(login).await,
        };
        program.at(role.address())
    }

    /// Files the role has uploaded, for one who may.
    /// A view of the queue that `role` has just saved; a clerk's for those who have no queue.
    pub(super) async fn view(&self, role: Role) -> String {
        let login = match role.login() {
            Some(login) if role.is_staff() => login,
            _ => "clerk1",
        };
        let app = &self.app.platform.app;
        let (staff, now) = (self.app.town.staff(login), app.now());
        let (people, id) = (app.people.clone(), app.ids.next_uuid(now));
        let view = app.db.write(move |tx| {
            let known = people.staff(tx, staff)?.expect("of the town");
            let staff = casework::actor::Staff {
                account: known.account,
                staff,
                name: known.name,
                org: known.org,
                grants: known.grants,
                stands_in_for: Vec::new(),
            };
            let new = people::views::NewView {
                list: "queue",
                shared: false,
                name: "敲门".to_owned(),
                query: "light=over".to_owned(),
            };
            people::views::save(tx, &staff, &new, id, now)
        });
        view.await.expect("saved").id.to_string()
    }

    pub(super) async fn upload(&self, role: Role) -> Vec<String> {
        if role == Role::Anonymous {
            return Vec::new();
        }
        let pdf = files::pdf("layout again");
        self.program(role)
            .await
            .upload(&[("file", "layout.pdf", &pdf)])
            .await
    }

    /// The code printed on the certificate.
    pub(super) async fn code(&self) -> String {
        let shown = self
            .owner
            .get(&format!("/api/v1/licenses/{}", self.license))
            .await
            .expect(200);
        shown.json()["verify_code"]
            .as_str()
            .expect("a code")
            .to_owned()
    }

    /// Names a token that the administrator has issued.
    pub(super) async fn token_digest(&self) -> String {
        let mut browser = self.browser(Role::Administrator).await;
        let address = format!("/admin/staff/{}", self.app.town.staff("integrator1"));
        let mut page = browser.get(&address).await.expect(200);
        if !page.text().contains("/tokens/end") {
            let form = page
                .form("/tokens")
                .set("label", "对接程序")
                .set("expires_at", "2026-12-31");
            browser.submit(&page, form).await.expect(200);
            page = browser.get(&address).await.expect(200);
        }
        let end = page.form("/tokens/end");
        end.value("digest").expect("a digest").to_owned()
    }

    /// Digest and name of a file of regions that the administrator has looked at.
    pub(super) async fn regions_seen(&self) -> (String, String) {
        let mut browser = self.browser(Role::Administrator).await;
        let page = browser.get("/admin/regions/import").await.expect(200);
        let form = page.form("/admin/regions/import");
        let csv = "code,name,level,parent_code\n990102001,滨江街道,town,990102\n";
        let page = browser
            .submit_files(&page, form, &[("file", "regions.csv", csv.as_bytes())])
            .await
            .expect(200);
        let form = page.form("/admin/regions/import/confirm");
        let of = |name: &str| form.value(name).unwrap_or_default().to_owned();
        (of("digest"), of("name"))
    }

    /// A case that its owner has rated.
    pub(super) async fn rated(&self) -> Filed {
        let case = self.fresh(Stage::Done).await;
        self.owner
            .post(&case.api("/rating"), &json!({ "level": 1 }))
            .await
            .expect(201);
        case
    }

    /// Knocks, and says what the door said.
    pub(super) async fn knock(&self, route: &RouteInfo, role: Role, knock: Knock) -> Word {
        let place = format!("{} {} for {}", route.method, knock.path, role.name());
        if route.path.starts_with("/api/") {
            let program = self.program(role).await;
            let mut request = Request::builder()
                .method(route.method.clone())
                .uri(&knock.path);
            if route.method == axum::http::Method::POST {
                request = request.header("idempotency-key", Knock::key());
            }
            let (kind, body) = knock.json_or_files();
            if let Some(kind) = kind {
                request = request.header("content-type", kind);
            }
            let answer = program
                .send(request.body(Body::from(body)).expect("a request"))
                .await;
            assert!(
                !answer.status.is_server_error(),
                "{place}: {}",
                answer.text()
            );
            if answer.text().contains("缺少这一项") {
                let mut unread = self.unread.lock().expect("nobody panicked");
                unread.push(format!("{place}: {}", answer.text()));
            }
            return word(answer.status, answer.header("location"), &place);
        }
        let mut browser = self.browser(role).await;
        let request = if route.method == axum::http::Method::POST {
            let csrf = token(&mut browser).await;
            let (kind, body) = knock.page_form(&csrf);
            Request::post(&knock.path)
                .header("content-type", kind)
                .body(Body::from(body))
        } else {
            Request::get(&knock.path).body(Body::empty())
        };
        let page = browser.send(request.expect("a request")).await;
        assert!(!page.status.is_server_error(), "{place}");
        if page.status == StatusCode::FORBIDDEN && route.method == axum::http::Method::POST {
            assert!(
                !page.shows("页面停留过久"),
                "{place}: the token was refused"
            );
        }
        word(page.status, page.header("location"), &place)
    }
}

/// The token of a visitor's forms.
async fn token(browser: &mut Browser) -> String {
    for address in ["/sign-in", "/account/password"] {
        let page = browser.get(address).await;
        if let Some(csrf) = page
            .document
            .forms()
            .iter()
            .find_map(|form| form.value("csrf"))
        {
            return csrf.to_owned();
        }
    }
    panic!("no page has a form with a token");
}

fn word(status: StatusCode, location: &str, place: &str) -> Word {
    match status.as_u16() {
        401 => Word::SignIn,
        303 if location.contains("/sign-in?back=") => Word::SignIn,
        403 => Word::Refused,
        404 => Word::Unknown,
        429 => panic!("{place}: turned away for asking too often, which says nothing"),
        _ => Word::Open,
    }
}
