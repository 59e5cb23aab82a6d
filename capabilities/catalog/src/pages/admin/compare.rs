//! 清单对照: two bodies, two regions, two dates beside each other: only here, only there, different field by field.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use store::Tx;
use ui::Page;
use web::{Access, Problem, Query, Routes, Visit};

use super::desk::editor;
use super::{XLSX, attachment};
use crate::bulk::compare::{Comparison, Entry, compare};
use crate::export;
use crate::pages::{Doors, links};
use crate::store as records;

/// Entries of each kind that the page shows; the file has all.
const SHOWN: usize = 100;
/// Items of one side.
const SIDE_MAX: usize = 20_000;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get("/admin/catalog/compare", Access::Staff, show)
        .get("/admin/catalog/compare/export", Access::Staff, sheet)
}

/// What stands on each side: a body, a region, a day.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Asked {
    /// 甲方：机构代码、区划代码、日期
    a_org: String,
    a_region: String,
    a_day: String,
    /// 乙方
    b_org: String,
    b_region: String,
    b_day: String,
    /// `1`: what each body has of its own (codes, places, phones) is compared too.
    local: String,
}

impl Asked {
    fn given(&self) -> bool {
        let side = |org: &str, region: &str, day: &str| {
            (org.to_owned(), region.to_owned(), day.to_owned())
        };
        side(&self.a_org, &self.a_region, &self.a_day)
            != side(&self.b_org, &self.b_region, &self.b_day)
    }

    fn pairs(&self) -> [(&str, &str); 7] {
        [
            ("a_org", &self.a_org),
            ("a_region", &self.a_region),
            ("a_day", &self.a_day),
            ("b_org", &self.b_org),
            ("b_region", &self.b_region),
            ("b_day", &self.b_day),
            ("local", &self.local),
        ]
    }
}

#[derive(Template)]
#[template(path = "admin/compare.html")]
struct Show {
    page: Page,
    asked: Asked,
    orgs: Vec<(String, String)>,
    regions: Vec<(String, String)>,
    found: Option<Comparison>,
    export: String,
    errors: Vec<(String, String)>,
}

impl Show {
    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }
}

/// The last instant of a day, or now.
fn until(field: &'static str, day: &str, now: Timestamp) -> web::Result<Timestamp> {
    if day.is_empty() {
        return Ok(now);
    }
    let next = day
        .parse::<Date>()
        .ok()
        .and_then(|day| day.tomorrow().ok())
        .ok_or_else(|| Problem::invalid(field, "请填写2026-07-01这样的日期"))?;
    Ok(calendar::start_of_day(next) - jiff::SignedDuration::from_micros(1))
}

fn side(tx: &mut Tx<'_>, org: &str, region: &str, at: Timestamp) -> web::Result<Vec<Entry>> {
    let orgs = crate::reading::all_orgs(tx)?;
    let org_id = if org.is_empty() {
        None
    } else {
        let known = orgs.iter().find(|known| known.key == org);
        Some(
            known
                .ok_or_else(|| Problem::invalid("a_org", "没有这个机构"))?
                .id,
        )
    };
    let prefix = base::codes::RegionCode::parse(region)
        .map(|code| code.prefix().to_owned())
        .unwrap_or_default();
    let mut entries = Vec::new();
    records::each_standing(tx, at, org_id, &prefix, &mut |item_id, org_id, item| {
        if entries.len() < SIDE_MAX {
            let body = orgs
                .iter()
                .find(|org| org.id == org_id)
                .map_or_else(String::new, |org| org.name.clone());
            entries.push(Entry {
                item_id: Some(item_id),
                body,
                item,
            });
        }
        Ok(())
    })?;
    Ok(entries)
}

/// Compares what the address asks for.
pub(crate) async fn comparison(doors: &Doors, asked: &Asked) -> web::Result<Comparison> {
    let now = doors.app.now();
    let here = until("a_day", &asked.a_day, now)?;
    let there = until("b_day", &asked.b_day, now)?;
    let asked = asked.clone();
    doors
        .app
        .db
        .read(move |tx| -> web::Result<Comparison> {
            let here = side(tx, &asked.a_org, &asked.a_region, here)?;
            let there = side(tx, &asked.b_org, &asked.b_region, there)?;
            Ok(compare(here, there, asked.local.is_empty()))
        })
        .await
}

async fn show(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let (found, errors) = if asked.given() {
        match comparison(&doors, &asked).await {
            Ok(found) => (Some(found), Vec::new()),
            Err(problem) if problem.is_invalid() => {
                let errors = problem.fields.iter();
                let errors = errors
                    .map(|field| (field.field.clone(), field.message.clone()))
                    .collect();
                (None, errors)
            }
            Err(problem) => return Err(problem),
        }
    } else {
        (None, Vec::new())
    };
    let (all, regions) = doors
        .app
        .db
        .read(|tx| -> web::Result<_> {
            Ok((crate::reading::all_orgs(tx)?, super::region_choices(tx)?))
        })
        .await?;
    let mut orgs = vec![(String::new(), "全部实施主体".to_owned())];
    orgs.extend(all.into_iter().map(|org| (org.key, org.name)));
    let mut page = visit
        .page("清单对照")
        .with_nav("drafts")
        .with_crumb("事项编制", "/admin/catalog/drafts")
        .with_crumb("批量办理", "/admin/catalog/bulk");
    if !errors.is_empty() {
        page = page.with_error();
    }
    let show = Show {
        page,
        export: links::with_query("/admin/catalog/compare/export", &asked.pairs()),
        asked,
        orgs,
        regions,
        found,
        errors,
    };
    Ok(web::render(&visit, show))
}

async fn sheet(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let found = comparison(&doors, &asked).await?;
    let one = |said: &str, entry: &Entry| {
        vec![
            said.to_owned(),
            entry.item.base_code.clone(),
            entry.item.name.clone(),
            entry.body.clone(),
        ]
    };
    let ours = found.only_here.iter().map(|entry| one("只在甲方", entry));
    let others = found.only_there.iter().map(|entry| one("只在乙方", entry));
    let different = found.different.iter().flat_map(|pair| {
        pair.changes.iter().map(move |change| {
            let mut row = one("不同", &pair.here);
            row.extend([
                pair.there.body.clone(),
                change.label.clone(),
                change.old.clone(),
                change.new.clone(),
            ]);
            row
        })
    });
    let headers = [
        "结果",
        "基本编码",
        "事项名称",
        "实施主体",
        "对方实施主体",
        "要素",
        "甲方",
        "乙方",
    ];
    let rows = ours.chain(others).chain(different);
    let content = export::sheet("对照", &headers, rows).map_err(Problem::internal)?;
    Ok(attachment("清单对照.xlsx", XLSX, content))
}
