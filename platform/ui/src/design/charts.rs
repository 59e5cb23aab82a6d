//! Charts: every kind, with what is usual and what is not.

use askama::Template;

use super::{Frame, Group, MacroFile, Part, Specimen, State};
use crate::Page;
use crate::charts::gantt::{Progress, Row};
use crate::charts::{Chart, Gantt, Kind, Mark, Node, Series, Tone, Tree, Unit, sparkline};

#[derive(Template)]
#[template(path = "design/chart.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
    chart: Chart,
    tree: Tree,
    gantt: Gantt,
    spark: String,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    States {
        page,
        state,
        chart: sample(state),
        tree: regions(),
        gantt: stages(),
        spark: sparkline(&[31, 28, 35, 12, 9, 38, 41], "近7天收件，最后一天41件"),
    }
    .render()
}

pub(super) const GROUP: Group = Group {
    id: "charts",
    title: "图表",
    macros: &[MacroFile {
        name: "charts.html",
        source: include_str!("../../templates/charts.html"),
    }],
    assets: &["charts.css"],
    template: include_str!("../../templates/design/chart.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "chart",
        title: "图表",
        purpose: "让数字的走势和比例一眼可见；每个图形打开它所数的记录，数据表在“查看数据”里。",
        not_for: "只有一两个数字时用 stat；要逐个比较的准确数字用表格。",
        parts: &[Part {
            name: "chart",
            params: &[
                ("chart", "ui::charts::Chart、Tree 或 Gantt"),
                ("note", "数的是什么、不含什么"),
                ("export", "同样数字的表格文件地址，后面会加上 &format="),
            ],
        }],
        criteria: &[
            "不靠颜色区分：填充有纹样，线有虚实和标记，色阶有深浅。",
            "柱从零开始；单位写在图上；名称放不下时截短，全名在提示和数据表里。",
            "有链接的图是 group，没有链接的是 img；朗读文字说明最多和最少在哪里。",
            "图形超过40个时，Tab 键不逐个经过，键盘从数据表打开。",
        ],
        states: &[
            State {
                id: "line",
                title: "折线：有缺口，最后一点暂定",
            },
            State {
                id: "bars",
                title: "柱：两组并列",
            },
            State {
                id: "stacked",
                title: "柱：堆叠",
            },
            State {
                id: "rows",
                title: "横条：机构名称长短不一",
            },
            State {
                id: "stacked-rows",
                title: "横条：时限状态",
            },
            State {
                id: "against",
                title: "横条：用时与承诺",
            },
            State {
                id: "funnel",
                title: "漏斗",
            },
            State {
                id: "heat",
                title: "时段色阶",
            },
            State {
                id: "tree",
                title: "区划树图",
            },
            State {
                id: "gantt",
                title: "计划和实际",
            },
            State {
                id: "empty",
                title: "没有数据",
            },
        ],
        frame: Frame::Staff,
    },
    Specimen {
        id: "spark",
        title: "走势线",
        purpose: "放在一个数字旁边，只说升降。",
        not_for: "要读出数值时用折线图。",
        parts: &[],
        criteria: &["朗读文字说出最后一个数。"],
        states: &[State {
            id: "week",
            title: "七天",
        }],
        frame: Frame::Staff,
    },
];

fn sample(state: &str) -> Chart {
    let id = state.to_owned();
    let days = || (5..=11).map(|day| format!("5月{day}日")).collect();
    let bodies = || {
        [
            "云川区市场监督管理局",
            "市自然资源和规划局",
            "临江区行政审批服务局",
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let chart = |kind, title: &str, head: &str, categories, series| Chart {
        id: id.clone(),
        kind,
        title: title.to_owned(),
        unit: Unit::whole("件"),
        head: head.to_owned(),
        categories,
        series,
    };
    match state {
        "chart-bars" => chart(
            Kind::Bars,
            "每天收件",
            "日期",
            days(),
            vec![
                series("本周", Tone::Main, &[212, 148, 124, 96, 0, 160, 175]),
                series("上周", Tone::Second, &[190, 160, 130, 88, 10, 150, 181]),
            ],
        ),
        "chart-stacked" => chart(
            Kind::Stacked,
            "每天收件来源",
            "日期",
            days(),
            vec![
                series("窗口", Tone::Main, &[90, 60, 70, 50, 0, 70, 75]),
                series("网上", Tone::Second, &[120, 80, 50, 46, 30, 80, 90]),
                series("邮寄", Tone::Third, &[2, 8, 4, 0, 0, 10, 10]),
            ],
        ),
        "chart-rows" => chart(
            Kind::Rows,
            "各机构收件",
            "机构",
            bodies(),
            vec![series("收件", Tone::Main, &[4_812, 1_130, 64])],
        ),
        "chart-stacked-rows" => chart(
            Kind::StackedRows,
            "各机构在办件",
            "机构",
            bodies(),
            vec![
                series("超期", Tone::Over, &[3, 0, 1]),
                series("快到期", Tone::Near, &[12, 6, 4]),
                series("充裕", Tone::Ok, &[80, 60, 20]),
                series("停止计时", Tone::Held, &[5, 8, 0]),
            ],
        ),
        "chart-against" => Chart {
            unit: Unit::tenths("个工作日"),
            ..chart(
                Kind::Against,
                "平均用时与承诺时限",
                "机构",
                bodies(),
                vec![
                    series("用时", Tone::Main, &[34, 112, 96]),
                    series("承诺", Tone::Second, &[80, 200, 90]),
                ],
            )
        },
        "chart-funnel" => chart(
            Kind::Funnel,
            "本期收件办到哪一步",
            "环节",
            ["收件", "已受理", "已作出决定", "已办结"]
                .map(str::to_owned)
                .to_vec(),
            vec![series("数量", Tone::Main, &[1_204, 1_158, 870, 842])],
        ),
        "chart-heat" => chart(
            Kind::Heat,
            "收件时段",
            "时段",
            (8..=17).map(|hour| format!("{hour}时")).collect(),
            vec![
                series("周一", Tone::Main, &[21, 148, 62, 40, 4, 9, 88, 97, 60, 12]),
                series("周二", Tone::Main, &[18, 120, 60, 33, 0, 6, 80, 75, 44, 10]),
                series("周三", Tone::Main, &[12, 96, 51, 30, 2, 4, 66, 70, 41, 7]),
            ],
        ),
        "chart-empty" => chart(Kind::Line, "每天收件", "日期", Vec::new(), Vec::new()),
        _ => {
            let mut line = chart(
                Kind::Line,
                "每天收件与决定",
                "日期",
                days(),
                vec![
                    series("收件", Tone::Main, &[212, 148, 124, 96, 20, 160, 75]),
                    series("作出决定", Tone::Second, &[180, 150, 0, 102, 0, 140, 31]),
                ],
            );
            line.series[1].marks[2] = Mark::default();
            for series in &mut line.series {
                series.marks[6].provisional = true;
            }
            line
        }
    }
}

fn series(label: &str, tone: Tone, values: &[i64]) -> Series {
    Series {
        label: label.to_owned(),
        tone,
        marks: values
            .iter()
            .map(|value| Mark::new(*value, "/design/chart"))
            .collect(),
    }
}

fn regions() -> Tree {
    let node = |label: &str, size, shade, inside| Node {
        label: label.to_owned(),
        size,
        shade,
        href: "/design/chart".to_owned(),
        inside,
    };
    Tree {
        id: "chart-tree".to_owned(),
        title: "各区划收件与超期".to_owned(),
        head: "区划".to_owned(),
        size: ("收件".to_owned(), Unit::whole("件")),
        shade: ("在办超期".to_owned(), Unit::whole("件")),
        nodes: vec![
            node(
                "云川区",
                820,
                6,
                vec![
                    node("柳营街道", 420, 4, Vec::new()),
                    node("沙堤街道", 260, 2, Vec::new()),
                    node("北塘镇", 140, 0, Vec::new()),
                ],
            ),
            node("临江区", 510, 1, Vec::new()),
            node("望江区", 330, 0, Vec::new()),
            node("青石县", 60, 0, Vec::new()),
        ],
    }
}

fn stages() -> Gantt {
    let row = |label: &str, planned, actual, progress, words: [&str; 2]| Row {
        label: label.to_owned(),
        href: "/design/chart".to_owned(),
        planned,
        actual,
        progress,
        planned_words: words[0].to_owned(),
        actual_words: words[1].to_owned(),
    };
    Gantt {
        id: "chart-gantt".to_owned(),
        title: "计划和实际".to_owned(),
        head: "阶段".to_owned(),
        rows: vec![
            row(
                "立项用地规划许可",
                (0, 20),
                Some((0, 14)),
                Progress::Done,
                ["3月2日—3月22日", "3月2日—3月16日"],
            ),
            row(
                "工程建设许可",
                (14, 40),
                Some((18, 46)),
                Progress::Late,
                ["3月16日—4月11日", "3月20日开始"],
            ),
            row(
                "施工许可",
                (40, 58),
                None,
                Progress::Planned,
                ["4月11日—4月29日", ""],
            ),
            row(
                "竣工验收",
                (58, 68),
                None,
                Progress::Planned,
                ["4月29日—5月9日", ""],
            ),
        ],
        today: Some(46),
    }
}
