//! 导出: the figures, one figure, or the items behind one as a spreadsheet.

use axum::extract::State;
use axum::response::Response;
use web::export::{self, Cell, Format};
use web::{Problem, Query, Visit};

use super::shown::Shown;
use super::view::{Asked, text};
use super::{allowed, chosen, figure_of, parts, shares, shown};
use crate::pages::Doors;

const HEADS: &[&str] = &[
    "指标或范围",
    "数值",
    "分子",
    "分母",
    "对比值",
    "变化",
    "未计入的事项",
];
const ITEM_HEADS: &[&str] = &["事项", "实施主体", "版本", "基本编码", "计入"];

/// The figures, one figure by body and region, or the items behind one; with the view written below.
pub(super) async fn export(
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
