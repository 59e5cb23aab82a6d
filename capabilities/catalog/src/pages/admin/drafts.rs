//! The list of drafts, and beginning one: from an item, from a base item (认领), or as a local special item (地方特有).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{ItemId, OrgId};
use casework::Actor;
use jiff::Timestamp;
use people::{Org, orgs, views};
use serde::Deserialize;
use store::Tx;
use ui::Page;
use ui::staff_list::{Column, Field, Filters, ListAddress, Views};
use web::export::{Cell, Format};
use web::saved::{self, Tab, opens_with};
use web::{Access, Form, Path, Problem, Query, Routes, Visit};

use super::desk::{act, draft_href, editor};
use crate::app::base::{self as base_list, Body};
use crate::app::drafting::{self, Start};
use crate::model::Item;
use crate::pages::{Doors, links};
use crate::store as records;
use crate::store::{BatchId, Draft, DraftFilter, DraftId, DraftState};
use crate::words;

const PATH: &str = "/admin/catalog/drafts";
const LIST: &str = "drafts";
/// Rows on one page.
const PAGE: usize = 50;
/// Rows of an export.
const EXPORT_MAX: usize = 20_000;
/// Items or base items offered to begin from.
const OFFERED: usize = 20;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, list)
        .post(PATH, Access::Staff, begin)
        .get("/admin/catalog/drafts/new", Access::Staff, choose)
        .get("/admin/catalog/items/{item_id}/edit", Access::Staff, edit)
        .menu(
            61,
            ui::MenuItem {
                key: "drafts",
                href: PATH,
                label: "事项编制",
                icon: "doc",
            },
            Some(casework::Permission::Compile),
        )
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(crate) q: String,
    /// Key of a body.
    pub(crate) org: String,
    pub(crate) state: String,
    pub(crate) batch: String,
    pub(crate) cursor: String,
    format: String,
}

impl Asked {
    fn at(&self) -> ListAddress {
        ListAddress::new(PATH)
            .with("q", self.q.as_str())
            .with("org", self.org.as_str())
            .with("state", self.state.as_str())
            .with("batch", self.batch.as_str())
    }

    fn filter(&self, doors: &Doors) -> DraftFilter {
        let snapshot = doors.catalog.snapshot();
        DraftFilter {
            state: DraftState::from_word(&self.state),
            org_id: snapshot.org_by_key(&self.org).map(|org| org.id),
            batch: self.batch.parse::<BatchId>().ok(),
            text: base::text::single_line(&self.q),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/drafts.html")]
struct List {
    page: Page,
    views: Views,
    filters: Filters,
    columns: Vec<Column>,
    rows: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
    xlsx: String,
    csv: String,
}

struct Line {
    id: DraftId,
    href: String,
    name: String,
    org: String,
    state: DraftState,
    from: String,
    editor: String,
    updated: Timestamp,
    effective: Option<Timestamp>,
    batch: Option<String>,
}

impl Line {
    fn of(doors: &Doors, draft: Draft) -> Line {
        Line {
            id: draft.draft_id,
            href: draft_href(draft.draft_id),
            org: doors.catalog.snapshot().org_name(draft.org_id).to_owned(),
            state: draft.state,
            from: match draft.from_version {
                0 => "新事项".to_owned(),
                n => format!("第{n}版"),
            },
            editor: draft.editor_name,
            updated: draft.updated_at,
            effective: draft.effective_at,
            batch: draft
                .batch
                .map(|batch| format!("/admin/catalog/batches/{batch}")),
            name: if draft.body.name.is_empty() {
                "未命名".to_owned()
            } else {
                draft.body.name
            },
        }
    }
}

impl Line {
    fn tag(&self) -> &'static str {
        tag(self.state)
    }
}

/// The colour of a state's word.
pub(crate) fn tag(state: DraftState) -> &'static str {
    match state {
        DraftState::Editing => "brand",
        DraftState::InReview | DraftState::Approved => "amber",
        DraftState::Published => "green",
        DraftState::Dropped => "",
    }
}

/// The drafts an actor may see, newest change first.
pub(crate) fn visible(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &DraftFilter,
    after: Option<(Timestamp, DraftId)>,
    limit: usize,
) -> Result<Vec<Draft>, store::Error> {
    let (mut found, mut after) = (Vec::new(), after);
    loop {
        let step = records::drafts(tx, filter, after, records::LIST_MAX)?;
        let more = step.len() == records::LIST_MAX;
        after = step.last().map(|last| (last.updated_at, last.draft_id));
        found.extend(
            step.into_iter()
                .filter(|draft| drafting::compiles(actor, &draft.region, draft.org_id)),
        );
        if found.len() >= limit || !more {
            found.truncate(limit);
            return Ok(found);
        }
    }
}

async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let staff = visit.staff()?.clone();
    let filter = asked.filter(&doors);
    if let Some(format) = Format::from_word(&asked.format) {
        let rows = doors
            .app
            .db
            .read(move |tx| visible(tx, &actor, &filter, None, EXPORT_MAX))
            .await?;
        return export(&doors, format, rows).await;
    }
    let after: Option<(Timestamp, DraftId)> = match asked.cursor.as_str() {
        "" => None,
        cursor => Some(web::cursor::decode(&doors.app, LIST, cursor)?),
    };
    let paged = after.is_some();
    let (mut drafts, saved) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let drafts = visible(tx, &actor, &filter, after, PAGE + 1)?;
            Ok((drafts, views::of(tx, &staff, LIST)?))
        })
        .await?;
    if let Some(view) = opens_with(PATH, visit.query(), &saved) {
        return Ok(web::redirect(&view));
    }
    let more = drafts.len() > PAGE;
    drafts.truncate(PAGE);
    let page = visit.page("事项编制").with_nav("drafts");
    let at = asked.at();
    let older = drafts.last().filter(|_| more).map(|last| {
        let cursor = web::cursor::encode(&doors.app, LIST, &(last.updated_at, last.draft_id));
        at.clone().with("cursor", cursor).href()
    });
    let tabs = vec![
        Tab::all(&page, None),
        fixed(&page, "编制中", "state=editing"),
        fixed(&page, "待审核", "state=in_review"),
        fixed(&page, "待生效", "state=approved"),
    ];
    let rows: Vec<Line> = drafts
        .into_iter()
        .map(|draft| Line::of(&doors, draft))
        .collect();
    Ok(web::render(
        &visit,
        List {
            views: saved::tabs(LIST, PATH, &at, tabs, &saved),
            filters: Filters {
                action: PATH,
                fields: fields(&page, &doors, &asked),
                keep: vec![("batch", asked.batch.clone())],
                clear: if at.pairs().is_empty() {
                    String::new()
                } else {
                    format!("{PATH}?{}", saved::ALL)
                },
                said: page.t1("本页{n}份，新近改动的在前", "n", rows.len()),
            },
            columns: ["事项", "实施主体", "状态", "基于", "最近编制", "改动时间"]
                .map(|label| Column::new(page.t(label)))
                .into(),
            newer: paged.then(|| at.href()),
            older,
            xlsx: at.clone().with("format", "xlsx").href(),
            csv: at.clone().with("format", "csv").href(),
            rows,
            page,
        },
    ))
}

fn fixed(page: &Page, label: &str, query: &'static str) -> Tab {
    Tab {
        label: page.t(label).to_owned(),
        query,
        count: None,
    }
}

fn fields(page: &Page, doors: &Doors, asked: &Asked) -> Vec<Field> {
    let mut bodies = vec![(String::new(), page.t("全部实施主体").to_owned())];
    bodies.extend(
        doors
            .catalog
            .snapshot()
            .orgs_with_items()
            .into_iter()
            .map(|(org, _)| (org.key.clone(), org.name.clone())),
    );
    let mut states = vec![(String::new(), page.t("全部状态").to_owned())];
    states.extend(
        DraftState::ALL.map(|state| (state.word().to_owned(), page.t(state.label()).to_owned())),
    );
    vec![
        Field::search("q", page.t("事项名称"), &asked.q),
        Field::choice("org", page.t("实施主体"), &asked.org, bodies),
        Field::choice("state", page.t("状态"), &asked.state, states),
    ]
}

async fn export(doors: &Doors, format: Format, drafts: Vec<Draft>) -> web::Result<Response> {
    const HEAD: &[&str] = &[
        "事项",
        "实施编码",
        "实施主体",
        "状态",
        "基于版本",
        "编制人",
        "改动时间",
    ];
    let snapshot = doors.catalog.snapshot();
    let rows: Vec<Vec<Cell>> = drafts
        .into_iter()
        .map(|draft| {
            vec![
                Cell::from(draft.body.name),
                Cell::from(draft.body.impl_code),
                Cell::from(snapshot.org_name(draft.org_id).to_owned()),
                Cell::from(draft.state.label().to_owned()),
                Cell::from(draft.from_version.to_string()),
                Cell::from(draft.editor_name),
                Cell::from(draft.updated_at.to_string()),
            ]
        })
        .collect();
    web::export::table(format, "事项草稿", HEAD, rows).await
}

/// An item or a base item that a draft can be begun from.
struct Offer {
    value: String,
    name: String,
    code: String,
    note: String,
}

#[derive(Template)]
#[template(path = "admin/draft_new.html")]
struct New {
    page: Page,
    q: String,
    items: Vec<Offer>,
    bases: Vec<Offer>,
    bodies: Vec<(String, String)>,
    types: Vec<(String, String)>,
    levels: Vec<(String, String)>,
    request_key: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Choose {
    q: String,
}

async fn choose(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Choose>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let text = base::text::single_line(&asked.q);
    let (today, words) = (doors.app.today(), text.clone());
    let (found, bases, bodies) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let bodies = own_bodies(tx, &actor, today)?;
            if words.is_empty() {
                return Ok((Vec::new(), Vec::new(), bodies));
            }
            let filter = records::Filter {
                text: words.clone(),
                ..records::Filter::default()
            };
            let items: Vec<_> = records::list(tx, &filter, None, 200)?
                .into_iter()
                .filter(|brief| drafting::compiles(&actor, &brief.region, brief.org_id))
                .take(OFFERED)
                .collect();
            Ok((items, records::base_items(tx, &words, "", OFFERED)?, bodies))
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    let page = visit
        .page("新建草稿")
        .with_nav("drafts")
        .with_crumb("事项编制", PATH);
    let pairs = |table: &[(&str, &str)]| -> Vec<(String, String)> {
        table
            .iter()
            .map(|(code, label)| ((*code).to_owned(), page.t(label).to_owned()))
            .collect()
    };
    let new = New {
        q: text,
        items: found
            .into_iter()
            .map(|brief| Offer {
                value: brief.item_id.to_string(),
                name: brief.name.clone(),
                code: brief.impl_code.clone(),
                note: snapshot.org_name(brief.org_id).to_owned(),
            })
            .collect(),
        bases: bases
            .into_iter()
            .filter(|base| !base.cancelled)
            .map(|base| Offer {
                value: base.base_code.clone(),
                name: base.item.name,
                code: base.base_code,
                note: words::item_type(&base.item.item_type),
            })
            .collect(),
        bodies: bodies.into_iter().map(|org| (org.key, org.name)).collect(),
        types: pairs(words::ITEM_TYPES),
        levels: words::EXERCISE_LEVELS
            .iter()
            .map(|(code, label)| (code.to_string(), page.t(label).to_owned()))
            .collect(),
        request_key: visit.new_request_key(),
        page,
    };
    Ok(web::render(&visit, new))
}

/// The bodies whose items an actor may write.
pub(crate) fn own_bodies(
    tx: &mut Tx<'_>,
    actor: &Actor,
    today: jiff::civil::Date,
) -> Result<Vec<Org>, people::Error> {
    let filter = orgs::OrgFilter {
        on: Some(today),
        ..orgs::OrgFilter::default()
    };
    let all = orgs::list(tx, &filter, None, 2000)?;
    Ok(all
        .into_iter()
        .filter(|org| drafting::compiles(actor, &org.region, org.id))
        .collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Begin {
    /// Begin from this item.
    item_id: String,
    /// Or claim this base item.
    base_code: String,
    /// Or a local special item of this name.
    name: String,
    item_type: String,
    level: String,
    /// Key of the body, for both of these.
    org: String,
}

async fn begin(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<Begin>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let now = doors.app.now();
    let draft_id: DraftId = doors.app.ids.next(now);
    act(&visit, &doors, move |tx| {
        let draft = begun(tx, &actor, draft_id, &form, now)?;
        Ok(draft_href(draft))
    })
    .await
}

/// The draft that a form asks for. An open one of the same item is gone on with.
fn begun(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    form: &Begin,
    now: Timestamp,
) -> web::Result<DraftId> {
    if !form.item_id.is_empty() {
        let item_id: ItemId = form
            .item_id
            .parse()
            .map_err(|_| Problem::not_found("没有找到这个事项"))?;
        return match drafting::begin(tx, actor, draft_id, Start::Item(item_id), None, now) {
            Ok(draft) => Ok(draft.draft_id),
            Err(drafting::Error::Open(open)) => Ok(open),
            Err(error) => Err(error.into()),
        };
    }
    let org =
        orgs::by_key(tx, &form.org)?.ok_or_else(|| Problem::invalid("org", "请选择实施主体"))?;
    if !form.base_code.is_empty() {
        return Ok(claim(tx, actor, draft_id, &form.base_code, &org, now)?.draft_id);
    }
    let level = form.level.parse().unwrap_or(org.level);
    let draft = special(
        tx,
        actor,
        draft_id,
        &org,
        (&form.name, &form.item_type, level),
        now,
    )?;
    Ok(draft.draft_id)
}

/// 认领 by a body.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    base_code: &str,
    org: &Org,
    now: Timestamp,
) -> Result<Draft, base_list::Error> {
    let body = Body {
        org_id: org.id,
        region: &org.region,
        uscc: org.uscc.as_deref().unwrap_or_default(),
        level: org.level,
    };
    base_list::claim(tx, actor, draft_id, base_code, &body, now)
}

/// 地方特有: a draft of an item that no base item stands behind.
pub(crate) fn special(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    org: &Org,
    (name, item_type, level): (&str, &str, u8),
    now: Timestamp,
) -> web::Result<Draft> {
    let name = base::text::single_line(name);
    if name.is_empty() {
        return Err(Problem::invalid("name", "请填写事项名称"));
    }
    let item = Item {
        name,
        item_type: item_type.to_owned(),
        exercise_level: level,
        region_code: org.region.clone(),
        source: "地方特有".to_owned(),
        ..Item::default()
    };
    let start = Start::New {
        org_id: org.id,
        region: org.region.clone(),
        item: Box::new(item),
    };
    Ok(drafting::begin(tx, actor, draft_id, start, None, now)?)
}

#[derive(Template)]
#[template(path = "admin/draft_begin.html")]
struct BeginPage {
    page: Page,
    item_id: ItemId,
    org: String,
    version: i64,
    guide: String,
    request_key: String,
}

/// Leads to the open draft of an item, or asks whether to begin one.
async fn edit(
    visit: Visit,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let (open, holder, published) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            Ok((
                records::open_draft(tx, item_id)?,
                records::holder(tx, item_id)?,
                records::current(tx, item_id)?,
            ))
        })
        .await?;
    let (Some(holder), Some(published)) = (holder, published) else {
        return Err(Problem::not_found("没有找到这个事项"));
    };
    if !drafting::compiles(&actor, &holder.region, holder.org_id) {
        return Err(Problem::not_found(
            "没有找到这个事项，或者它不在您的编制范围内",
        ));
    }
    if let Some(open) = open {
        return Ok(web::redirect(&draft_href(open.draft_id)));
    }
    Ok(web::render(
        &visit,
        BeginPage {
            page: visit
                .page(&format!("编制：{}", published.item.name))
                .with_nav("drafts")
                .with_crumb("事项编制", PATH),
            item_id,
            org: org_name(&doors, published.org_id),
            version: published.version,
            guide: links::item(item_id),
            request_key: visit.new_request_key(),
        },
    ))
}

fn org_name(doors: &Doors, org_id: OrgId) -> String {
    doors.catalog.snapshot().org_name(org_id).to_owned()
}
