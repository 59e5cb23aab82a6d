//! 指南抽查: drawing guides, marking their sections, counting the errors of each body.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::{ItemId, OrgId};
use serde::Deserialize;
use store::Tx;
use ui::Page;
use web::export::{self, Cell, Format};
use web::{Access, Answer, Fields, Form, Idempotency, Path, Problem, Query, Routes, Visit};

use super::checks::{PATH as CHECKS, body_of, org_options};
use super::desk::editor;
use crate::model::ItemState;
use crate::pages::{Doors, links};
use crate::snapshot::Snapshot;
use crate::spot::{SECTIONS, SIZE_MAX, TEXT_CHARS_MAX, Wrong, draw, population_digest, problems};
use crate::store as records;
use crate::store::{Spot, SpotId, SpotItem};

const PATH: &str = "/admin/catalog/spot-checks";
/// Spot checks that the page lists.
const SHOWN_MAX: usize = 100;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, list)
        .post(PATH, Access::Staff, begin)
        .get("/admin/catalog/spot-checks/{check_id}", Access::Staff, show)
        .get(
            "/admin/catalog/spot-checks/{check_id}/export",
            Access::Staff,
            file,
        )
        .get(
            "/admin/catalog/spot-checks/{check_id}/items/{n}",
            Access::Staff,
            look,
        )
        .post(
            "/admin/catalog/spot-checks/{check_id}/items/{n}",
            Access::Staff,
            mark,
        )
}

fn page(visit: &Visit, title: &str) -> Page {
    visit
        .page(title)
        .with_nav("catalog")
        .with_crumb("事项管理", "/admin/catalog")
        .with_crumb("事项核对", CHECKS)
}

fn href(check_id: SpotId) -> String {
    format!("{PATH}/{check_id}")
}

/// What a spot check is to be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewSpot {
    pub(crate) title: String,
    pub(crate) org: String,
    pub(crate) size: String,
    /// Empty: made from the moment.
    pub(crate) seed: String,
}

/// What is drawn: the check, what it was drawn from, and the guides.
pub(crate) fn drawn(
    doors: &Doors,
    snapshot: &Snapshot,
    new: &NewSpot,
    by: &str,
) -> web::Result<(Spot, base::crypto::Digest, Vec<SpotItem>)> {
    let org_id = body_of(snapshot, &new.org)?;
    let mut wrong: Vec<(&str, String)> = Vec::new();
    let title = base::text::single_line(&new.title);
    if title.is_empty() || title.chars().count() > TEXT_CHARS_MAX {
        wrong.push(("title", format!("请写抽查名称，最长{TEXT_CHARS_MAX}个字")));
    }
    let size = match new.size.trim().parse::<usize>() {
        Ok(size) if (1..=SIZE_MAX).contains(&size) => size,
        _ => {
            wrong.push(("size", format!("抽查数量应为1至{SIZE_MAX}的整数")));
            0
        }
    };
    let now = doors.app.now();
    let mut seed = base::text::single_line(&new.seed);
    if seed.is_empty() {
        seed = base::crypto::to_hex(&doors.app.entropy().bytes::<8>());
    }
    if seed.chars().count() > TEXT_CHARS_MAX {
        wrong.push(("seed", format!("种子最长{TEXT_CHARS_MAX}个字")));
    }
    let population: Vec<ItemId> = snapshot
        .items()
        .iter()
        .filter(|brief| {
            brief.state == ItemState::Published && org_id.is_none_or(|only| brief.org_id == only)
        })
        .map(|brief| brief.item_id)
        .collect();
    if population.is_empty() {
        wrong.push(("org", "这个范围里没有在用的事项".to_owned()));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid_fields(wrong));
    }
    let items: Vec<SpotItem> = (1..)
        .zip(draw(&seed, &population, size))
        .filter_map(|(n, item_id)| {
            let brief = snapshot.item(item_id)?;
            Some(SpotItem {
                n,
                item_id,
                version: brief.version,
                org_id: brief.org_id,
                item_name: brief.name.clone(),
                checked_at: None,
                checked_by: String::new(),
                wrong: Vec::new(),
            })
        })
        .collect();
    let digest = population_digest(&population);
    let spot = Spot {
        check_id: SpotId::from_uuid(doors.app.ids.next_uuid(now)),
        title,
        org_id,
        seed,
        population: i64::try_from(population.len()).unwrap_or(i64::MAX),
        size: i64::try_from(items.len()).unwrap_or(i64::MAX),
        digest: base::crypto::to_hex(&digest),
        drawn_at: now,
        drawn_by: by.to_owned(),
        checked: 0,
        errors: 0,
    };
    Ok((spot, digest, items))
}

#[derive(Template)]
#[template(path = "admin/catalog_spots.html")]
struct List {
    page: Page,
    request_key: String,
    orgs: Vec<(String, String)>,
    form: NewSpot,
    errors: Vec<(String, String)>,
    spots: Vec<(String, String, Spot)>,
}

async fn list_page(visit: &Visit, doors: &Doors, form: NewSpot) -> web::Result<List> {
    let snapshot = doors.catalog.snapshot();
    let spots = doors
        .app
        .db
        .read(|tx| records::spots(tx, SHOWN_MAX))
        .await?;
    Ok(List {
        page: page(visit, "指南抽查"),
        request_key: visit.new_request_key(),
        orgs: org_options(&snapshot, "全部机构"),
        form,
        errors: Vec::new(),
        spots: spots
            .into_iter()
            .map(|spot| {
                let scope = spot.org_id.map_or_else(
                    || "全部机构".to_owned(),
                    |org_id| snapshot.org_name(org_id).to_owned(),
                );
                (href(spot.check_id), scope, spot)
            })
            .collect(),
    })
}

async fn list(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    editor(&visit)?;
    let form = NewSpot {
        size: "30".to_owned(),
        ..NewSpot::default()
    };
    let list = list_page(&visit, &doors, form).await?;
    Ok(web::render(&visit, list))
}

async fn begin(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<NewSpot>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let actor = editor(&visit)?.clone();
    let snapshot = doors.catalog.snapshot();
    let done = match drawn(&doors, &snapshot, &form, actor.name()) {
        Err(problem) => Err(problem),
        Ok((spot, digest, items)) => {
            web::once(&visit, &key, move |tx| -> web::Result<Answer> {
                records::insert_spot(tx, &spot, digest, &items)?;
                Ok(Answer::see(href(spot.check_id)))
            })
            .await
        }
    };
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let mut list = list_page(&visit, &doors, form).await?;
            list.page = list.page.with_error();
            list.errors = messages(&problem);
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                list,
            ))
        }
        Err(problem) => Err(problem),
    }
}

fn messages(problem: &Problem) -> Vec<(String, String)> {
    problem
        .fields
        .iter()
        .map(|field| (field.field.clone(), field.message.clone()))
        .collect()
}

#[derive(Template)]
#[template(path = "admin/catalog_spot.html")]
struct Show {
    page: Page,
    spot: Spot,
    scope: String,
    bodies: Vec<BodyCount>,
    rows: Vec<Line>,
    xlsx: String,
    csv: String,
}

/// What was found at one body.
pub(crate) struct BodyCount {
    pub(crate) name: String,
    pub(crate) drawn: usize,
    pub(crate) checked: usize,
    pub(crate) wrong_guides: usize,
    pub(crate) errors: usize,
}

struct Line {
    n: i64,
    href: String,
    name: String,
    org: String,
    checked: bool,
    by: String,
    wrong: String,
}

/// The errors of each body, most first.
pub(crate) fn by_body(snapshot: &Snapshot, items: &[SpotItem]) -> Vec<BodyCount> {
    let mut counts: BTreeMap<OrgId, BodyCount> = BTreeMap::new();
    for item in items {
        let count = counts.entry(item.org_id).or_insert_with(|| BodyCount {
            name: snapshot.org_name(item.org_id).to_owned(),
            drawn: 0,
            checked: 0,
            wrong_guides: 0,
            errors: 0,
        });
        count.drawn += 1;
        count.checked += usize::from(item.checked_at.is_some());
        count.wrong_guides += usize::from(!item.wrong.is_empty());
        count.errors += item.wrong.len();
    }
    let mut counts: Vec<BodyCount> = counts.into_values().collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.errors));
    counts
}

/// 申请材料：缺少布局图；咨询和监督电话：已停用.
fn said(wrong: &[Wrong]) -> String {
    wrong
        .iter()
        .map(|mark| {
            let name = SECTIONS
                .iter()
                .find(|(section, _)| *section == mark.section)
                .map_or(mark.section.as_str(), |(_, name)| name);
            format!("{name}：{}", mark.note)
        })
        .collect::<Vec<_>>()
        .join("；")
}

pub(crate) fn read(tx: &mut Tx<'_>, check_id: SpotId) -> web::Result<(Spot, Vec<SpotItem>)> {
    let spot = records::spot(tx, check_id)?.ok_or_else(|| Problem::not_found("没有这次抽查"))?;
    Ok((spot, records::spot_items(tx, check_id)?))
}

async fn show(
    visit: Visit,
    State(doors): State<Doors>,
    Path(check_id): Path<SpotId>,
) -> web::Result<Response> {
    editor(&visit)?;
    let (spot, items) = doors.app.db.read(move |tx| read(tx, check_id)).await?;
    let snapshot = doors.catalog.snapshot();
    let here = href(check_id);
    let show = Show {
        page: page(&visit, &spot.title).with_crumb("指南抽查", PATH),
        scope: spot.org_id.map_or_else(
            || "全部机构".to_owned(),
            |org_id| snapshot.org_name(org_id).to_owned(),
        ),
        bodies: by_body(&snapshot, &items),
        rows: items
            .into_iter()
            .map(|item| Line {
                n: item.n,
                href: format!("{here}/items/{}", item.n),
                org: snapshot.org_name(item.org_id).to_owned(),
                name: item.item_name,
                checked: item.checked_at.is_some(),
                by: item.checked_by,
                wrong: said(&item.wrong),
            })
            .collect(),
        xlsx: format!("{here}/export?format=xlsx"),
        csv: format!("{here}/export?format=csv"),
        spot,
    };
    Ok(web::render(&visit, show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    format: String,
}

async fn file(
    visit: Visit,
    State(doors): State<Doors>,
    Path(check_id): Path<SpotId>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let format = Format::from_word(&asked.format)
        .ok_or_else(|| Problem::bad_request("query_invalid", "导出格式只能是xlsx或csv"))?;
    let (spot, items) = doors.app.db.read(move |tx| read(tx, check_id)).await?;
    let snapshot = doors.catalog.snapshot();
    let name = format!("指南抽查-{}", spot.title);
    let rows: Vec<Vec<Cell>> = items
        .into_iter()
        .map(|item| {
            let state = match (item.checked_at, item.wrong.is_empty()) {
                (None, _) => "未查",
                (Some(_), true) => "准确",
                (Some(_), false) => "有误",
            };
            vec![
                Cell::Number(item.n),
                item.item_name.into(),
                snapshot.org_name(item.org_id).into(),
                Cell::Number(item.version),
                state.into(),
                Cell::Number(i64::try_from(item.wrong.len()).unwrap_or(i64::MAX)),
                said(&item.wrong).into(),
                item.checked_by.into(),
                spot.seed.as_str().into(),
                item.item_id.to_string().into(),
            ]
        })
        .collect();
    export::table(
        format,
        &name,
        &[
            "序号",
            "事项",
            "实施主体",
            "版本",
            "结论",
            "错误数",
            "错在哪里",
            "检查人",
            "抽取种子",
            "事项标识",
        ],
        rows,
    )
    .await
}

#[derive(Template)]
#[template(path = "admin/catalog_spot_item.html")]
struct Look {
    page: Page,
    request_key: String,
    target: String,
    guide: String,
    back: String,
    org: String,
    item: SpotItem,
    /// Section, its name, whether it is wrong, the note, what is wrong with the note.
    sections: Vec<Section>,
    errors: Vec<(String, String)>,
}

struct Section {
    key: &'static str,
    name: &'static str,
    wrong: bool,
    note: String,
    error: String,
}

async fn look_page(
    visit: &Visit,
    doors: &Doors,
    (check_id, n): (SpotId, i64),
    typed: Option<Vec<Wrong>>,
) -> web::Result<Look> {
    let (_, items) = doors.app.db.read(move |tx| read(tx, check_id)).await?;
    let item = items
        .into_iter()
        .find(|item| item.n == n)
        .ok_or_else(|| Problem::not_found("这次抽查没有这一项"))?;
    let marks = typed.unwrap_or_else(|| item.wrong.clone());
    let here = href(check_id);
    Ok(Look {
        page: page(visit, &item.item_name).with_crumb("指南抽查", PATH),
        request_key: visit.new_request_key(),
        target: format!("{here}/items/{n}"),
        guide: links::version(item.item_id, item.version),
        org: doors.catalog.snapshot().org_name(item.org_id).to_owned(),
        sections: SECTIONS
            .iter()
            .map(|(key, name)| {
                let mark = marks.iter().find(|mark| mark.section == *key);
                Section {
                    key,
                    name,
                    wrong: mark.is_some(),
                    note: mark.map_or_else(String::new, |mark| mark.note.clone()),
                    error: String::new(),
                }
            })
            .collect(),
        back: here,
        item,
        errors: Vec::new(),
    })
}

async fn look(
    visit: Visit,
    State(doors): State<Doors>,
    Path(place): Path<(SpotId, i64)>,
) -> web::Result<Response> {
    editor(&visit)?;
    let look = look_page(&visit, &doors, place, None).await?;
    Ok(web::render(&visit, look))
}

async fn mark(
    visit: Visit,
    State(doors): State<Doors>,
    Path((check_id, n)): Path<(SpotId, i64)>,
    Form(form): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let actor = editor(&visit)?.clone();
    let text = |name: String| form.get(&name).unwrap_or_default().to_owned();
    let wrong: Vec<Wrong> = SECTIONS
        .iter()
        .filter(|(section, _)| text(format!("mark_{section}")) == "wrong")
        .map(|(section, _)| Wrong {
            section: (*section).to_owned(),
            note: base::text::single_line(&text(format!("note_{section}"))),
        })
        .collect();
    let found = problems(&wrong);
    if !found.is_empty() {
        let mut look = look_page(&visit, &doors, (check_id, n), Some(wrong)).await?;
        look.page = look.page.with_error();
        for section in &mut look.sections {
            let field = format!("note_{}", section.key);
            if let Some((_, message)) = found.iter().find(|(name, _)| *name == field) {
                section.error.clone_from(message);
            }
        }
        look.errors = found;
        return Ok(web::render_with(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            look,
        ));
    }
    let now = doors.app.now();
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        if records::mark_spot_item(tx, check_id, n, &wrong, actor.name(), now)? {
            Ok(Answer::see(href(check_id)))
        } else {
            Err(Problem::not_found("这次抽查没有这一项"))
        }
    })
    .await?;
    Ok(answer.into_response())
}
