//! 目录指标: every figure of the list of a date, beside an earlier date, by body and region, with the items behind it.

mod export;
mod shown;
mod view;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use casework::Permission;
use ui::Page;
use web::{Access, Path, Problem, Query, Routes, Visit};

use self::shown::{Fields, Lists, Shown};
pub(crate) use self::view::{Asked, Line, View};
use self::view::{region_name, text};
use crate::figures::{Counted, Fact, Figure, Rounding, Scope};
use crate::pages::{Doors, links};

const PATH: &str = "/admin/catalog/figures";
const EXPORT: &str = "/admin/catalog/figures/export";
/// Items on one page.
const PAGE: usize = 100;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, overview)
        .get(EXPORT, Access::Staff, export::export)
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
                Lists::of(asked, line.figure, &[]),
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
    let detail = format!("{PATH}/{}", figure.word());
    let line = |scope: &Scope, label: String, pairs: &[(&str, &str)]| {
        Shown::of(
            view,
            &view.line(figure, scope),
            label,
            asked.address(&detail, pairs),
            Lists::of(asked, figure, pairs),
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
    let said = |n: Option<i64>, head: &str, unit: &str| {
        n.map_or_else(String::new, |n| format!("{head}{n}{unit}"))
    };
    match figure {
        Figure::StatutoryDays => days(fact.statutory),
        Figure::PromisedDays => days(fact.promised),
        Figure::LimitCompressionRate if fact.statutory.is_none() || fact.promised.is_none() => {
            String::new()
        }
        Figure::LimitCompressionRate => {
            format!("法定{}，承诺{}", days(fact.statutory), days(fact.promised))
        }
        Figure::StepCountAvg => format!("{}个环节", fact.steps),
        Figure::MaterialAvg if fact.handling_items > 1 => said(
            fact.materials,
            &format!("{}个业务办理项共", fact.handling_items),
            "份",
        ),
        Figure::MaterialAvg => said(fact.materials, "", "份"),
        Figure::VisitAvg | Figure::OneVisitItemRate => said(fact.visits, "", "次"),
        Figure::DeficientMaterials => format!("{}份", fact.deficient_materials),
        _ => String::new(),
    }
}

const REST: &str = "rest";
const UNKNOWN: &str = "unknown";

/// The items that are counted, the others of the denominator, or those left out of both.
fn chosen<'c>(asked: &Asked, counted: &'c Counted) -> &'c [Arc<Fact>] {
    match text(asked.which.as_ref()) {
        REST => &counted.rest,
        UNKNOWN => &counted.unknown,
        _ => &counted.items,
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
        current: match which {
            REST | UNKNOWN => which == word,
            _ => word.is_empty(),
        },
        count: u64::try_from(count).ok(),
    };
    let labels = if figure == Figure::ItemReductionRate {
        ["取消的事项", "新增的事项"]
    } else {
        ["计入的事项", "分母中的其他事项"]
    };
    let mut views = vec![tab(labels[0], "", line.now.items.len() + line.themes.len())];
    if !line.now.rest.is_empty() {
        views.push(tab(labels[1], REST, line.now.rest.len()));
    }
    if !line.now.unknown.is_empty() {
        views.push(tab(
            "没有公布、未计入的事项",
            UNKNOWN,
            line.now.unknown.len(),
        ));
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
            Lists::of(&asked, figure, &[]),
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
