//! The guide 办事指南 of an item: who, what to prepare, by which date, what it costs, where; then the whole item.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{ClockId, ItemId, Uuid};
use calendar::{Calendar, Clock, ClockTerms, Length, Rule};
use jiff::Timestamp;
use jiff::civil::Date;
use ui::Page;
use ui::strip::Cell;
use web::{Path, Prepared, Problem, Visit};

use super::rows::length;
use super::{Doors, PageOf, links};
use crate::library::{Library, StandardMaterial};
use crate::model::{
    CaseType, Delivery, Item, ItemState, Material, Necessity, Published, ResultKind, SourceChannel,
};
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::surroundings::HallNow;
use crate::topics::{Audience, Topics};
use crate::words;

/// The longest limit that is drawn day by day.
const STRIP_DAYS_MAX: u32 = 45;

#[derive(Template)]
#[template(path = "catalog/guide.html")]
struct Guide {
    page: Page,
    published: Arc<Published>,
    published_on: Date,
    org: String,
    org_phone: String,
    /// Kind and words of each tag.
    tags: Vec<(&'static str, String)>,
    standing: Standing,
    who: String,
    prepare: Prepare,
    time: Time,
    /// Where one goes, in a sentence; empty where nobody says.
    where_to: String,
    get: Get,
    materials: Vec<MaterialView>,
    places: Vec<PlaceView>,
    /// 一件事 it belongs to: name and address.
    bundles: Vec<(String, String)>,
    /// What people call it, where that is not its name.
    aliases: Vec<String>,
    /// The sections of this page: id, words.
    contents: Vec<(&'static str, String)>,
    apply: Option<String>,
    /// Questions that lead to what one's situation needs.
    situation: Option<String>,
    earlier: Option<String>,
}

/// Aliases shown: enough to know that one is right here.
const ALIASES: usize = 4;
/// Halls named where the guide itself names no place.
const HALLS: usize = 3;

/// Where one can go.
struct PlaceView {
    name: String,
    /// The hall's page, where it is one of ours.
    href: Option<String>,
    windows: String,
    address: String,
    hours: String,
    phone: String,
}

/// What this page shows.
enum Standing {
    /// The version in force.
    Open,
    Suspended,
    Cancelled,
    /// An earlier version; the address of the one in force.
    Earlier(String),
}

struct Prepare {
    total: usize,
    /// Government has it already.
    free: usize,
    /// May follow later.
    later: usize,
    /// Only in some situations.
    situational: usize,
}

pub(super) struct Time {
    /// 8个工作日; empty where nobody says.
    pub(super) length: String,
    /// 法定20个工作日, where it differs.
    pub(super) statutory: String,
    /// How much shorter than the law allows, in per cent.
    pub(super) saved: Option<u32>,
    /// What the promise adds, e.g. 材料齐全的当场办结.
    pub(super) note: String,
    /// Done on the spot.
    pub(super) at_once: bool,
    pub(super) due: Option<(Date, bool)>,
    pub(super) strip: Vec<Cell>,
}

struct Get {
    name: String,
    validity: String,
    delivery: String,
}

pub(super) struct MaterialView {
    pub(super) name: String,
    pub(super) tags: Vec<(&'static str, &'static str)>,
    /// Notes and copies, in lines.
    pub(super) lines: Vec<String>,
    pub(super) source: String,
    /// Sample and blank form: words and address.
    pub(super) links: Vec<(&'static str, String)>,
}

/// The guide in force.
pub(super) async fn current(
    visit: Visit,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
) -> web::Result<Response> {
    let snapshot = doors.catalog.snapshot();
    let key = doors.key(&visit, PageOf::Guide(item_id), snapshot.serial);
    if let Some(key) = &key
        && let Some(ready) = doors.prepared.get(key)
    {
        return Ok(ready.response(&visit));
    }
    let published = doors.catalog.current(item_id).await?.ok_or_else(no_item)?;
    let standing = match published.state {
        ItemState::Published => Standing::Open,
        ItemState::Suspended => Standing::Suspended,
        ItemState::Cancelled => Standing::Cancelled,
    };
    // An item that the snapshot does not show yet was published a moment ago: not worth keeping.
    let known = snapshot
        .item(item_id)
        .is_some_and(|brief| brief.version_id == published.version_id);
    let around = Around::of(&doors, &visit, snapshot, &published).await?;
    let guide = guide(&visit, &around, published, standing);
    let Some(key) = key.filter(|_| known) else {
        return Ok(web::render(&visit, guide));
    };
    let html = guide
        .render()
        .map_err(|error| Problem::internal(format_args!("template: {error}")))?;
    let ready = Arc::new(Prepared::new(html));
    doors.prepared.put(key, Arc::clone(&ready));
    Ok(ready.response(&visit))
}

/// One version, as it was published.
pub(super) async fn version(
    visit: Visit,
    State(doors): State<Doors>,
    Path((item_id, n)): Path<(ItemId, i64)>,
) -> web::Result<Response> {
    let published = doors
        .app
        .db
        .read(move |tx| records::version_number(tx, item_id, n))
        .await?
        .ok_or_else(no_item)?;
    let snapshot = doors.catalog.snapshot();
    let standing = if published.current {
        Standing::Open
    } else {
        Standing::Earlier(links::item(item_id))
    };
    let published = Arc::new(published);
    let around = Around::of(&doors, &visit, snapshot, &published).await?;
    let guide = guide(&visit, &around, published, standing);
    Ok(web::render(&visit, guide))
}

fn no_item() -> Problem {
    Problem::not_found("没有找到这个事项，请从首页搜索")
}

/// What a guide tells that the item itself does not say.
struct Around {
    snapshot: Arc<Snapshot>,
    library: Arc<Library>,
    halls: Arc<Vec<HallNow>>,
    /// 一件事 it belongs to: name and address.
    bundles: Vec<(String, String)>,
}

impl Around {
    async fn of(
        doors: &Doors,
        visit: &Visit,
        snapshot: Arc<Snapshot>,
        published: &Published,
    ) -> web::Result<Around> {
        let base_code = &published.item.base_code;
        let bundles = if base_code.is_empty() {
            Vec::new()
        } else {
            doors.app.db.read(records::bundles).await?
        };
        Ok(Around {
            snapshot,
            library: doors.catalog.library(),
            halls: doors.halls(visit.lang).await,
            bundles: bundles
                .into_iter()
                .map(|published| published.bundle)
                .filter(|bundle| {
                    let mut members = bundle.items.iter();
                    members.any(|member| member.base_code == *base_code)
                })
                .map(|bundle| (bundle.name, links::bundle(&bundle.key)))
                .collect(),
        })
    }
}

fn guide(visit: &Visit, around: &Around, published: Arc<Published>, standing: Standing) -> Guide {
    let Around {
        snapshot, library, ..
    } = around;
    let item = &published.item;
    let mut page = visit
        .page(&item.name)
        .with_crumb(ui::i18n::translate(visit.lang, "首页"), "/");
    visit.bare_path().clone_into(&mut page.url);
    page = crumbs(page, item);
    let org = snapshot.org(published.org_id);
    let open = matches!(standing, Standing::Open);
    let time = time(&page, item, &visit.app.calendar(), visit.app.now());
    let places = places(&page, &published, &around.halls);
    Guide {
        contents: contents(&page, item, &time, &places),
        aliases: item
            .aliases
            .iter()
            .filter(|alias| !item.name.contains(alias.as_str()))
            .take(ALIASES)
            .cloned()
            .collect(),
        places,
        bundles: around.bundles.clone(),
        org: org.map_or_else(String::new, |org| org.name.clone()),
        org_phone: org.map_or_else(String::new, |org| org.phone.clone()),
        tags: tags(&page, item),
        who: joined(
            &page,
            item.service_objects
                .iter()
                .filter_map(|code| words::word_of(words::SERVICE_OBJECTS, code)),
        ),
        prepare: prepare(&item.materials),
        time,
        where_to: where_to(&page, item),
        get: get(&page, item),
        materials: material_views(&page, snapshot, library, &item.materials),
        situation: (open && !item.situation.is_empty())
            .then(|| links::situation(published.item_id)),
        apply: (open && item.online()).then(|| links::apply(published.item_id)),
        earlier: (published.version > 1)
            .then(|| links::version(published.item_id, published.version - 1)),
        standing,
        published_on: calendar::civil_date(published.published_at),
        published,
        page,
    }
}

/// 首页 / 个人办事 / 婚姻登记 / the item.
fn crumbs(page: Page, item: &Item) -> Page {
    let (audience, name) = match (item.themes_person.first(), item.themes_corp.first()) {
        (Some(name), _) => (Audience::Person, Some(name)),
        (None, Some(name)) => (Audience::Enterprise, Some(name)),
        (None, None) if item.for_people() => (Audience::Person, None),
        (None, None) => (Audience::Enterprise, None),
    };
    let label = page.t(audience.label()).to_owned();
    let page = page
        .with_nav(audience.word())
        .with_crumb(label, links::search(&[("audience", audience.word())]));
    let theme = name.and_then(|name| {
        Topics::shipped()
            .themes
            .iter()
            .find(|theme| theme.audience == audience && theme.name == *name)
    });
    match theme {
        Some(theme) => {
            let label = page.t(&theme.name).to_owned();
            page.with_crumb(label, links::theme(&theme.key))
        }
        None => page,
    }
}

fn tags(page: &Page, item: &Item) -> Vec<(&'static str, String)> {
    let mut tags = Vec::new();
    if item.fully_online() {
        tags.push(("tag-brand", page.t("全程网办").to_owned()));
    } else if item.online() {
        tags.push(("tag-brand", page.t("可网上申请").to_owned()));
    }
    if !item.item_type.is_empty() {
        tags.push(("", page.t(&words::item_type(&item.item_type)).to_owned()));
    }
    let case_type = match item.case_type {
        CaseType::Instant => "即办件",
        CaseType::Promised => "承诺件",
    };
    tags.push(("", page.t(case_type).to_owned()));
    if !item.cross_region_scope.is_empty() {
        tags.push(("", page.t(&item.cross_region_scope).to_owned()));
    }
    tags
}

fn joined<'a>(page: &Page, words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.map(|word| page.t(word)).collect();
    words.join(if page.is_zh() { "、" } else { ", " })
}

fn prepare(materials: &[Material]) -> Prepare {
    let count =
        |fits: fn(&Material) -> bool| materials.iter().filter(|material| fits(material)).count();
    Prepare {
        total: materials.len(),
        free: count(|material| !material.shared_via.is_empty()),
        later: count(|material| {
            material.deficient_ok || material.necessity == Necessity::Deferrable
        }),
        situational: count(|material| material.necessity == Necessity::Situational),
    }
}

/// The limit people are told, and the date it means if the application is accepted today (民法典 art. 201: the day
/// itself is not counted).
pub(super) fn time(page: &Page, item: &Item, calendar: &Calendar, now: Timestamp) -> Time {
    let mut time = Time {
        length: String::new(),
        statutory: String::new(),
        saved: None,
        note: String::new(),
        at_once: false,
        due: None,
        strip: Vec::new(),
    };
    let Some(limit) = item
        .promised_limit
        .as_ref()
        .or(item.statutory_limit.as_ref())
    else {
        return time;
    };
    time.length = length(page, limit);
    time.at_once = limit.n == 0;
    if let Some(promised) = &item.promised_limit {
        promised.note.clone_into(&mut time.note);
    }
    if let (Some(promised), Some(statutory)) = (&item.promised_limit, &item.statutory_limit) {
        if promised.n != statutory.n || promised.unit != statutory.unit {
            time.statutory = length(page, statutory);
        }
        if promised.unit == statutory.unit && statutory.n > promised.n {
            time.saved = Some((statutory.n - promised.n) * 100 / statutory.n);
        }
    }
    if time.at_once {
        return time;
    }
    let clock = Clock {
        // Never stored and never compared: a drawing.
        id: ClockId::from_uuid(Uuid::nil()),
        terms: ClockTerms {
            kind: "decide".to_owned(),
            role: calendar::Role::Promised,
            basis: String::new(),
            length: Length {
                n: limit.n,
                unit: limit.unit,
            },
            start_event: "受理".to_owned(),
            rule: Rule::default(),
            pausable: Vec::new(),
            extension_max: None,
        },
        start_at: now,
        pauses: Vec::new(),
        extensions: Vec::new(),
        closed_at: None,
        judged: None,
    };
    time.due = clock
        .due(calendar)
        .ok()
        .and_then(calendar::Deadline::due)
        .map(|due| (due.date, due.provisional));
    let drawn = matches!(limit.unit, calendar::Unit::WorkingDay | calendar::Unit::Day)
        && limit.n <= STRIP_DAYS_MAX;
    if drawn {
        let strip = ui::strip::planned(page.lang, &clock, calendar);
        // A strip that was cut short would end on the wrong day.
        if strip.last().is_some_and(|cell| cell.class.contains("due")) {
            time.strip = strip;
        }
    }
    time
}

/// The places the guide names, with what is known of the hall; where it names none, the halls that take in its body's
/// matters.
fn places(page: &Page, published: &Published, halls: &[HallNow]) -> Vec<PlaceView> {
    let item = &published.item;
    if item.places.is_empty() {
        return halls
            .iter()
            .filter(|hall| hall.orgs.contains(&published.org_id))
            .take(HALLS)
            .map(|hall| PlaceView {
                name: hall.name.clone(),
                href: Some(hall.href.clone()),
                windows: String::new(),
                address: hall.address.clone(),
                hours: page.t("开放时间见大厅页面").to_owned(),
                phone: hall.phone.clone(),
            })
            .collect();
    }
    item.places
        .iter()
        .map(|place| {
            let hall = halls.iter().find(|hall| hall.name == place.hall);
            PlaceView {
                name: place.hall.clone(),
                href: hall.map(|hall| hall.href.clone()),
                windows: place.windows.clone(),
                address: place.address.clone(),
                hours: place.hours.clone(),
                phone: hall.map_or_else(String::new, |hall| hall.phone.clone()),
            }
        })
        .collect()
}

/// What stands on the page, in its order.
fn contents(
    page: &Page,
    item: &Item,
    time: &Time,
    places: &[PlaceView],
) -> Vec<(&'static str, String)> {
    [
        ("who", "谁能办", !item.accept_conditions.is_empty()),
        ("materials", "申请材料", !item.materials.is_empty()),
        ("days", "多久办好", !time.strip.is_empty()),
        ("cost", "多少钱", !item.fees.is_empty()),
        ("where", "在哪办", !places.is_empty()),
        ("steps", "办理流程", !item.steps.is_empty()),
        ("basis", "设定依据", !item.legal_basis.is_empty()),
        ("faq", "常见问题", !item.faq.is_empty()),
        ("remedy", "不服决定怎么办", !item.remedy.is_empty()),
    ]
    .into_iter()
    .filter(|(_, _, there)| *there)
    .map(|(id, words, _)| (id, page.t(words).to_owned()))
    .collect()
}

fn where_to(page: &Page, item: &Item) -> String {
    match (item.online(), item.visit_count) {
        (true, 0) => page.t("网上办，一次不用跑").to_owned(),
        (true, n) => page.t1("可网上申请，要到现场{n}次", "n", n),
        (false, 0) => String::new(),
        (false, n) => page.t1("到窗口办，要到现场{n}次", "n", n),
    }
}

fn get(page: &Page, item: &Item) -> Get {
    let result = &item.result;
    let validity = match (result.kind, result.valid_years) {
        (_, Some(years)) => page.t1("有效期{n}年", "n", years),
        (ResultKind::Certificate, None) if !result.name.is_empty() => page.t("长期有效").to_owned(),
        _ => String::new(),
    };
    let delivery = item.delivery.iter().map(|delivery| match delivery {
        Delivery::Window => "窗口领取",
        Delivery::Post => "邮寄送达",
        Delivery::Electronic => "电子送达",
    });
    Get {
        name: result.name.clone(),
        validity,
        delivery: joined(page, delivery),
    }
}

pub(super) fn material_view(page: &Page, material: &Material) -> MaterialView {
    let mut tags = Vec::new();
    if !material.shared_via.is_empty() {
        tags.push(("tag-green", "免提交"));
    }
    if material.deficient_ok || material.necessity == Necessity::Deferrable {
        tags.push(("tag-amber", "容缺后补"));
    }
    match material.necessity {
        Necessity::Optional => tags.push(("", "非必要")),
        Necessity::Situational => tags.push(("", "情形必要")),
        Necessity::Required | Necessity::Deferrable => {}
    }
    let mut lines = Vec::new();
    if !material.condition.is_empty() {
        lines.push(format!("{}：{}", page.t("适用情形"), material.condition));
    }
    if !material.fill_notes.is_empty() {
        lines.push(material.fill_notes.clone());
    }
    if !material.accept_standard.is_empty() {
        lines.push(format!(
            "{}：{}",
            page.t("受理标准"),
            material.accept_standard
        ));
    }
    let mut source = vec![format!("{}：{}", page.t("来源"), source(page, material))];
    let copies = copies(page, material);
    if !copies.is_empty() {
        source.push(copies);
    }
    if !material.form.is_empty() {
        source.push(page.t(&material.form).to_owned());
    }
    MaterialView {
        name: material.name.clone(),
        tags,
        lines,
        source: source.join("　"),
        links: Vec::new(),
    }
}

/// The materials of an item, with what the library says of each paper, which of them are alternatives, and which are
/// the result of another item.
pub(super) fn material_views(
    page: &Page,
    snapshot: &Snapshot,
    library: &Library,
    materials: &[Material],
) -> Vec<MaterialView> {
    materials
        .iter()
        .map(|material| {
            let mut view = material_view(page, material);
            let others: Vec<&str> = materials
                .iter()
                .filter(|other| !material.one_of.is_empty() && other.one_of == material.one_of)
                .filter(|other| other.key != material.key)
                .map(|other| other.name.as_str())
                .collect();
            if !others.is_empty() {
                view.tags.push(("tag-brand", "任选其一"));
                let names = others.join(if page.is_zh() { "、" } else { ", " });
                view.lines
                    .push(page.t1("和{names}任选一项提交", "names", names));
            }
            if !material.produced_by.is_empty() {
                let name = snapshot
                    .named_by_base(&material.produced_by)
                    .unwrap_or(&material.produced_by);
                view.tags.push(("tag-green", "由前一步产生"));
                view.lines
                    .push(page.t1("是“{item}”的办理结果，办好以后不用再交", "item", name));
            }
            let standard = library.resolve(&material.standard);
            if let Some(months) = standard.and_then(|standard| standard.validity_months) {
                view.lines
                    .push(page.t1("自出具之日起{n}个月内有效", "n", months));
            }
            let address = |own: &str, known: Option<&String>| -> Option<String> {
                Some(own)
                    .filter(|own| !own.is_empty())
                    .or(known.map(String::as_str).filter(|known| !known.is_empty()))
                    .map(str::to_owned)
            };
            let known = |address: fn(&StandardMaterial) -> &String| {
                standard.map(|standard| address(standard))
            };
            let sample = address(&material.sample, known(|standard| &standard.sample));
            let blank = address(&material.blank_form, known(|standard| &standard.blank_form));
            view.links.extend(sample.map(|href| ("看样本", href)));
            view.links.extend(blank.map(|href| ("下载空白表格", href)));
            view
        })
        .collect()
}

fn source(page: &Page, material: &Material) -> String {
    if !material.shared_via.is_empty() {
        return format!(
            "{}（{}）",
            page.t("政府已有，自动核验"),
            material.shared_via
        );
    }
    let channel =
        words::word_of(words::SOURCE_CHANNELS, &material.source_channel).unwrap_or_default();
    match (material.source_channel, material.source_agency.as_str()) {
        (_, "") => page.t(channel).to_owned(),
        (SourceChannel::Other, agency) => agency.to_owned(),
        (_, agency) => format!("{}（{agency}）", page.t(channel)),
    }
}

fn copies(page: &Page, material: &Material) -> String {
    let mut copies = Vec::new();
    if material.original_count > 0 {
        copies.push(page.t1("原件{n}份", "n", material.original_count));
    }
    if material.copy_count > 0 {
        copies.push(page.t1("复印件{n}份", "n", material.copy_count));
    }
    copies.join(if page.is_zh() { "，" } else { ", " })
}
