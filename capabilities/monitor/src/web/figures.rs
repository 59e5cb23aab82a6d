//! 督查看板: what is overdue or falls due next, the figures of a period beside those of the one before, and charts.
//! Every number leads to the cases it counts; everything shown can be taken along as a spreadsheet.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::OrgId;
use jiff::Timestamp;
use ui::Definition;
use ui::charts::{Chart, Tree};
use ui::format;
use web::export::{Cell, Format, Table};
use web::{Problem, Query, Visit};

use super::params::{DueWord, Filter, MeasureWord, Params, PartWord, open, pairs, records};
use super::{address, case_page};
use crate::figures::{Grain, Selection};
use crate::overview::{self, Compared, Overview, tenths};
use crate::words::{LightWord, time_left};
use crate::{Monitor, board};

const PATH: &str = "/staff/board";
const EXPORT: &str = "/staff/board/export";

#[derive(Template)]
#[template(path = "staff/board.html")]
struct BoardPage {
    page: ui::Page,
    now: Timestamp,
    uncounted: i64,
    period: String,
    compared: String,
    grains: Vec<ui::View>,
    before: String,
    after: Option<String>,
    grain: &'static str,
    at: String,
    org: String,
    orgs: Vec<(String, String)>,
    region: String,
    regions: Vec<(String, String)>,
    item: String,
    items: Vec<String>,
    filtered: bool,
    clear: String,
    pressed: Vec<Pressed>,
    urgent: Vec<Urgent>,
    all_urgent: [(String, String); 3],
    open: Vec<Stat>,
    done: Vec<Stat>,
    charts: Vec<Drawn>,
    tree: Tree,
    tree_export: String,
    export: String,
    wall: String,
}

/// A chart, what it counts in words, and where its numbers can be had.
struct Drawn {
    chart: Chart,
    note: &'static str,
    export: String,
}

struct Pressed {
    name: String,
    href: String,
    over: (i64, String),
    today: (i64, String),
    tomorrow: (i64, String),
}

struct Urgent {
    href: String,
    light: &'static str,
    words: String,
    title: String,
    org: String,
}

/// One figure.
pub(crate) struct Stat {
    pub(crate) id: &'static str,
    pub(crate) value: String,
    pub(crate) unit: &'static str,
    pub(crate) href: String,
    pub(crate) note: String,
    pub(crate) definition: Definition,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let app = &monitor.app;
    let filter = params.read(app.today())?;
    let overview = gather(&visit, &monitor, &filter).await?;
    let page = visit.page("督查看板").with_nav("board");
    let selection = &filter.selection;
    let calendar = app.calendar();
    let (open_stats, done_stats) = (
        open_stats(&overview, selection),
        done_stats(&overview, selection),
    );
    let link = |period| filter.address(PATH, period, &[]);
    let after = filter.period.after();
    let mut orgs = vec![(String::new(), page.t("全部机构").to_owned())];
    orgs.extend(
        overview
            .orgs
            .iter()
            .map(|org| (org.id.to_string(), org.name.clone())),
    );
    let mut regions = vec![(String::new(), page.t("全部区划").to_owned())];
    regions.extend(overview.region_choices);
    let names = overview
        .orgs
        .iter()
        .map(|org| (org.id, org.name.clone()))
        .collect();
    let export = filter.address(EXPORT, filter.period, &[]);
    let charts = overview
        .charts
        .into_iter()
        .map(|chart| Drawn {
            note: note(&chart.id),
            export: filter.address(EXPORT, filter.period, &[("chart", &chart.id)]),
            chart,
        })
        .collect();
    let [(_, org), (_, region), _, (_, item)] = pairs(selection);
    Ok(web::render(
        &visit,
        BoardPage {
            now: overview.now,
            uncounted: overview.uncounted,
            period: overview.period.name(),
            compared: format::span(
                ui::Lang::Zh,
                overview.compared.from,
                overview.compared.last(),
            ),
            grains: Grain::ALL
                .into_iter()
                .map(|grain| ui::View {
                    label: page.t(grain.label()).to_owned(),
                    href: link(crate::figures::Period::of(
                        grain,
                        filter.period.span.last().min(filter.today),
                    )),
                    count: None,
                    current: grain == filter.period.grain,
                })
                .collect(),
            before: link(filter.period.before()),
            after: (after.span.from <= filter.today).then(|| link(after)),
            grain: filter.period.grain.word(),
            at: filter.period.span.from.to_string(),
            filtered: *selection != Selection::default(),
            clear: Filter {
                selection: Selection::default(),
                ..filter.clone()
            }
            .address(PATH, filter.period, &[]),
            pressed: overview
                .pressed
                .iter()
                .map(|one| pressed(one, selection))
                .collect(),
            urgent: overview
                .urgent
                .iter()
                .map(|watched| Urgent {
                    href: case_page(watched.case_id),
                    light: LightWord::of(watched.due_at, watched.near_at, overview.now).class(),
                    words: time_left(watched.due_at, overview.now, &calendar),
                    title: watched.title.clone(),
                    org: board::name_of(&names, watched.org),
                })
                .collect(),
            all_urgent: [
                (
                    page.t("全部超期").to_owned(),
                    open(selection, Some(LightWord::Over), None),
                ),
                (
                    page.t("全部今天到期").to_owned(),
                    open(selection, None, Some(DueWord::Today)),
                ),
                (
                    page.t("全部明天到期").to_owned(),
                    open(selection, None, Some(DueWord::Tomorrow)),
                ),
            ],
            open: open_stats,
            done: done_stats,
            charts,
            tree: overview.regions,
            tree_export: filter.address(EXPORT, filter.period, &[("chart", "regions")]),
            export,
            wall: address("/staff/wall", &[]),
            org,
            orgs,
            region,
            regions,
            item,
            items: overview.items,
            page,
        },
    ))
}

/// Tells open boards that something was recorded.
pub(crate) async fn live(State(monitor): State<Monitor>) -> web::Result<Response> {
    web::sse::changes(&monitor.app)
}

/// Everything, read at one instant.
pub(crate) async fn gather(
    visit: &Visit,
    monitor: &Monitor,
    filter: &Filter,
) -> web::Result<Overview> {
    let actor = visit.actor()?.clone();
    let (now, filter) = (monitor.app.now(), filter.clone());
    let place = monitor.app.config.region.clone();
    monitor
        .app
        .db
        .read(move |tx| overview::gather(tx, &actor, &filter, &place, now))
        .await
}

/// What a chart counts.
fn note(chart: &str) -> &'static str {
    match chart {
        "flow" => {
            "收件按收到申请的日期，决定按作出准予或不予决定的日期。虚点为尚未结束的一天或一月。"
        }
        "standing" => "现在在办的办件，按正在计算的时限；最多列10个机构，在办多的在前。",
        "time" => {
            "本期作出决定、按工作日承诺的办件；停止计时期间不计。用时长的在前，最多列10个机构。"
        }
        "funnel" => "本期收到的申请中，到现在已受理、已决定、已办结的各有多少。",
        "hours" => "本期收到的申请，按收到时的星期和钟点。",
        _ => "",
    }
}

fn pressed(one: &overview::Pressed, selection: &Selection) -> Pressed {
    let of = within(selection, one.org);
    Pressed {
        name: one.name.clone(),
        href: open(&of, None, None),
        over: (one.over, open(&of, Some(LightWord::Over), None)),
        today: (one.today, open(&of, None, Some(DueWord::Today))),
        tomorrow: (one.tomorrow, open(&of, None, Some(DueWord::Tomorrow))),
    }
}

fn within(selection: &Selection, org: OrgId) -> Selection {
    Selection {
        org: Some(org),
        ..selection.clone()
    }
}

const OPEN_CASES: &str = "办件记录中正在计算的时限";
const TRAILS: &str = "办件轨迹，由变更记录逐条汇总";

/// Figures of open cases, now.
pub(crate) fn open_stats(overview: &Overview, selection: &Selection) -> Vec<Stat> {
    let period = format!("截至{}", format::datetime_dense(overview.now));
    let stat = |id, name: &str, n: i64, light, formula: &str| Stat {
        id,
        value: format::number(n),
        unit: "件",
        href: open(selection, light, None),
        note: String::new(),
        definition: Definition {
            name: name.to_owned(),
            formula: formula.to_owned(),
            period: period.clone(),
            source: OPEN_CASES.to_owned(),
        },
    };
    let counts = &overview.open;
    let mut stats = vec![stat(
        "open",
        "在办",
        counts.total(),
        None,
        "有时限正在计算或停止计时的办件，每件计一次：有承诺时限的按承诺时限，否则按法定时限或最先到期的时限",
    )];
    for (id, light, formula) in [
        ("open-over", LightWord::Over, "已过到期日仍未办完的在办件"),
        ("open-near", LightWord::Near, "剩余时间不到三分之一的在办件"),
        ("open-ok", LightWord::Ok, "剩余时间超过三分之一的在办件"),
        ("open-held", LightWord::Held, "依法停止计时的在办件"),
    ] {
        let n = light.of_counts(counts);
        stats.push(stat(id, light.label(), n, Some(light), formula));
    }
    stats
}

/// Figures of the period, beside those of the one before.
pub(crate) fn done_stats(overview: &Overview, selection: &Selection) -> Vec<Stat> {
    let span = overview.period.span;
    let stat = |id,
                name: &str,
                (value, unit): (String, &'static str),
                (word, part),
                note: String,
                formula: &str| Stat {
        id,
        value,
        unit,
        href: records(selection, word, part, span),
        note,
        definition: Definition {
            name: name.to_owned(),
            formula: formula.to_owned(),
            period: overview.period.name(),
            source: TRAILS.to_owned(),
        },
    };
    let number = |compared: &Compared| (format::number(compared.sum.n), "件");
    let change = |compared: &Compared| change(compared.sum.n, compared.before.n);
    let decided = &overview.decided;
    let in_time = decided.sum.n - decided.sum.late;
    let before = decided.before.n - decided.before.late;
    vec![
        stat(
            "submitted",
            "收件",
            number(&overview.submitted),
            (MeasureWord::Submitted, None),
            change(&overview.submitted),
            "收到的申请数",
        ),
        stat(
            "accepted",
            "受理",
            number(&overview.accepted),
            (MeasureWord::Accepted, None),
            change(&overview.accepted),
            "予以受理或逾期未告知视为受理的申请数",
        ),
        stat(
            "decided",
            "作出决定",
            number(decided),
            (MeasureWord::Decided, None),
            change(decided),
            "受理后作出准予或不予决定的办件数",
        ),
        stat(
            "delivered",
            "办结",
            number(&overview.delivered),
            (MeasureWord::Delivered, None),
            change(&overview.delivered),
            "作出决定并已送达的办件数",
        ),
        stat(
            "dropped",
            "不予受理或撤回",
            number(&overview.dropped),
            (MeasureWord::Dropped, None),
            change(&overview.dropped),
            "未作出决定即结束的办件数",
        ),
        stat(
            "late",
            "超期决定",
            (format::number(decided.sum.late), "件"),
            (MeasureWord::Decided, Some(PartWord::Late)),
            self::change(decided.sum.late, decided.before.late),
            "作出决定时已过承诺时限（没有承诺的按法定时限）的办件数",
        ),
        stat(
            "in-time",
            "按时决定率",
            (share(in_time, decided.sum.n), ""),
            (MeasureWord::Decided, Some(PartWord::InTime)),
            format!("上期{}", share(before, decided.before.n)),
            "未超期作出决定的办件数÷作出决定的办件数",
        ),
        stat(
            "time",
            "平均用时",
            days(&decided.sum),
            (MeasureWord::Decided, Some(PartWord::Timed)),
            format!(
                "{}件的平均，承诺平均{}",
                format::number(decided.sum.timed),
                figure(tenths(decided.sum.promised, decided.sum.timed))
            ),
            "按工作日承诺的办件，从受理到作出决定的工作日之和÷件数，停止计时期间不计",
        ),
    ]
}

fn days(sum: &crate::figures::Sum) -> (String, &'static str) {
    if sum.timed == 0 {
        return ("—".to_owned(), "");
    }
    (figure(tenths(sum.used, sum.timed)), "个工作日")
}

/// 26 as 2.6.
fn figure(tenths: i64) -> String {
    ui::charts::Unit::tenths("").figure(tenths)
}

fn share(part: i64, whole: i64) -> String {
    format::share(part.unsigned_abs(), whole.unsigned_abs())
}

/// 较上期＋6.2%.
pub(crate) fn change(now: i64, before: i64) -> String {
    // Of very few, a share says nothing.
    if before < 10 {
        return format!("上期{before}件");
    }
    let difference = now - before;
    let sign = match difference {
        0 => return "与上期持平".to_owned(),
        d if d > 0 => "＋",
        _ => "－",
    };
    format!("较上期{sign}{}", share(difference, before))
}

/// The numbers of one chart as its table shows them, or of everything on the board, one to a line.
pub(crate) async fn export(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let format = Format::from_word(params.format.as_deref().unwrap_or("xlsx"))
        .ok_or_else(|| Problem::bad_request("query_invalid", "format 只能是 xlsx 或 csv"))?;
    let chart = params.chart.clone();
    let filter = params.read(monitor.app.today())?;
    let overview = gather(&visit, &monitor, &filter).await?;
    let (finished, title) = match chart.as_deref() {
        None => (whole(format, &overview, &filter.selection)?, "督查看板"),
        Some("regions") => (
            tree_table(format, &overview.regions)?,
            overview.regions.title.as_str(),
        ),
        Some(id) => {
            let chart = overview
                .charts
                .iter()
                .find(|chart| chart.id == id)
                .ok_or_else(|| Problem::not_found("没有这张图"))?;
            (chart_table(format, chart)?, chart.title.as_str())
        }
    };
    Ok(finished.response(&format!("{title}{}", overview.period.name())))
}

fn chart_table(format: Format, chart: &Chart) -> web::Result<web::export::Finished> {
    let heads = chart.heads();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new(format, &heads)?;
    for (category, marks) in chart.lines() {
        let mut cells = vec![Cell::from(category)];
        cells.extend(marks.iter().map(|mark| cell(mark.value, &chart.unit)));
        table.row(&cells)?;
    }
    table.finish()
}

fn tree_table(format: Format, tree: &Tree) -> web::Result<web::export::Finished> {
    let heads = [
        tree.head.clone(),
        format!("{}（{}）", tree.size.0, tree.size.1.word),
        format!("{}（{}）", tree.shade.0, tree.shade.1.word),
    ];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new(format, &heads)?;
    for (_, node) in tree.lines() {
        table.row(&[
            node.label.as_str().into(),
            node.size.into(),
            node.shade.into(),
        ])?;
    }
    table.finish()
}

/// Everything on the board: which part, which line, which column, the number, its unit.
fn whole(
    format: Format,
    overview: &Overview,
    selection: &Selection,
) -> web::Result<web::export::Finished> {
    let mut table = Table::new(format, &["板块", "行", "列", "数值", "单位"])?;
    let stats = open_stats(overview, selection)
        .into_iter()
        .map(|stat| ("现在", stat))
        .chain(
            done_stats(overview, selection)
                .into_iter()
                .map(|stat| ("本期", stat)),
        );
    for (when, stat) in stats {
        table.row(&[
            "指标".into(),
            stat.definition.name.into(),
            when.into(),
            stat.value.into(),
            stat.unit.into(),
        ])?;
    }
    for one in &overview.pressed {
        for (column, n) in [
            ("超期", one.over),
            ("今天到期", one.today),
            ("明天到期", one.tomorrow),
        ] {
            table.row(&[
                "超期和即将到期".into(),
                one.name.as_str().into(),
                column.into(),
                n.into(),
                "件".into(),
            ])?;
        }
    }
    for chart in &overview.charts {
        for (category, marks) in chart.lines() {
            for (series, mark) in chart.series.iter().zip(marks) {
                table.row(&[
                    chart.title.as_str().into(),
                    category.into(),
                    series.label.as_str().into(),
                    cell(mark.value, &chart.unit),
                    chart.unit.word.as_str().into(),
                ])?;
            }
        }
    }
    let tree = &overview.regions;
    for (_, node) in tree.lines() {
        for (words, n) in [(&tree.size, node.size), (&tree.shade, node.shade)] {
            table.row(&[
                tree.title.as_str().into(),
                node.label.as_str().into(),
                words.0.as_str().into(),
                cell(Some(n), &words.1),
                words.1.word.as_str().into(),
            ])?;
        }
    }
    table.finish()
}

fn cell(value: Option<i64>, unit: &ui::charts::Unit) -> Cell {
    match value {
        None => Cell::Empty,
        Some(value) if unit.decimals == 0 => Cell::Number(value),
        Some(value) => Cell::Decimal(value, unit.decimals),
    }
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn a_change_is_told_in_per_cent_of_before() {
        assert_eq!(change(106, 100), "较上期＋6.0%");
        assert_eq!(change(94, 100), "较上期－6.0%");
        assert_eq!(change(50, 50), "与上期持平");
        assert_eq!(change(5, 0), "上期0件");
        assert_eq!(change(500, 9), "上期9件");
    }
}
