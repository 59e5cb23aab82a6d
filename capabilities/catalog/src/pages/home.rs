//! The portal's front page: searching first.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use ui::Page;
use web::{Prepared, Problem, Visit};

use super::region::{Chosen, Region};
use super::rows::Row;
use super::{Doors, PageOf, asker, links};
use crate::snapshot::{Asker, Snapshot, Wanted};
use crate::surroundings::{HallNow, Matter};
use crate::topics::{Audience, Topics};

/// Themes shown for each audience.
const THEMES: usize = 10;
/// Halls whose standing is shown.
const HALLS: usize = 5;
/// Themes of 一件事 shown.
const BUNDLES: usize = 8;
/// One's own matters that are shown.
const MATTERS: usize = 4;
/// Items shown as the usual ones.
const USUAL: usize = 8;
/// Words to try, shown only where they find something.
const TRIES: [&str; 7] = [
    "开饭店",
    "结婚",
    "老人补贴",
    "提公积金",
    "孩子上户口",
    "二手房过户",
    "低保",
];

#[derive(Template)]
#[template(path = "catalog/home.html")]
struct Home {
    page: Page,
    tries: Vec<(String, &'static str)>,
    audiences: Vec<AudienceBlock>,
    life_events: Vec<Link>,
    /// 一件事一次办: address, name, number of items.
    bundles: Vec<(String, String, usize)>,
    /// Counted use, or a choice where nothing was counted yet.
    counted: bool,
    usual: Vec<Row>,
    departments: usize,
    /// The chosen region.
    region: Option<Arc<Region>>,
    halls: Vec<HallNow>,
    /// One's own matters, what waits for one first.
    matters: Vec<Matter>,
}

struct AudienceBlock {
    title: &'static str,
    href: String,
    count: usize,
    themes: Vec<Link>,
}

struct Link {
    href: String,
    name: String,
    icon: &'static str,
}

pub(super) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
) -> web::Result<Response> {
    // 关怀版 and machines in a hall begin with few, large choices.
    if let Some(simple) = web::simple::front_page(&visit) {
        return Ok(simple);
    }
    let snapshot = doors.catalog.snapshot();
    let region = chosen.region(&doors).await?;
    let key = doors
        .key(&visit, PageOf::Home, snapshot.serial)
        .map(|key| super::Key {
            minute: doors.minute(),
            region: region.as_ref().map(|region| region.code.clone()),
            ..key
        });
    if let Some(key) = &key
        && let Some(ready) = doors.prepared.get(key)
    {
        return Ok(ready.response(&visit));
    }
    let mut home = home(&visit, &snapshot, region);
    home.bundles = bundles(&doors).await?;
    home.halls = nearest(&doors.halls(visit.lang).await, home.region.as_deref());
    if visit.session.is_some() {
        match doors.surroundings.matters(&visit).await {
            Ok(matters) => home.matters = matters,
            // The rest of the page helps as well.
            Err(problem) => tracing::warn!(code = problem.code, "matters could not be read"),
        }
        home.matters.sort_by_key(|matter| !matter.theirs);
        home.matters.truncate(MATTERS);
    }
    let Some(key) = key else {
        return Ok(web::render(&visit, home));
    };
    let html = home
        .render()
        .map_err(|error| Problem::internal(format_args!("template: {error}")))?;
    let ready = Arc::new(Prepared::new(html));
    doors.prepared.put(key, Arc::clone(&ready));
    Ok(ready.response(&visit))
}

/// 一件事一次办, the first few.
async fn bundles(doors: &Doors) -> web::Result<Vec<(String, String, usize)>> {
    let all = doors.app.db.read(crate::store::bundles).await?;
    Ok(all
        .into_iter()
        .take(BUNDLES)
        .map(|published| {
            let bundle = published.bundle;
            (links::bundle(&bundle.key), bundle.name, bundle.items.len())
        })
        .collect())
}

/// The halls worth showing: those of the chosen region first, then the large ones.
fn nearest(halls: &[HallNow], region: Option<&Region>) -> Vec<HallNow> {
    let mut halls: Vec<&HallNow> = halls.iter().collect();
    halls.sort_by_key(|hall| {
        let own = region.is_some_and(|region| hall.region == region.code);
        let near = region.is_some_and(|region| {
            casework::actor::covers(&region.code, &hall.region)
                || casework::actor::covers(&hall.region, &region.code)
        });
        (!own, !near, !hall.main)
    });
    halls.into_iter().take(HALLS).cloned().collect()
}

fn home(visit: &Visit, snapshot: &Snapshot, region: Option<Arc<Region>>) -> Home {
    let mut page = visit.page("首页").with_nav("home");
    "/".clone_into(&mut page.url);
    let topics = Topics::shipped();
    let asker: Asker = asker(visit, region.as_deref());
    let popular = snapshot.popular_for(&asker, USUAL);
    let counted = !popular.is_empty();
    let usual = if counted { popular } else { usual(snapshot) };
    Home {
        tries: TRIES
            .into_iter()
            .filter(|word| !snapshot.search(word, &Wanted::default()).is_empty())
            .map(|word| (links::search(&[("q", word)]), word))
            .collect(),
        audiences: Audience::ALL
            .into_iter()
            .map(|audience| AudienceBlock {
                title: audience.label(),
                href: links::search(&[("audience", audience.word())]),
                count: snapshot.count_for(audience),
                themes: topics
                    .themes
                    .iter()
                    .filter(|theme| theme.audience == audience)
                    .filter(|theme| !snapshot.of_theme(&theme.name, audience).is_empty())
                    .take(THEMES)
                    .map(|theme| Link {
                        href: links::theme(&theme.key),
                        name: theme.name.clone(),
                        icon: icon(&theme.name),
                    })
                    .collect(),
            })
            .collect(),
        life_events: topics
            .life_events
            .iter()
            .filter(|event| !snapshot.of_life_event(&event.name).is_empty())
            .map(|event| Link {
                href: links::life_event(&event.key),
                name: event.name.clone(),
                icon: icon(&event.name),
            })
            .collect(),
        bundles: Vec::new(),
        counted,
        usual: usual
            .iter()
            .map(|brief| Row::of(&page, snapshot, brief))
            .collect(),
        departments: snapshot.orgs_with_items().len(),
        region,
        halls: Vec::new(),
        matters: Vec::new(),
        page,
    }
}

/// One item for each life event, for a catalogue whose use nobody has counted yet.
fn usual(snapshot: &Snapshot) -> Vec<Arc<crate::brief::Brief>> {
    let mut usual: Vec<Arc<crate::brief::Brief>> = Vec::new();
    for event in &Topics::shipped().life_events {
        // The one named for what people call the event, else the one with most everyday names.
        let items = snapshot.of_life_event(&event.name);
        let named = items
            .iter()
            .find(|brief| brief.body.aliases.contains(&event.name))
            .or_else(|| items.iter().max_by_key(|brief| brief.body.aliases.len()));
        if let Some(brief) = named
            && !usual.iter().any(|known| known.name == brief.name)
        {
            usual.push(Arc::clone(brief));
        }
        if usual.len() == USUAL {
            break;
        }
    }
    usual
}

/// The symbol beside a theme or life event.
fn icon(name: &str) -> &'static str {
    const ICONS: &[(&str, &[&str])] = &[
        ("baby", &["生育", "生孩子"]),
        ("card", &["户籍", "证件", "落户"]),
        ("cap", &["教育", "文教", "上学", "职业资格"]),
        ("case", &["就业", "创业", "招工", "人力", "劳动"]),
        ("people", &["婚姻", "结婚", "离婚", "民族"]),
        (
            "heart",
            &[
                "社会保障",
                "优待",
                "医疗",
                "养老",
                "救助",
                "残疾",
                "看病",
                "退休",
                "离职",
            ],
        ),
        ("house", &["住房", "房", "土地"]),
        ("car", &["交通", "出行", "开车"]),
        ("shop", &["设立", "开店", "开办", "商务", "食品"]),
        ("doc", &["准营", "资质", "资格"]),
        ("coin", &["税", "金融", "融资"]),
        ("crane", &["规划", "建设", "投资", "立项", "工程"]),
        ("shield", &["公共安全", "安全", "消防", "公安", "维权"]),
        ("gavel", &["司法", "公证"]),
        ("x", &["注销", "死亡", "身后"]),
        ("truck", &["运输"]),
    ];
    ICONS
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)))
        .map_or("doc", |(icon, _)| icon)
}
