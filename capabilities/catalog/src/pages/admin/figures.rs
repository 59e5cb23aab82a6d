//! 目录指标: every figure of the list of a date, beside an earlier date, by body and region, with the items behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::OrgId;
use casework::Permission;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::export::{self, Cell, Format};
use web::{Access, Path, Problem, Query, Routes, Visit};

use crate::figures::{
    Change, Counted, Fact, Figure, List, Ratio, Rounding, Scope, Switches, Theme, VERSION, change,
    count,
};
use crate::pages::{Doors, links};
use crate::snapshot::Snapshot;

const PATH: &str = "/admin/catalog/figures";
const EXPORT: &str = "/admin/catalog/figures/export";
/// Items on one page.
const PAGE: usize = 100;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, overview)
        .get(EXPORT, Access::Staff, export)
        .get("/admin/catalog/figures/{figure}", Access::Staff, detail)
        .get(
            "/admin/catalog/figures/{figure}/items",
            Access::Staff,
            items,
        )
}

/// Who compiles, reviews, administers or supervises may see the figures.
pub(crate) fn allowed(visit: &Visit) -> web::Result<()> {
    let actor = visit.actor()?;
    let may = [
        Permission::Compile,
        Permission::Review,
        Permission::Administer,
        Permission::Supervise,
    ]
    .into_iter()
    .any(|permission| actor.may_somewhere(permission));
    if may {
        Ok(())
    } else {
        Err(Problem::not_allowed(
            "您的岗位没有查看目录指标的权限，如工作需要请联系系统管理员",
        ))
    }
}

/// What is looked at; everything missing or empty stands as usual.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// The day whose list is counted; today where it is missing.
    pub(crate) on: Option<String>,
    /// The earlier day it is compared with.
    pub(crate) before: Option<String>,
    pub(crate) region: Option<String>,
    /// Key of a body.
    pub(crate) org: Option<String>,
    pub(crate) exclude_instant: Option<String>,
    pub(crate) working_days_only: Option<String>,
    pub(crate) once_per_base: Option<String>,
    pub(crate) rounding: Option<String>,
    /// `counted` or `rest`, for the items.
    pub(crate) which: Option<String>,
    /// How many items come before this page.
    pub(crate) from: Option<String>,
    /// For the export.
    pub(crate) figure: Option<String>,
    pub(crate) part: Option<String>,
    pub(crate) format: Option<String>,
}

/// What was asked, understood.
pub(crate) struct View {
    pub(crate) on: Date,
    pub(crate) before: Option<Date>,
    pub(crate) scope: Scope,
    /// What the scope is called.
    pub(crate) scope_words: String,
    pub(crate) switches: Switches,
    pub(crate) rounding: Rounding,
    now: List,
    then: Option<List>,
}

/// One figure of one scope.
pub(crate) struct Line {
    pub(crate) figure: Figure,
    pub(crate) now: Counted,
    /// The themes it counts, where it counts themes.
    pub(crate) themes: Vec<Theme>,
    pub(crate) before: Option<Ratio>,
    pub(crate) change: Change,
}

fn text(value: Option<&String>) -> &str {
    value.map_or("", |value| value.trim())
}

fn day(field: &'static str, value: Option<&String>) -> web::Result<Option<Date>> {
    match text(value) {
        "" => Ok(None),
        day => day.parse().map(Some).map_err(|_| {
            Problem::bad_request("query_invalid", "日期请写成2026-05-21的形式")
                .and_field(field, "日期请写成2026-05-21的形式")
        }),
    }
}

impl Asked {
    fn switches(&self) -> Switches {
        let on = |value: Option<&String>| matches!(text(value), "1" | "true");
        Switches {
            exclude_instant: on(self.exclude_instant.as_ref()),
            working_days_only: on(self.working_days_only.as_ref()),
            once_per_base: on(self.once_per_base.as_ref()),
        }
    }

    /// The address of another page with the same view.
    fn address(&self, path: &str, extra: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("on", text(self.on.as_ref())),
            ("before", text(self.before.as_ref())),
            ("region", text(self.region.as_ref())),
            ("org", text(self.org.as_ref())),
            ("exclude_instant", text(self.exclude_instant.as_ref())),
            ("working_days_only", text(self.working_days_only.as_ref())),
            ("once_per_base", text(self.once_per_base.as_ref())),
            ("rounding", text(self.rounding.as_ref())),
        ];
        pairs.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
        pairs.extend_from_slice(extra);
        links::with_query(path, &pairs)
    }

    /// Reads the lists that are asked for.
    pub(crate) async fn view(&self, doors: &Doors) -> web::Result<View> {
        let today = doors.app.today();
        let on = day("on", self.on.as_ref())?.unwrap_or(today).min(today);
        let before = day("before", self.before.as_ref())?;
        if before.is_some_and(|before| before >= on) {
            return Err(
                Problem::bad_request("query_invalid", "对比日应早于统计日，请重新选择")
                    .and_field("before", "对比日应早于统计日"),
            );
        }
        let snapshot = doors.catalog.snapshot();
        let (org, org_name) = match text(self.org.as_ref()) {
            "" => (None, None),
            key => {
                let org = snapshot
                    .org_by_key(key)
                    .ok_or_else(|| Problem::not_found("没有找到这个实施主体"))?;
                (Some(org.id), Some(org.name.clone()))
            }
        };
        let region = text(self.region.as_ref()).to_owned();
        let scope_words = match (org_name, region.as_str()) {
            (Some(name), _) => name,
            (None, "") => "全部实施主体".to_owned(),
            (None, _) => region_name(doors, &region).await?,
        };
        let now = List::read(&doors.app.db, &doors.figures, on).await?;
        let then = match before {
            Some(before) => Some(List::read(&doors.app.db, &doors.figures, before).await?),
            None => None,
        };
        Ok(View {
            on,
            before,
            scope: Scope { region, org },
            scope_words,
            switches: self.switches(),
            rounding: Rounding::from_word(text(self.rounding.as_ref())).unwrap_or_default(),
            now,
            then,
        })
    }
}

async fn region_name(doors: &Doors, code: &str) -> web::Result<String> {
    let asked = code.to_owned();
    let name = doors
        .app
        .db
        .read(move |tx| people::regions::name(tx, &asked))
        .await?;
    name.ok_or_else(|| Problem::not_found("没有找到这个区划"))
}

impl View {
    /// A figure of this view, or of a part of it.
    pub(crate) fn line(&self, figure: Figure, scope: &Scope) -> Line {
        if figure == Figure::OneThingCount {
            return self.themes(scope);
        }
        let then = self.then.as_ref().map(|list| list.within(scope));
        let now = count(
            figure,
            &self.now.within(scope),
            then.as_deref(),
            self.switches,
        );
        // A reduction is a comparison already.
        let before = then
            .filter(|_| figure != Figure::ItemReductionRate)
            .map(|list| count(figure, &list, None, self.switches).ratio);
        let change = before.map_or(Change::Unknown, |before| {
            change(figure, before, now.ratio, self.rounding)
        });
        Line {
            figure,
            now,
            themes: Vec::new(),
            before,
            change,
        }
    }

    fn themes(&self, scope: &Scope) -> Line {
        let themes = self.now.themes_within(scope);
        let ratio = Ratio::count(themes.len());
        let before = self
            .then
            .as_ref()
            .map(|list| Ratio::count(list.themes_within(scope).len()));
        let figure = Figure::OneThingCount;
        Line {
            figure,
            now: Counted {
                ratio,
                items: Vec::new(),
                rest: Vec::new(),
            },
            themes,
            before,
            change: before.map_or(Change::Unknown, |before| {
                change(figure, before, ratio, self.rounding)
            }),
        }
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        Figure::ALL
            .iter()
            .map(|figure| self.line(*figure, &self.scope))
            .collect()
    }

    /// The bodies of the view, by key.
    pub(crate) fn bodies(&self, snapshot: &Snapshot) -> Vec<(OrgId, String, String)> {
        let mut bodies: BTreeMap<String, (OrgId, String)> = BTreeMap::new();
        let lists = [Some(&self.now), self.then.as_ref()];
        for fact in lists
            .into_iter()
            .flatten()
            .flat_map(|list| list.within(&self.scope))
        {
            if let Some(org) = snapshot.org(fact.org) {
                bodies
                    .entry(org.key.clone())
                    .or_insert_with(|| (org.id, org.name.clone()));
            }
        }
        bodies
            .into_iter()
            .map(|(key, (id, name))| (id, key, name))
            .collect()
    }

    /// The regions its items are exercised at.
    pub(crate) fn regions(&self) -> Vec<String> {
        let mut regions: Vec<String> = self
            .now
            .within(&self.scope)
            .iter()
            .map(|fact| fact.region.clone())
            .collect();
        regions.sort();
        regions.dedup();
        regions
    }

    /// The view as a heading: 2026年5月21日，全部实施主体.
    fn words(&self, page: &Page) -> String {
        let mut words = vec![page.date(self.on), self.scope_words.clone()];
        if let Some(before) = self.before {
            words.push(format!("对比{}", page.date(before)));
        }
        let switches = self.switches.words();
        if !switches.is_empty() {
            words.push(switches);
        }
        words.push(format!("末位{}", self.rounding.label()));
        words.push(format!("口径第{VERSION}版"));
        words.join("，")
    }

    fn value(&self, figure: Figure, ratio: Ratio) -> String {
        ratio.print(figure.kind(), self.rounding)
    }
}

/// A line as the page shows it.
struct Shown {
    label: String,
    href: String,
    formula: &'static str,
    value: String,
    unit: &'static str,
    numerator: String,
    denominator: String,
    /// Where the items are listed.
    items: String,
    before: String,
    change: String,
}

impl Shown {
    fn of(view: &View, line: &Line, label: String, href: String, items: String) -> Shown {
        let ratio = line.now.ratio;
        Shown {
            label,
            href,
            formula: line.figure.formula(),
            value: view.value(line.figure, ratio),
            unit: line.figure.unit(),
            numerator: ratio.numerator.print(view.rounding),
            denominator: ratio
                .denominator
                .map_or_else(String::new, |below| below.print(view.rounding)),
            items,
            before: line
                .before
                .map_or_else(String::new, |before| view.value(line.figure, before)),
            change: line
                .before
                .map_or_else(String::new, |_| line.change.print()),
        }
    }

    fn cells(&self) -> Vec<Cell> {
        [
            &self.label,
            &self.value,
            &self.numerator,
            &self.denominator,
            &self.before,
            &self.change,
        ]
        .into_iter()
        .map(|text| Cell::from(text.as_str()))
        .collect()
    }
}

/// The fields of the form above the figures.
struct Fields {
    on: String,
    before: String,
    org: String,
    region: String,
    orgs: Vec<(String, String)>,
    regions: Vec<(String, String)>,
    exclude_instant: bool,
    working_days_only: bool,
    once_per_base: bool,
    rounding: &'static str,
    roundings: Vec<(&'static str, &'static str)>,
}

impl Fields {
    async fn of(doors: &Doors, view: &View, asked: &Asked) -> web::Result<Fields> {
        let snapshot = doors.catalog.snapshot();
        let with_items = snapshot.orgs_with_items();
        let mut codes: Vec<String> = with_items
            .iter()
            .map(|(org, _)| org.region.clone())
            .collect();
        codes.sort();
        codes.dedup();
        let named = doors
            .app
            .db
            .read(move |tx| -> Result<_, people::Error> {
                let mut named = vec![(String::new(), "全部区划".to_owned())];
                for code in codes {
                    if let Some(name) = people::regions::name(tx, &code)? {
                        named.push((code, name));
                    }
                }
                Ok(named)
            })
            .await?;
        let mut orgs = vec![(String::new(), "全部实施主体".to_owned())];
        orgs.extend(
            with_items
                .into_iter()
                .map(|(org, count)| (org.key.clone(), format!("{}（{count}）", org.name))),
        );
        Ok(Fields {
            on: view.on.to_string(),
            before: view.before.map_or_else(String::new, |day| day.to_string()),
            org: text(asked.org.as_ref()).to_owned(),
            region: text(asked.region.as_ref()).to_owned(),
            orgs,
            regions: named,
            exclude_instant: view.switches.exclude_instant,
            working_days_only: view.switches.working_days_only,
            once_per_base: view.switches.once_per_base,
            rounding: view.rounding.word(),
            roundings: Rounding::ALL
                .map(|rounding| (rounding.word(), rounding.label()))
                .into(),
        })
    }
}

#[derive(Template)]
#[template(path = "admin/figures.html")]
struct Overview {
    page: Page,
    fields: Fields,
    words: String,
    compared: bool,
    lines: Vec<Shown>,
    xlsx: String,
}

async fn overview(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    allowed(&visit)?;
    let view = asked.view(&doors).await?;
    let page = frame(&visit, "目录指标");
    let overview = Overview {
        fields: Fields::of(&doors, &view, &asked).await?,
        words: view.words(&page),
        compared: view.before.is_some(),
        lines: shown(&view, &asked),
        xlsx: asked.address(EXPORT, &[]),
        page,
    };
    Ok(web::render(&visit, overview))
}

fn frame(visit: &Visit, title: &str) -> Page {
    visit
        .page(title)
        .with_nav("catalog")
        .with_crumb("事项管理", "/admin/catalog")
}

fn shown(view: &View, asked: &Asked) -> Vec<Shown> {
    view.lines()
        .iter()
        .filter(|line| view.before.is_some() || line.figure != Figure::ItemReductionRate)
        .map(|line| {
            let word = line.figure.word();
            Shown::of(
                view,
                line,
                line.figure.label().to_owned(),
                asked.address(&format!("{PATH}/{word}"), &[]),
                asked.address(&format!("{PATH}/{word}/items"), &[]),
            )
        })
        .collect()
}

#[derive(Template)]
#[template(path = "admin/figure.html")]
struct Detail {
    page: Page,
    words: String,
    compared: bool,
    whole: Shown,
    bodies: Vec<Shown>,
    regions: Vec<Shown>,
    xlsx: String,
}

fn figure_of(word: &str) -> web::Result<Figure> {
    Figure::from_word(word).ok_or_else(|| Problem::not_found("没有这个指标"))
}

async fn detail(
    visit: Visit,
    State(doors): State<Doors>,
    Path(word): Path<String>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    allowed(&visit)?;
    let figure = figure_of(&word)?;
    let view = asked.view(&doors).await?;
    let [whole, bodies, regions] = parts(&doors, &view, &asked, figure).await?;
    let page = frame(&visit, figure.label()).with_crumb("目录指标", asked.address(PATH, &[]));
    let detail = Detail {
        words: view.words(&page),
        compared: view.before.is_some(),
        whole: whole.into_iter().next().expect("one line of the whole"),
        bodies,
        regions,
        xlsx: asked.address(EXPORT, &[("figure", figure.word())]),
        page,
    };
    Ok(web::render(&visit, detail))
}

/// A figure of the whole view, of each body and of each region.
async fn parts(
    doors: &Doors,
    view: &View,
    asked: &Asked,
    figure: Figure,
) -> web::Result<[Vec<Shown>; 3]> {
    let snapshot = doors.catalog.snapshot();
    let (detail, items) = (
        format!("{PATH}/{}", figure.word()),
        format!("{PATH}/{}/items", figure.word()),
    );
    let line = |scope: &Scope, label: String, pairs: &[(&str, &str)]| {
        Shown::of(
            view,
            &view.line(figure, scope),
            label,
            asked.address(&detail, pairs),
            asked.address(&items, pairs),
        )
    };
    let whole = vec![line(&view.scope, view.scope_words.clone(), &[])];
    let bodies = view
        .bodies(&snapshot)
        .into_iter()
        .map(|(org, key, name)| {
            let scope = Scope {
                org: Some(org),
                ..view.scope.clone()
            };
            line(&scope, name, &[("org", &key)])
        })
        .collect();
    let mut regions = Vec::new();
    for code in view.regions() {
        let name = region_name(doors, &code)
            .await
            .unwrap_or_else(|_| code.clone());
        let scope = Scope {
            region: code.clone(),
            ..view.scope.clone()
        };
        regions.push(line(&scope, name, &[("region", &code)]));
    }
    Ok([whole, bodies, regions])
}

struct ItemLine {
    href: String,
    name: String,
    org: String,
    version: i64,
    guide: String,
    shares: String,
}

#[derive(Template)]
#[template(path = "admin/figure_items.html")]
struct Items {
    page: Page,
    words: String,
    whole: Shown,
    views: Vec<ui::View>,
    rows: Vec<ItemLine>,
    total: usize,
    newer: Option<String>,
    older: Option<String>,
    xlsx: String,
}

/// What an item adds to the numerator, where that is not simply one.
fn shares(figure: Figure, fact: &Fact) -> String {
    let quantity = |n: i64, per: i64| crate::figures::Quantity { n, per }.print(Rounding::HalfUp);
    let days = |parts: Option<crate::figures::Parts>| {
        parts.map_or_else(String::new, |parts| {
            format!(
                "{}个工作日",
                quantity(parts.n, crate::figures::Parts::PER_DAY)
            )
        })
    };
    match figure {
        Figure::StatutoryDays => days(fact.statutory),
        Figure::PromisedDays => days(fact.promised),
        Figure::LimitCompressionRate => {
            format!("法定{}，承诺{}", days(fact.statutory), days(fact.promised))
        }
        Figure::StepCountAvg => format!("{}个环节", fact.steps),
        Figure::MaterialAvg if fact.handling_items > 1 => {
            format!("{}个业务办理项共{}份", fact.handling_items, fact.materials)
        }
        Figure::MaterialAvg => format!("{}份", fact.materials),
        Figure::VisitAvg | Figure::OneVisitItemRate => format!("{}次", fact.visits),
        Figure::DeficientMaterials => format!("{}份", fact.deficient_materials),
        _ => String::new(),
    }
}

/// The items that are counted, and the others of the denominator.
fn chosen<'c>(asked: &Asked, counted: &'c Counted) -> &'c [Arc<Fact>] {
    if text(asked.which.as_ref()) == "rest" {
        &counted.rest
    } else {
        &counted.items
    }
}

async fn items(
    visit: Visit,
    State(doors): State<Doors>,
    Path(word): Path<String>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    allowed(&visit)?;
    let figure = figure_of(&word)?;
    let view = asked.view(&doors).await?;
    let line = view.line(figure, &view.scope);
    let chosen = chosen(&asked, &line.now);
    let from = text(asked.from.as_ref())
        .parse()
        .unwrap_or(0)
        .min(chosen.len());
    let path = format!("{PATH}/{word}/items");
    let which = text(asked.which.as_ref());
    let at = |from: usize| asked.address(&path, &[("which", which), ("from", &from.to_string())]);
    let snapshot = doors.catalog.snapshot();
    let themes = line.themes.iter().map(|theme| ItemLine {
        href: format!("/admin/catalog/bundles/{}", theme.key),
        name: theme.name.clone(),
        org: String::new(),
        version: theme.version,
        guide: format!("/bundles/{}/versions/{}", theme.key, theme.version),
        shares: format!("联办{}项", theme.members),
    });
    let items = chosen[from..].iter().take(PAGE).map(|fact| ItemLine {
        href: links::admin_item(fact.item_id),
        name: fact.name.clone(),
        org: snapshot.org_name(fact.org).to_owned(),
        version: fact.version,
        guide: links::version(fact.item_id, fact.version),
        shares: shares(figure, fact),
    });
    let rows = themes.chain(items).collect();
    let tab = |label: &str, word: &str, count: usize| ui::View {
        label: label.to_owned(),
        href: asked.address(&path, &[("which", word)]),
        current: (which == "rest") == (word == "rest"),
        count: u64::try_from(count).ok(),
    };
    let labels = if figure == Figure::ItemReductionRate {
        ["取消的事项", "新增的事项"]
    } else {
        ["计入的事项", "分母中的其他事项"]
    };
    let mut views = vec![tab(labels[0], "", line.now.items.len() + line.themes.len())];
    if !line.now.rest.is_empty() {
        views.push(tab(labels[1], "rest", line.now.rest.len()));
    }
    let page = frame(&visit, &format!("{}：事项", figure.label()))
        .with_crumb("目录指标", asked.address(PATH, &[]))
        .with_crumb(
            figure.label(),
            asked.address(&format!("{PATH}/{word}"), &[]),
        );
    let items = Items {
        words: view.words(&page),
        whole: Shown::of(
            &view,
            &line,
            figure.label().to_owned(),
            asked.address(&format!("{PATH}/{word}"), &[]),
            String::new(),
        ),
        views,
        rows,
        total: chosen.len() + line.themes.len(),
        newer: (from > 0).then(|| at(0)),
        older: (from + PAGE < chosen.len()).then(|| at(from + PAGE)),
        xlsx: asked.address(
            EXPORT,
            &[
                ("figure", figure.word()),
                ("part", "items"),
                ("which", which),
            ],
        ),
        page,
    };
    Ok(web::render(&visit, items))
}

const HEADS: &[&str] = &["指标或范围", "数值", "分子", "分母", "对比值", "变化"];
const ITEM_HEADS: &[&str] = &["事项", "实施主体", "版本", "基本编码", "计入"];

/// The figures, one figure by body and region, or the items behind one; with the view written below.
async fn export(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    allowed(&visit)?;
    let format = match text(asked.format.as_ref()) {
        "" => Format::Xlsx,
        word => Format::from_word(word)
            .ok_or_else(|| Problem::bad_request("query_invalid", "导出格式只能是xlsx或csv"))?,
    };
    let view = asked.view(&doors).await?;
    let about = view.words(&visit.page("目录指标"));
    let (name, heads, mut rows) = match text(asked.figure.as_ref()) {
        "" => {
            let rows = shown(&view, &asked).iter().map(Shown::cells).collect();
            ("目录指标".to_owned(), HEADS, rows)
        }
        word => {
            let figure = figure_of(word)?;
            if text(asked.part.as_ref()) == "items" {
                let snapshot = doors.catalog.snapshot();
                let line = view.line(figure, &view.scope);
                let rows = chosen(&asked, &line.now)
                    .iter()
                    .map(|fact| {
                        vec![
                            fact.name.as_str().into(),
                            snapshot.org_name(fact.org).into(),
                            fact.version.into(),
                            fact.base_code.as_str().into(),
                            shares(figure, fact).into(),
                        ]
                    })
                    .collect();
                (format!("{}-事项", figure.label()), ITEM_HEADS, rows)
            } else {
                let parts = parts(&doors, &view, &asked, figure).await?;
                let rows: Vec<Vec<Cell>> = parts.iter().flatten().map(Shown::cells).collect();
                (figure.label().to_owned(), HEADS, rows)
            }
        }
    };
    rows.push(vec![Cell::Empty]);
    rows.push(vec![Cell::from(about)]);
    export::table(format, &name, heads, rows).await
}
