//! 一件事一次办: the list of themes, and for each what has to be done in which order, counted before and after.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use ui::Page;
use web::export::{self, Cell, Format};
use web::{Path, Problem, Routes, Visit};

use super::region::Chosen;
use super::{Doors, links};
use crate::app::bundles::{self, Found};
use crate::bundle::{
    Bundle, Derived, Fate, For, Kind, MergedField, MergedMaterial, Proof, PublishedBundle, derive,
};
use crate::model::Necessity;
use crate::snapshot::Snapshot;
use crate::store as records;

/// Adds the public doors.
pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    use web::Access::Public;
    routes
        .get("/bundles", Public, list)
        .get("/bundles/{key}", Public, current)
        .get("/bundles/{key}/proof", Public, proof)
        .get("/bundles/{key}/data.jsonld", Public, json_ld)
        .get("/bundles/{key}/versions/{n}", Public, version)
}

#[derive(Template)]
#[template(path = "catalog/bundles.html")]
struct List {
    page: Page,
    people: Vec<Line>,
    enterprises: Vec<Line>,
}

/// One bundle in a list.
pub(crate) struct Line {
    pub(crate) key: String,
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) who: String,
    pub(crate) version: i64,
    pub(crate) items: usize,
    pub(crate) bodies: usize,
    pub(crate) derived: Option<Derived>,
}

impl Line {
    fn of(shown: &Shown) -> Line {
        let bundle = &shown.published.bundle;
        Line {
            key: bundle.key.clone(),
            href: links::bundle(&bundle.key),
            name: bundle.name.clone(),
            who: bundle.who.clone(),
            version: shown.published.version,
            items: bundle.items.len(),
            bodies: shown
                .derived
                .as_ref()
                .map_or(0, |derived| derived.bodies.len()),
            derived: shown.derived.clone(),
        }
    }
}

/// A bundle with its items as they are published now.
pub(crate) struct Shown {
    pub(crate) published: PublishedBundle,
    pub(crate) found: Vec<Found>,
    /// None where the items came to wait for one another since it was published.
    pub(crate) derived: Option<Derived>,
}

impl Shown {
    fn of(snapshot: &Snapshot, published: PublishedBundle, mut found: Vec<Found>) -> Shown {
        name_bodies(snapshot, &mut found);
        Shown {
            derived: derived(&published.bundle, &found),
            published,
            found,
        }
    }
}

/// Writes the names of the bodies beside the items found.
pub(crate) fn name_bodies(snapshot: &Snapshot, found: &mut [Found]) {
    for one in found {
        snapshot.org_name(one.org_id).clone_into(&mut one.body);
    }
}

fn derived(bundle: &Bundle, found: &[Found]) -> Option<Derived> {
    derive(&bundles::parts(bundle, found), &bundle.question_order).ok()
}

/// Every bundle on offer, as it is seen from the region of the bundle.
pub(crate) async fn all(doors: &Doors) -> web::Result<Vec<Line>> {
    let read = doors
        .app
        .db
        .read(|tx| {
            let mut all = Vec::new();
            for published in records::bundles(tx)? {
                let found = bundles::find(tx, &published.bundle, &published.bundle.region)?;
                all.push((published, found));
            }
            Ok::<_, store::Error>(all)
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    Ok(read
        .into_iter()
        .map(|(published, found)| Line::of(&Shown::of(&snapshot, published, found)))
        .collect())
}

/// A bundle as somebody in `region` meets it; version `n`, or the newest.
pub(crate) async fn shown(
    doors: &Doors,
    key: String,
    n: Option<i64>,
    region: Option<String>,
) -> web::Result<Shown> {
    let read = doors
        .app
        .db
        .read(move |tx| {
            let published = match n {
                None => records::bundle(tx, &key)?,
                Some(n) => records::bundle_version(tx, &key, n)?,
            };
            let Some(published) = published else {
                return Ok::<_, store::Error>(None);
            };
            let region = region.unwrap_or_else(|| published.bundle.region.clone());
            let found = bundles::find(tx, &published.bundle, &region)?;
            Ok(Some((published, found)))
        })
        .await?;
    let (published, found) =
        read.ok_or_else(|| Problem::not_found("没有找到这件事，请从一件事列表重新选择"))?;
    Ok(Shown::of(&doors.catalog.snapshot(), published, found))
}

async fn list(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    let (mut people, mut enterprises) = (Vec::new(), Vec::new());
    let wanted = doors
        .app
        .db
        .read(|tx| {
            let bundles = records::bundles(tx)?.into_iter();
            let of = bundles.map(|published| (published.bundle.key, published.bundle.audience));
            Ok::<_, store::Error>(of.collect::<Vec<_>>())
        })
        .await?;
    for line in all(&doors).await? {
        let enterprise = wanted
            .iter()
            .any(|(key, audience)| *key == line.key && *audience == For::Enterprise);
        if enterprise {
            enterprises.push(line);
        } else {
            people.push(line);
        }
    }
    let page = visit.page("一件事一次办").with_nav("home");
    let home = page.t("首页").to_owned();
    let page = page.with_crumb(home, "/");
    Ok(web::render(
        &visit,
        List {
            page,
            people,
            enterprises,
        },
    ))
}

#[derive(Template)]
#[template(path = "catalog/bundle.html")]
struct Theme {
    page: Page,
    bundle: Bundle,
    version: i64,
    published_on: jiff::civil::Date,
    current: bool,
    /// The version in force, and the one before this.
    newest: String,
    earlier: Option<String>,
    /// Members whose item is not in use now.
    missing: usize,
    bodies: usize,
    levels: Vec<Vec<LaneView>>,
    derived: Derived,
    hand_in: Vec<MaterialView>,
    situational: Vec<MaterialView>,
    not_asked: Vec<MaterialView>,
    form: Vec<(String, Vec<FieldView>)>,
    counted: Counted,
    data: String,
    file: String,
}

struct LaneView {
    nth: usize,
    name: String,
    body: String,
    guide: String,
    apply: Option<String>,
    length: String,
    converted: bool,
    starts: u32,
    days: u32,
    total: u32,
    critical: bool,
    optional: bool,
    after: String,
    visits: u32,
    on_site: String,
}

struct MaterialView {
    name: String,
    tags: Vec<(&'static str, &'static str)>,
    lines: Vec<String>,
    /// Where it comes from, if not from whoever asks.
    from: String,
    who: String,
}

struct FieldView {
    label: String,
    required: bool,
    who: usize,
}

/// How the materials became fewer.
#[derive(Default)]
struct Counted {
    merged: usize,
    shared: usize,
    produced: usize,
}

async fn current(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
    Path(key): Path<String>,
) -> web::Result<Response> {
    let region = chosen.region(&doors).await?;
    let region = region.map(|region| region.code.clone());
    let shown = shown(&doors, key, None, region).await?;
    theme(&visit, shown)
}

async fn version(
    visit: Visit,
    State(doors): State<Doors>,
    Path((key, n)): Path<(String, i64)>,
) -> web::Result<Response> {
    let shown = shown(&doors, key, Some(n), None).await?;
    theme(&visit, shown)
}

fn theme(visit: &Visit, shown: Shown) -> web::Result<Response> {
    let Shown {
        published,
        found,
        derived,
    } = shown;
    let Some(derived) = derived else {
        return Err(Problem::not_found(
            "这件事的办理顺序正在调整，请先分项办理，或拨打12345咨询",
        ));
    };
    let bundle = published.bundle;
    let page = visit.page(&bundle.name).with_nav("home");
    let (home, list) = (page.t("首页").to_owned(), page.t("一件事一次办").to_owned());
    let page = page.with_crumb(home, "/").with_crumb(list, "/bundles");
    let counted = counted(&derived.proof);
    let (mut hand_in, mut situational, mut not_asked) = (Vec::new(), Vec::new(), Vec::new());
    for material in &derived.materials {
        let view = material_view(&page, material);
        if material.counted {
            hand_in.push(view);
        } else if material.fate == Fate::Kept {
            situational.push(view);
        } else {
            not_asked.push(view);
        }
    }
    let theme = Theme {
        published_on: calendar::civil_date(published.published_at),
        version: published.version,
        current: published.current,
        newest: links::bundle(&bundle.key),
        earlier: (published.version > 1)
            .then(|| links::bundle_version(&bundle.key, published.version - 1)),
        missing: bundle.items.len() - found.len(),
        bodies: derived.bodies.len(),
        levels: levels(&page, &found, &bundle, &derived),
        form: form(&derived.fields),
        hand_in,
        situational,
        not_asked,
        counted,
        data: format!("{}/data.jsonld", links::bundle(&bundle.key)),
        file: format!("{}/proof", links::bundle(&bundle.key)),
        derived,
        bundle,
        page,
    };
    Ok(web::render(visit, theme))
}

fn levels(page: &Page, found: &[Found], bundle: &Bundle, derived: &Derived) -> Vec<Vec<LaneView>> {
    let mut levels: Vec<Vec<LaneView>> = Vec::new();
    for (place, lane) in derived.lanes.iter().enumerate() {
        let found = found
            .iter()
            .find(|found| bundle.items[found.place].base_code == lane.base_code);
        let view = LaneView {
            nth: place + 1,
            name: lane.item.clone(),
            body: lane.body.clone(),
            guide: found.map_or_else(String::new, |found| links::item(found.item_id)),
            apply: found
                .filter(|found| found.published.item.online())
                .map(|found| links::apply(found.item_id)),
            length: page.t1("{n}个工作日", "n", lane.days),
            converted: lane.converted,
            starts: lane.starts,
            days: lane.days,
            total: derived.after.days,
            critical: lane.critical,
            optional: lane.optional,
            after: lane.after.join("、"),
            visits: lane.visits,
            on_site: lane.on_site.clone(),
        };
        if levels.len() < lane.level {
            levels.push(Vec::new());
        }
        levels[lane.level - 1].push(view);
    }
    levels
}

fn material_view(page: &Page, material: &MergedMaterial) -> MaterialView {
    let mut tags = Vec::new();
    match &material.fate {
        Fate::Shared { .. } => tags.push(("tag-green", "免提交")),
        Fate::Produced { .. } => tags.push(("tag-green", "由前一步产生")),
        Fate::Kept | Fate::Merged { .. } => {}
    }
    match material.necessity {
        Necessity::Required => {}
        Necessity::Optional => tags.push(("", "可不交")),
        Necessity::Deferrable => tags.push(("tag-amber", "容缺后补")),
        Necessity::Situational => tags.push(("", "部分情形需要")),
    }
    let mut lines = material.conditions.clone();
    lines.extend(material.fill_notes.iter().cloned());
    if material.counted {
        let copies = [
            (material.original_count, "原件{n}份"),
            (material.copy_count, "复印件{n}份"),
        ];
        let copies: Vec<String> = copies
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| page.t1(words, "n", count))
            .collect();
        if !copies.is_empty() {
            lines.push(copies.join("　"));
        }
    }
    let who: Vec<&str> = material
        .asked_by
        .iter()
        .map(|asker| asker.item.as_str())
        .collect();
    MaterialView {
        name: material.name.clone(),
        tags,
        lines,
        from: material.fate.words(),
        who: who.join("、"),
    }
}

/// The fields under the question of the page they stood on.
fn form(fields: &[MergedField]) -> Vec<(String, Vec<FieldView>)> {
    let mut pages: Vec<(String, Vec<FieldView>)> = Vec::new();
    for merged in fields {
        let view = FieldView {
            label: merged.field.label.clone(),
            required: merged.field.required,
            who: merged.asked_by.len(),
        };
        match pages.iter_mut().find(|(title, _)| *title == merged.page) {
            Some((_, views)) => views.push(view),
            None => pages.push((merged.page.clone(), vec![view])),
        }
    }
    pages
}

fn counted(proof: &[Proof]) -> Counted {
    let mut counted = Counted::default();
    let lines = proof.iter();
    for line in lines.filter(|line| line.kind == Kind::Material && line.counted) {
        match line.fate {
            Fate::Kept => {}
            Fate::Merged { .. } => counted.merged += 1,
            Fate::Shared { .. } => counted.shared += 1,
            Fate::Produced { .. } => counted.produced += 1,
        }
    }
    counted
}

/// The heads of the account as a file.
const PROOF_HEADS: &[&str] = &[
    "类别",
    "事项",
    "基本编码",
    "实施主体",
    "标识",
    "名称",
    "计数",
    "去向",
    "去向说明",
];

/// The account as a file: one line for every material, field and question of every item.
pub(crate) async fn proof_file(name: &str, proof: &[Proof]) -> web::Result<Response> {
    let rows: Vec<Vec<Cell>> = proof
        .iter()
        .map(|line| {
            vec![
                line.kind.label().into(),
                line.item.as_str().into(),
                line.base_code.as_str().into(),
                line.body.as_str().into(),
                line.key.as_str().into(),
                line.name.as_str().into(),
                if line.counted { "是" } else { "否" }.into(),
                line.fate.label().into(),
                line.fate.words().into(),
            ]
        })
        .collect();
    export::table(Format::Xlsx, &format!("{name}去向清单"), PROOF_HEADS, rows).await
}

async fn proof(State(doors): State<Doors>, Path(key): Path<String>) -> web::Result<Response> {
    let shown = shown(&doors, key, None, None).await?;
    let proof = shown.derived.map(|derived| derived.proof);
    proof_file(&shown.published.bundle.name, &proof.unwrap_or_default()).await
}

/// The bundle for machines, as a schema.org `GovernmentService`.
async fn json_ld(State(doors): State<Doors>, Path(key): Path<String>) -> web::Result<Response> {
    let shown = shown(&doors, key, None, None).await?;
    let bundle = &shown.published.bundle;
    let parts: Vec<serde_json::Value> = shown
        .found
        .iter()
        .map(|found| {
            json!({
                "@type": "GovernmentService",
                "name": found.published.item.name,
                "identifier": found.published.item.impl_code,
                "url": links::item(found.item_id),
                "serviceOperator": { "@type": "GovernmentOrganization", "name": found.body },
            })
        })
        .collect();
    let data = json!({
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "name": bundle.name,
        "alternateName": bundle.aliases,
        "description": bundle.summary,
        "audience": { "@type": "Audience", "audienceType": bundle.audience.label() },
        "areaServed": bundle.region,
        "url": links::bundle(&bundle.key),
        "version": shown.published.version,
        "dateModified": shown.published.published_at.to_string(),
        "hasPart": parts,
    });
    let media = HeaderValue::from_static("application/ld+json; charset=utf-8");
    Ok(([(CONTENT_TYPE, media)], data.to_string()).into_response())
}
