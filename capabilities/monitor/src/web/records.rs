//! The cases behind a figure of a period, newest first; the same as a spreadsheet.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, OrgId};
use casework::Actor;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::Tx;
use web::export::{Cell, Format, Table};
use web::{Problem, Query, Visit, cursor};

use super::case_page;
use super::params::{MeasureWord, PartWord, address_of, selection};
use crate::figures::query::{self, Marked, Place as Ended};
use crate::figures::{Measure, Part, Selection, Span};
use crate::words::Words;
use crate::{Monitor, board};

/// Cases on a page.
const PAGE: usize = 50;
/// Name of the list in cursors.
const LIST: &str = "board_records";
/// Most rows of a spreadsheet.
const EXPORT_ROWS_MAX: u32 = 100_000;
/// Rows read at a time for a spreadsheet.
const EXPORT_CHUNK: usize = 500;
/// Longest span that is listed, in days.
const DAYS_MAX: i32 = 3660;

const PATH: &str = "/staff/board/records";

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    measure: MeasureWord,
    part: Option<PartWord>,
    /// Hour of the week, 0 from midnight to one on Monday.
    hour: Option<i64>,
    from: Date,
    /// The last day.
    to: Date,
    org: Option<OrgId>,
    region: Option<String>,
    alone: Option<bool>,
    item: Option<String>,
    cursor: Option<String>,
    format: Option<String>,
}

/// Which cases.
#[derive(Clone)]
struct Asked {
    selection: Selection,
    word: MeasureWord,
    part_word: Option<PartWord>,
    hour: Option<i64>,
    span: Span,
}

impl Asked {
    fn of(params: &Params) -> web::Result<Asked> {
        let span = Span {
            from: params.from,
            to: params.to.tomorrow().unwrap_or(params.to),
        };
        if span.from >= span.to || span.days() > DAYS_MAX {
            return Err(Problem::bad_request(
                "query_invalid",
                "起止日期不正确，最长10年",
            ));
        }
        if params.hour.is_some_and(|hour| !(0..168).contains(&hour)) {
            return Err(Problem::bad_request("query_invalid", "时段不正确"));
        }
        let mut selection = selection(params.org, params.region.clone(), params.item.clone())?;
        selection.alone = params.alone.unwrap_or(false);
        Ok(Asked {
            selection,
            word: params.measure,
            part_word: params.part,
            hour: params.hour,
            span,
        })
    }

    fn which(&self) -> (Measure, Part) {
        let part = match (self.hour, self.part_word) {
            (Some(hour), _) => Part::Hour(hour),
            (None, Some(part)) => part.part(),
            (None, None) => Part::All,
        };
        (self.word.measure(), part)
    }

    fn address(&self, path: &str, more: (&str, &str)) -> String {
        let (from, to) = (self.span.from.to_string(), self.span.last().to_string());
        let hour = self.hour.map(|hour| hour.to_string()).unwrap_or_default();
        let all = [
            ("measure", self.word.word()),
            ("part", self.part_word.map_or("", PartWord::word)),
            ("hour", hour.as_str()),
            ("from", from.as_str()),
            ("to", to.as_str()),
            more,
        ];
        address_of(path, &self.selection, &all)
    }

    /// What is listed, in words: 收件，已受理，周一9时.
    fn words(&self) -> Vec<String> {
        let mut words = vec![self.word.label().to_owned()];
        if let Some(hour) = self.hour {
            let weekday = ["一", "二", "三", "四", "五", "六", "日"][(hour / 24) as usize % 7];
            words.push(format!("周{weekday}{}时", hour % 24));
        } else if let Some(part) = self.part_word {
            words.push(part.label().to_owned());
        }
        words.push(ui::format::span(
            ui::Lang::Zh,
            self.span.from,
            self.span.last(),
        ));
        words.extend(self.selection.item.clone());
        words
    }
}

/// Where a page ended, inside the cursor.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    at: i64,
    case: CaseId,
}

#[derive(Template)]
#[template(path = "staff/records.html")]
struct RecordsPage {
    page: ui::Page,
    words: Vec<String>,
    org: Option<String>,
    region: Option<String>,
    measure: &'static str,
    total: i64,
    lines: Vec<Line>,
    has_time: bool,
    xlsx: String,
    csv: String,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    href: String,
    at: Timestamp,
    title: String,
    applicant: String,
    case_no: String,
    org: String,
    state: &'static str,
    late: bool,
    time: Option<(i64, i64)>,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let app = &monitor.app;
    let asked = Asked::of(&params)?;
    let place: Option<Place> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(app, LIST, text))
        .transpose()?;
    let first_page = place.is_none();
    let before = place.map(|place| Ended {
        at: place.at,
        case: place.case,
    });
    let (wanted, words) = (asked.clone(), monitor.words);
    let (total, mut lines, last, region) = app
        .db
        .read(move |tx| -> web::Result<_> {
            let Asked {
                selection, span, ..
            } = &wanted;
            let total = query::count(tx, &actor, selection, wanted.which(), *span)?;
            let (lines, last) = read(tx, &actor, &wanted, before.as_ref(), PAGE + 1, &words)?;
            let region = match &selection.region {
                Some(code) => people::regions::name(tx, code)?,
                None => None,
            };
            Ok((total, lines, last, region))
        })
        .await?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let older = more.then(|| last.get(PAGE - 1)).flatten().map(|ended| {
        let place = Place {
            at: ended.at,
            case: ended.case,
        };
        asked.address(PATH, ("cursor", &cursor::encode(app, LIST, &place)))
    });
    let page = visit.page("办件清单").with_nav("board");
    let back = page.t("督查看板").to_owned();
    let org = match asked.selection.org {
        Some(id) => app.db.read(board::org_names).await?.get(&id).cloned(),
        None => None,
    };
    Ok(web::render(
        &visit,
        RecordsPage {
            words: asked.words(),
            org,
            region,
            measure: asked.word.label(),
            total,
            has_time: asked.word == MeasureWord::Decided,
            lines,
            xlsx: asked.address("/staff/board/records/export", ("format", "xlsx")),
            csv: asked.address("/staff/board/records/export", ("format", "csv")),
            newer: (!first_page).then(|| asked.address(PATH, ("cursor", ""))),
            older,
            page: page.with_crumb(back, "/staff/board"),
        },
    ))
}

/// The whole list as of one instant.
pub(crate) async fn export(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let asked = Asked::of(&params)?;
    let format = Format::from_word(params.format.as_deref().unwrap_or("xlsx"))
        .ok_or_else(|| Problem::bad_request("query_invalid", "format 只能是 xlsx 或 csv"))?;
    let (wanted, words) = (asked.clone(), monitor.words);
    let finished = monitor
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let mut table = Table::new(format, HEADERS)?;
            let mut before: Option<Ended> = None;
            loop {
                let (lines, ends) =
                    read(tx, &actor, &wanted, before.as_ref(), EXPORT_CHUNK, &words)?;
                for line in &lines {
                    if table.rows() == EXPORT_ROWS_MAX {
                        return Err(Problem::invalid(
                            "from",
                            "超过10万行，请缩短期间或按机构缩小范围后再导出",
                        ));
                    }
                    table.row(&cells(line))?;
                }
                match ends.last() {
                    Some(last) if lines.len() == EXPORT_CHUNK => before = Some(last.clone()),
                    _ => return table.finish(),
                }
            }
        })
        .await?;
    Ok(finished.response(&asked.words().join("")))
}

const HEADERS: &[&str] = &[
    "时间",
    "事项",
    "申请人",
    "办件编号",
    "机构",
    "现在状态",
    "超期",
    "用时（工作日）",
    "承诺（工作日）",
];

fn cells(line: &Line) -> [Cell; 9] {
    [
        ui::format::datetime_dense(line.at).into(),
        line.title.as_str().into(),
        line.applicant.as_str().into(),
        line.case_no.as_str().into(),
        line.org.as_str().into(),
        line.state.into(),
        if line.late {
            "超期".into()
        } else {
            Cell::Empty
        },
        line.time.map(|time| time.0).into(),
        line.time.map(|time| time.1).into(),
    ]
}

/// Cases of a list with what is shown of them, and where each stands in it.
fn read(
    tx: &mut Tx<'_>,
    actor: &Actor,
    asked: &Asked,
    before: Option<&Ended>,
    limit: usize,
    words: &Words,
) -> web::Result<(Vec<Line>, Vec<Ended>)> {
    let (selection, span) = (&asked.selection, asked.span);
    let found = query::list(tx, actor, selection, asked.which(), span, before, limit)?;
    let names = board::org_names(tx)?;
    let mut lines = Vec::with_capacity(found.len());
    for marked in &found {
        let case = cases::load(tx, marked.case)
            .map_err(board::problem)?
            .ok_or_else(|| {
                Problem::internal(format_args!("case {} has marks only", marked.case))
            })?;
        lines.push(line(
            marked,
            &case,
            board::name_of(&names, marked.org),
            words,
        ));
    }
    Ok((lines, found.iter().map(Marked::place).collect()))
}

fn line(marked: &Marked, case: &casework::Case, org: String, words: &Words) -> Line {
    Line {
        href: case_page(marked.case),
        at: marked.at,
        title: case.title.clone(),
        applicant: case.applicant_name.clone(),
        case_no: case.no.clone(),
        org,
        state: words.state(&case.state),
        late: marked.late,
        time: marked.time,
    }
}
