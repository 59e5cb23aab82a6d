//! 目录指标 over the API: the same figures, definitions and items as the page.

use axum::extract::State;
use base::ids::ItemId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Json, Operation, Path, Problem, Query, Routes, Visit};

use crate::figures::{Change, Figure, Quantity, Rounding, VERSION};
use crate::pages::Doors;
use crate::pages::admin::figures::{Asked, Line, View, allowed};

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::get("/api/v1/catalog/figures", "list_catalog_figures")
                .tag("catalog")
                .summary("目录指标")
                .description("某一天已发布清单的全部指标：分子、分母、口径；可以同另一天比较，可以限于一个机构或区划。")
                .access(Access::Staff)
                .query::<AskFigures>()
                .ok::<FigureList>(200),
            list,
        )
        .api(
            Operation::get("/api/v1/catalog/figures/{figure}", "get_catalog_figure")
                .tag("catalog")
                .summary("一个目录指标及其计入的事项")
                .access(Access::Staff)
                .query::<AskFigures>()
                .ok::<FigureDetail>(200),
            get,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskFigures {
    /// 统计日，默认今天
    #[schemars(with = "Option<web::schema::Day>")]
    on: Option<String>,
    /// 对比日，早于统计日
    #[schemars(with = "Option<web::schema::Day>")]
    before: Option<String>,
    /// 区划代码，包括其下级
    #[schemars(regex(pattern = r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$"))]
    region: Option<String>,
    /// 实施主体的机构代码
    #[schemars(length(max = 100))]
    org: Option<String>,
    /// 时限不含即办件
    exclude_instant: Option<bool>,
    /// 时限只计以工作日表示的
    working_days_only: Option<bool>,
    /// 同一基本编码只计一次
    once_per_base: Option<bool>,
    rounding: Option<RoundingWord>,
}

/// 末位
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RoundingWord {
    /// 四舍五入
    HalfUp,
    /// 截断
    Truncate,
}

impl AskFigures {
    fn asked(self) -> Asked {
        let switch = |on: Option<bool>| on.filter(|on| *on).map(|_| "1".to_owned());
        Asked {
            on: self.on,
            before: self.before,
            region: self.region,
            org: self.org,
            exclude_instant: switch(self.exclude_instant),
            working_days_only: switch(self.working_days_only),
            once_per_base: switch(self.once_per_base),
            rounding: self.rounding.map(|rounding| {
                let rounding = match rounding {
                    RoundingWord::HalfUp => Rounding::HalfUp,
                    RoundingWord::Truncate => Rounding::Truncate,
                };
                rounding.word().to_owned()
            }),
            ..Asked::default()
        }
    }
}

/// 某一天的目录指标
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FigureList {
    #[schemars(with = "web::schema::Day")]
    on: String,
    #[schemars(with = "Option<web::schema::Day>")]
    before: Option<String>,
    /// 统计范围
    scope: String,
    /// 口径版本
    definition_version: u32,
    /// 口径选项，空为默认
    switches: String,
    figures: Vec<FigureJson>,
}

/// 一个指标
#[derive(Debug, Serialize, JsonSchema)]
struct FigureJson {
    figure: String,
    name: String,
    formula: String,
    /// 按末位规则写出的值；分母为0时为“—”
    value: String,
    numerator: f64,
    /// 计数指标没有分母
    denominator: Option<f64>,
    /// 对比日的值
    before: Option<String>,
    /// 比率为百分点，其余为相对变化
    change: Option<String>,
    /// 变化的百分点或百分之几，两位小数
    change_hundredths: Option<i64>,
    /// 计入的事项（或主题）数
    item_count: usize,
    /// 没有公布有关数据、分子分母都不计的事项数
    unknown: usize,
}

/// 一个指标和它后面的事项
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FigureDetail {
    #[serde(flatten)]
    list: FigureList,
    /// 计入的事项
    items: Vec<CountedItem>,
    /// 分母中的其他事项
    rest: Vec<CountedItem>,
    /// 没有公布有关数据、分子分母都不计的事项
    unknown: Vec<CountedItem>,
    /// 计入的一件事主题
    themes: Vec<CountedTheme>,
}

/// 计入的一个一件事主题
#[derive(Debug, Serialize, JsonSchema)]
struct CountedTheme {
    key: String,
    version: i64,
    name: String,
}

/// 计入的一个事项，按当时的版本
#[derive(Debug, Serialize, JsonSchema)]
struct CountedItem {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    version: i64,
    name: String,
}

fn number(quantity: Quantity) -> f64 {
    quantity.n as f64 / quantity.per as f64
}

impl FigureJson {
    fn of(view: &View, line: &Line) -> FigureJson {
        let print = |ratio: crate::figures::Ratio| ratio.print(line.figure.kind(), view.rounding);
        FigureJson {
            figure: line.figure.word().to_owned(),
            name: line.figure.label().to_owned(),
            formula: line.figure.formula().to_owned(),
            value: print(line.now.ratio),
            numerator: number(line.now.ratio.numerator),
            denominator: line.now.ratio.denominator.map(number),
            before: line.before.map(print),
            change: line.before.map(|_| line.change.print()),
            change_hundredths: match line.change {
                Change::Points(hundredths) | Change::Relative(hundredths) => Some(hundredths),
                Change::Unknown => None,
            },
            item_count: line.now.items.len() + line.themes.len(),
            unknown: line.now.unknown.len(),
        }
    }
}

impl FigureList {
    fn of(view: &View, lines: &[Line]) -> FigureList {
        FigureList {
            on: view.on.to_string(),
            before: view.before.map(|day| day.to_string()),
            scope: view.scope_words.clone(),
            definition_version: VERSION,
            switches: view.switches.words(),
            figures: lines
                .iter()
                .map(|line| FigureJson::of(view, line))
                .collect(),
        }
    }
}

async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    Query(query): Query<AskFigures>,
) -> web::Result<Json<FigureList>> {
    allowed(&visit)?;
    let view = query.asked().view(&doors).await?;
    let mut lines = view.lines();
    lines.retain(|line| view.before.is_some() || line.figure != Figure::ItemReductionRate);
    Ok(Json(FigureList::of(&view, &lines)))
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(word): Path<String>,
    Query(query): Query<AskFigures>,
) -> web::Result<Json<FigureDetail>> {
    allowed(&visit)?;
    let figure = Figure::from_word(&word).ok_or_else(|| Problem::not_found("没有这个指标"))?;
    let view = query.asked().view(&doors).await?;
    let line = view.line(figure, &view.scope);
    let items = |facts: &[std::sync::Arc<crate::figures::Fact>]| {
        facts
            .iter()
            .map(|fact| CountedItem {
                item_id: fact.item_id,
                version: fact.version,
                name: fact.name.clone(),
            })
            .collect()
    };
    Ok(Json(FigureDetail {
        items: items(&line.now.items),
        rest: items(&line.now.rest),
        unknown: items(&line.now.unknown),
        themes: line
            .themes
            .iter()
            .map(|theme| CountedTheme {
                key: theme.key.clone(),
                version: theme.version,
                name: theme.name.clone(),
            })
            .collect(),
        list: FigureList::of(&view, std::slice::from_ref(&line)),
    }))
}
