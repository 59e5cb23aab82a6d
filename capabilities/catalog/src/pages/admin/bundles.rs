//! 一件事 at the editors' desk: choosing items and their order, with what follows from them shown beside; handing in,
//! publishing by a second person, the account as a file.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::Page;
use web::{Access, Fields, Form, Path, Problem, Routes, Visit};

use super::desk;
use crate::app::bundles::{self, Error, Found};
use crate::bundle::{self, Bundle, Derived, For, ITEMS_MAX, Member, Produced, PublishedBundle};
use crate::checks::Finding;
use crate::model::Limit;
use crate::pages::bundles::{name_bodies, proof_file};
use crate::pages::{Doors, links};
use crate::snapshot::Wanted;
use crate::store as records;
use crate::store::{BundleDraft, BundleState, BundleStep};
use crate::words;

const LIST: &str = "/admin/catalog/bundles";
const NEW: &str = "/admin/catalog/new-bundle";

/// Adds the doors of the desk. Whether somebody writes bundles is asked behind them: editors and administrators both do.
/// Lines of the account that the page shows; the file has all.
const PROOF_SHOWN: usize = 60;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    let menu = ui::MenuItem {
        key: "bundles",
        href: LIST,
        label: "一件事",
        icon: "list",
    };
    routes
        .get(LIST, Access::Staff, list)
        .get(NEW, Access::Staff, begin)
        .post(NEW, Access::Staff, write_new)
        .get("/admin/catalog/bundles/{key}", Access::Staff, edit)
        .post("/admin/catalog/bundles/{key}", Access::Staff, write)
        .post("/admin/catalog/bundles/{key}/act", Access::Staff, act)
        .get("/admin/catalog/bundles/{key}/proof", Access::Staff, proof)
        .menu(62, menu, Some(casework::Permission::Compile))
}

#[derive(Template)]
#[template(path = "admin/catalog_bundles.html")]
struct List {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    key: String,
    href: String,
    version: i64,
    items: usize,
    /// 15 → 9 and so on; empty where nothing is published.
    figures: [String; 3],
    draft: Option<(&'static str, String)>,
}

async fn list(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    desk::editor(&visit)?;
    let drafts = doors.app.db.read(records::bundle_drafts).await?;
    let mut rows: Vec<Row> = crate::pages::bundles::all(&doors)
        .await?
        .into_iter()
        .map(|line| Row {
            href: links::admin_bundle(&line.key),
            figures: line.derived.map_or_else(Default::default, |derived| {
                let (before, after) = (derived.before, derived.after);
                [
                    format!("{} → {}", before.materials, after.materials),
                    format!("{} → {}", before.days, after.days),
                    format!("{} → {}", before.visits, after.visits),
                ]
            }),
            name: line.name,
            key: line.key,
            version: line.version,
            items: line.items,
            draft: None,
        })
        .collect();
    for draft in drafts {
        let told = Some((draft.state.label(), draft.editor_name));
        match rows.iter_mut().find(|row| row.key == draft.body.key) {
            Some(row) => row.draft = told,
            None => rows.push(Row {
                href: links::admin_bundle(&draft.body.key),
                name: draft.body.name,
                key: draft.body.key,
                version: 0,
                items: draft.body.items.len(),
                figures: Default::default(),
                draft: told,
            }),
        }
    }
    let page = visit
        .page("一件事")
        .with_nav("bundles")
        .with_crumb("事项管理", "/admin/catalog");
    Ok(web::render(&visit, List { page, rows }))
}

#[derive(Template)]
#[template(path = "admin/catalog_bundle.html")]
struct Edit {
    page: Page,
    bundle: Bundle,
    /// Whether it exists: its key stands.
    known: bool,
    aliases: String,
    question_order: String,
    members: Vec<MemberView>,
    audiences: Vec<(String, String)>,
    audience: &'static str,
    /// What the form was made on: who saves says which one they saw.
    revision: i64,
    state: BundleState,
    editor: String,
    note: String,
    version: i64,
    public: String,
    target: String,
    acts: String,
    file: String,
    findings: Vec<Finding>,
    derived: Option<Derived>,
    steps: Vec<BundleStep>,
    writes: bool,
    reviews: bool,
    request_key: String,
}

/// One member in the form.
struct MemberView {
    place: usize,
    base_code: String,
    name: String,
    body: String,
    impl_code: String,
    handling_item: String,
    /// Variants of the item: suffix, name.
    variants: Vec<(String, String)>,
    optional: bool,
    promised: String,
    own_limit: String,
    promised_reason: String,
    on_site: String,
    /// Other members: base code, name, whether it comes before.
    before: Vec<(String, String, bool)>,
    /// Materials: key, name, base code of the member that makes it.
    materials: Vec<(String, String, String)>,
}

/// What stands of a bundle: what somebody writes, what is published, and the steps so far.
struct Standing {
    draft: Option<BundleDraft>,
    published: Option<PublishedBundle>,
    steps: Vec<BundleStep>,
}

async fn standing(doors: &Doors, key: &str) -> web::Result<Standing> {
    let key = key.to_owned();
    Ok(doors
        .app
        .db
        .read(move |tx| {
            Ok::<_, store::Error>(Standing {
                draft: records::bundle_draft(tx, &key)?,
                published: records::bundle(tx, &key)?,
                steps: records::bundle_trail(tx, &key)?,
            })
        })
        .await?)
}

impl Standing {
    /// What an editor goes on from.
    fn body(&self) -> Option<Bundle> {
        let open = self.draft.as_ref();
        let open = open.filter(|draft| draft.state != BundleState::Closed);
        match open {
            Some(draft) => Some(draft.body.clone()),
            None => self
                .published
                .as_ref()
                .map(|published| published.bundle.clone()),
        }
    }
}

async fn begin(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    desk::editor(&visit)?;
    let bundle = Bundle {
        region: doors.app.config.region.clone(),
        items: vec![Member::default(), Member::default()],
        ..Bundle::default()
    };
    let nothing = Standing {
        draft: None,
        published: None,
        steps: Vec::new(),
    };
    let mut page = page(&visit, &doors, bundle, nothing, 0, false).await?;
    page.findings.clear();
    Ok(web::render(&visit, page))
}

async fn edit(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
) -> web::Result<Response> {
    desk::editor(&visit)?;
    let standing = standing(&doors, &key).await?;
    let bundle = standing.body().ok_or_else(no_bundle)?;
    let revision = standing.draft.as_ref().map_or(0, |draft| draft.revision);
    let page = page(&visit, &doors, bundle, standing, revision, true).await?;
    Ok(web::render(&visit, page))
}

fn no_bundle() -> Problem {
    Problem::not_found("没有找到这件事，请从列表重新选择")
}

async fn page(
    visit: &Visit,
    doors: &Doors,
    bundle: Bundle,
    standing: Standing,
    revision: i64,
    known: bool,
) -> web::Result<Edit> {
    let actor = visit.actor()?;
    let asked = bundle.clone();
    let mut found = doors
        .app
        .db
        .read(move |tx| bundles::find(tx, &asked, &asked.region))
        .await?;
    name_bodies(&doors.catalog.snapshot(), &mut found);
    let parts = bundles::parts(&bundle, &found);
    let findings = bundle::check(&bundle, &parts);
    let derived = bundle::derive(&parts, &bundle.question_order).ok();
    let title = if known {
        &bundle.name
    } else {
        "新建一件事"
    };
    let href = links::admin_bundle(&bundle.key);
    let state = standing
        .draft
        .as_ref()
        .map_or(BundleState::Closed, |draft| draft.state);
    Ok(Edit {
        page: visit
            .page(title)
            .with_nav("bundles")
            .with_crumb("事项管理", "/admin/catalog")
            .with_crumb("一件事", LIST),
        known,
        aliases: bundle.aliases.join("\n"),
        question_order: bundle.question_order.join("\n"),
        members: members(&bundle, &found),
        audiences: [For::Person, For::Enterprise]
            .map(|one| (one.word().to_owned(), one.label().to_owned()))
            .to_vec(),
        audience: bundle.audience.word(),
        revision,
        state,
        editor: standing
            .draft
            .as_ref()
            .map_or_else(String::new, |draft| draft.editor_name.clone()),
        note: standing
            .draft
            .as_ref()
            .map_or_else(String::new, |draft| draft.note.clone()),
        version: standing
            .published
            .as_ref()
            .map_or(0, |published| published.version),
        public: links::bundle(&bundle.key),
        target: if known { href.clone() } else { NEW.to_owned() },
        acts: format!("{href}/act"),
        file: format!("{href}/proof"),
        findings,
        derived,
        steps: standing.steps,
        writes: bundles::compiles(actor, &bundle.region) && state != BundleState::InReview,
        reviews: bundles::reviews(actor, &bundle.region),
        request_key: visit.new_request_key(),
        bundle,
    })
}

fn members(bundle: &Bundle, found: &[Found]) -> Vec<MemberView> {
    let item_of = |place: usize| {
        found
            .iter()
            .find(|found| found.place == place)
            .map(|found| (&found.published.item, found.body.as_str()))
    };
    bundle
        .items
        .iter()
        .enumerate()
        .map(|(place, member)| {
            let item = item_of(place);
            MemberView {
                place,
                base_code: member.base_code.clone(),
                name: item.map_or_else(String::new, |(item, _)| item.name.clone()),
                body: item.map_or_else(String::new, |(_, body)| body.to_owned()),
                impl_code: member.impl_code.clone(),
                handling_item: member.handling_item.clone(),
                variants: item.map_or_else(Vec::new, |(item, _)| {
                    item.handling_items
                        .iter()
                        .map(|variant| (variant.suffix.clone(), variant.name.clone()))
                        .collect()
                }),
                optional: member.optional,
                promised: member
                    .promised
                    .as_ref()
                    .map_or_else(String::new, |limit| limit.n.to_string()),
                own_limit: item
                    .and_then(|(item, _)| item.promised_limit.as_ref())
                    .map_or_else(|| "未公布".to_owned(), words::limit),
                promised_reason: member.promised_reason.clone(),
                on_site: member.on_site.clone(),
                before: bundle
                    .items
                    .iter()
                    .enumerate()
                    .filter(|(other, one)| *other != place && !one.base_code.is_empty())
                    .map(|(other, one)| {
                        let name = item_of(other)
                            .map_or(one.base_code.as_str(), |(item, _)| item.name.as_str());
                        let ticked = member.depends_on.contains(&one.base_code);
                        (one.base_code.clone(), name.to_owned(), ticked)
                    })
                    .collect(),
                materials: item.map_or_else(Vec::new, |(item, _)| {
                    item.materials
                        .iter()
                        .map(|material| {
                            let by = member
                                .produced
                                .iter()
                                .find(|made| made.material == material.key)
                                .map_or("", |made| made.by.as_str());
                            (material.key.clone(), material.name.clone(), by.to_owned())
                        })
                        .collect()
                }),
            }
        })
        .collect()
}

/// The bundle that a form says. What is typed for an item may be its code or its name.
fn read(doors: &Doors, key: &str, fields: &Fields) -> Bundle {
    let text = |name: &str| base::text::single_line(fields.get(name).unwrap_or_default());
    let lines = |name: &str| -> Vec<String> {
        let text = fields.get(name).unwrap_or_default();
        text.split(['\n', '、', '，', ','])
            .map(base::text::single_line)
            .filter(|line| !line.is_empty())
            .collect()
    };
    let mut members: Vec<(i64, Member)> = Vec::new();
    for place in 0..=ITEMS_MAX {
        let own = |name: &str| format!("m{place}_{name}");
        let typed = text(&own("base_code"));
        if typed.is_empty() || fields.get(&own("out")).is_some() {
            continue;
        }
        let order = text(&own("order")).parse().unwrap_or(i64::MAX);
        let made = own("made_");
        let promised = text(&own("promised")).parse().ok();
        let member = Member {
            base_code: code(doors, &typed),
            impl_code: base::text::normalise_code(&text(&own("impl_code"))),
            handling_item: text(&own("handling_item")),
            optional: fields.get(&own("optional")).is_some(),
            depends_on: fields.all(&own("after")).map(str::to_owned).collect(),
            produced: fields
                .iter()
                .filter(|(_, by)| !by.is_empty())
                .filter_map(|(name, by)| {
                    Some(Produced {
                        material: name.strip_prefix(&made)?.to_owned(),
                        by: by.to_owned(),
                    })
                })
                .collect(),
            promised: promised.map(|n| Limit {
                n,
                unit: calendar::Unit::WorkingDay,
                note: String::new(),
            }),
            promised_reason: text(&own("promised_reason")),
            on_site: text(&own("on_site")),
        };
        members.push((order, member));
    }
    members.sort_by_key(|(order, _)| *order);
    let mut items: Vec<Member> = members.into_iter().map(|(_, member)| member).collect();
    // What was taken out is waited for no longer.
    let codes: Vec<String> = items
        .iter()
        .map(|member| member.base_code.clone())
        .collect();
    for member in &mut items {
        member.depends_on.retain(|before| codes.contains(before));
        member.produced.retain(|made| codes.contains(&made.by));
    }
    Bundle {
        key: key.to_owned(),
        name: text("name"),
        aliases: lines("aliases"),
        audience: if fields.get("audience") == Some(For::Enterprise.word()) {
            For::Enterprise
        } else {
            For::Person
        },
        summary: text("summary"),
        who: text("who"),
        region: text("region"),
        items,
        question_order: lines("question_order"),
    }
}

/// A base code as it was typed, or that of the item whose name was typed.
fn code(doors: &Doors, typed: &str) -> String {
    if typed.is_ascii() {
        return base::text::normalise_code(typed);
    }
    let answers = doors.catalog.snapshot().search(typed, &Wanted::default());
    answers
        .first()
        .map_or_else(|| typed.to_owned(), |answer| answer.brief.base_code.clone())
}

async fn write_new(
    visit: Visit,
    State(doors): State<Doors>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = base::text::single_line(fields.get("key").unwrap_or_default());
    written(visit, doors, key, fields, false).await
}

async fn write(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    written(visit, doors, key, fields, true).await
}

async fn written(
    visit: Visit,
    doors: Doors,
    key: String,
    fields: Fields,
    known: bool,
) -> web::Result<Response> {
    let actor = desk::editor(&visit)?.clone();
    let mut bundle = read(&doors, &key, &fields);
    let revision = fields
        .get("revision")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let what = fields.get("act").unwrap_or("preview");
    let again = async |mut bundle: Bundle, more: bool| -> web::Result<Edit> {
        if more {
            bundle.items.push(Member::default());
        }
        let standing = if known {
            standing(&doors, &key).await?
        } else {
            Standing {
                draft: None,
                published: None,
                steps: Vec::new(),
            }
        };
        page(&visit, &doors, bundle, standing, revision, known).await
    };
    if !matches!(what, "save" | "submit") {
        if what == "add" && bundle.items.len() >= ITEMS_MAX {
            bundle.items.truncate(ITEMS_MAX);
            return Ok(web::render(&visit, again(bundle, false).await?));
        }
        return Ok(web::render(&visit, again(bundle, what == "add").await?));
    }
    let (submits, now) = (what == "submit", doors.app.now());
    let (kept, target) = (bundle.clone(), links::admin_bundle(&key));
    let done = desk::act(&visit, &doors, move |tx| {
        let draft = bundles::save(tx, &actor, &bundle, revision, now)?;
        if submits {
            bundles::submit(tx, &actor, &bundle.key, draft.revision, "", now)?;
        }
        Ok(target.clone())
    })
    .await;
    match done {
        Err(problem) if problem.is_invalid() => {
            let mut edit = again(kept, false).await?;
            edit.page = edit.page.with_error();
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                edit,
            ))
        }
        done => done,
    }
}

#[derive(Debug, Deserialize)]
struct ActForm {
    act: String,
    revision: i64,
    #[serde(default)]
    reason: String,
}

async fn act(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
    Form(form): Form<ActForm>,
) -> web::Result<Response> {
    let actor = desk::editor(&visit)?.clone();
    let reason = desk::reason(&form.reason)?;
    let (now, target) = (doors.app.now(), links::admin_bundle(&key));
    desk::act(&visit, &doors, move |tx| {
        let revision = form.revision;
        match form.act.as_str() {
            "publish" => drop(bundles::publish(tx, &actor, &key, revision, &reason, now)?),
            "return" => drop(bundles::give_back(
                tx, &actor, &key, revision, &reason, now,
            )?),
            "drop" => drop(bundles::drop_draft(
                tx, &actor, &key, revision, &reason, now,
            )?),
            "take_down" => bundles::take_down(tx, &actor, &key, &reason, now)?,
            _ => return Err(Problem::invalid("act", "请从页面上的按钮选择")),
        }
        let gone = form.act == "drop" && records::bundle(tx, &key)?.is_none();
        Ok(if gone {
            LIST.to_owned()
        } else {
            target.clone()
        })
    })
    .await
}

async fn proof(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
) -> web::Result<Response> {
    desk::editor(&visit)?;
    let bundle = standing(&doors, &key).await?.body().ok_or_else(no_bundle)?;
    let asked = bundle.clone();
    let mut found = doors
        .app
        .db
        .read(move |tx| bundles::find(tx, &asked, &asked.region))
        .await?;
    name_bodies(&doors.catalog.snapshot(), &mut found);
    let parts = bundles::parts(&bundle, &found);
    let derived = bundle::derive(&parts, &bundle.question_order)
        .map_err(|finding| Problem::invalid(finding.field, finding.message))?;
    proof_file(&bundle.name, &derived.proof).await
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::NotFound => no_bundle(),
            Error::Changed(revision) => Problem::conflict(
                "bundle_changed",
                format!("这件事刚刚被别人修改过（现在是第{revision}次修改），请刷新后再改"),
            ),
            Error::WrongState(state) => Problem::conflict(
                "bundle_state",
                format!("这件事现在是{}，不能这样操作，请刷新后查看", state.label()),
            ),
            Error::Findings(found) => Problem::invalid_fields(
                found
                    .into_iter()
                    .map(|finding| (finding.field, finding.message)),
            ),
            Error::SamePerson => Problem::conflict(
                "bundle_same_person",
                "编制和审核应当是两个人，请由没有参与编制的人审核",
            ),
            Error::NeedsReason => Problem::invalid("reason", "请写明原因，会记入变更记录"),
            Error::Store(error) => Problem::from(error),
        }
    }
}
