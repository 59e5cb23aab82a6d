//! The one pattern of staff lists: tabs, filters, heads that sort, work done together, files, keys.

use askama::Template;

use super::{Frame, Group, MacroFile, Part, Specimen, State};
use crate::{
    Page, View,
    staff_list::{BulkAct, Column, Field, Filters, ListAddress, Sorted, Views},
};

#[derive(Template)]
#[template(path = "design/staff_lists.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
    views: Views,
    filters: Filters,
    columns: Vec<Column>,
    acts: Vec<BulkAct>,
    /// Time left, applicant, received.
    rows: Vec<(&'static str, &'static str, &'static str)>,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    let at = ListAddress::new("/design/list-rows").with("sort", "opened");
    States {
        page,
        state,
        views: views(),
        filters: filters(),
        columns: vec![
            Column::new("剩余时间").sorting(&at, "due", Sorted::Up, "due"),
            Column::new("申请人"),
            Column::new("收到时间")
                .sorting(&at, "opened", Sorted::Down, "due")
                .right(),
        ],
        acts: vec![
            BulkAct {
                value: "take",
                label: "领办".to_owned(),
            },
            BulkAct {
                value: "accept",
                label: "受理".to_owned(),
            },
        ],
        rows: vec![
            ("超期1天", "云川市云川区巷口面馆", "2026-05-04 09:12"),
            ("剩6个工作日", "赵记豆腐坊", "2026-05-08 15:40"),
        ],
    }
    .render()
}

fn views() -> Views {
    let tab = |label: &str, count, current| View {
        label: label.to_owned(),
        href: "/design/list-views".to_owned(),
        count,
        current,
    };
    Views {
        list: "queue",
        tabs: vec![
            tab("全部", Some(1000), false),
            tab("超期", Some(2), false),
            tab("本科室待决定", None, false),
        ],
        query: "kind=decide".to_owned(),
    }
}

fn filters() -> Filters {
    Filters {
        action: "/design/list-filters",
        fields: vec![
            Field::search("q", "办件编号、申请人、事项", "面馆"),
            Field::choice(
                "kind",
                "环节",
                "decide",
                vec![
                    (String::new(), "全部环节".to_owned()),
                    ("decide".to_owned(), "待决定".to_owned()),
                ],
            ),
            Field::text("region", "区划代码", ""),
            Field::day("from", "收到自", "2026-05-01"),
            Field::tick("left", "含已停用", true),
        ],
        keep: vec![("sort", "opened".to_owned())],
        clear: "/design/list-filters".to_owned(),
        said: "共2件".to_owned(),
    }
}

const STAFF_LIST: MacroFile = MacroFile {
    name: "staff-list.html",
    source: include_str!("../../templates/staff-list.html"),
};

pub(super) const GROUP: Group = Group {
    id: "staff-lists",
    title: "工作台列表",
    macros: &[STAFF_LIST],
    assets: &["staff.css", "list.js"],
    template: include_str!("../../templates/design/staff_lists.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "list-views",
        title: "视图和保存",
        purpose: "列表固有的标签在前，保存的视图在后；当前筛选不是任何标签时，可以起名保存，也可以共享给本机构。",
        not_for: "不同的列表：那是菜单。",
        parts: &[Part {
            name: "views",
            params: &[("views", "ui::staff_list::Views，由 web::saved::tabs 给出")],
        }],
        criteria: &[
            "标签是链接，保存是表单：没有脚本也能用。",
            "数到 1000 为止，写作 999+，页面不为计数等待。",
        ],
        states: &[State {
            id: "saved",
            title: "有一个保存的视图，正在筛选",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "list-filters",
        title: "筛选",
        purpose: "列表的全部条件都在地址里：可以收藏、转发、导出、保存为视图。按 / 到搜索框。",
        not_for: "提交内容的表单。",
        parts: &[Part {
            name: "filters",
            params: &[("filters", "ui::staff_list::Filters")],
        }],
        criteria: &["每个控件有名称；结果多少用 role=status 说出来。"],
        states: &[State {
            id: "all",
            title: "各种条件",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "list-rows",
        title: "表头、勾选、批量和变化",
        purpose: "表头是排序的链接；勾选后先预览再逐件办理；别人改动的行原地更新，新来的等人按了再显示。",
        not_for: "十行以内、不会变的表：用 table。",
        parts: &[
            Part {
                name: "head",
                params: &[
                    ("columns", "Vec<ui::staff_list::Column>"),
                    ("ticks", "每行勾选框的 name；空的没有勾选列"),
                ],
            },
            Part {
                name: "tick",
                params: &[
                    ("name", "勾选框的 name"),
                    ("value", "这一行的值"),
                    ("label", "选的是谁，读给听屏幕的人"),
                ],
            },
            Part {
                name: "bulk",
                params: &[("acts", "Vec<ui::staff_list::BulkAct>")],
            },
            Part {
                name: "live",
                params: &[
                    ("id", "会变的部分的 id"),
                    ("stream", "事件流的地址；空的不更新"),
                ],
            },
        ],
        criteria: &[
            "排序写在 aria-sort 上，箭头只给看的人。",
            "正在看的行不动：有变化只报数，按了才更新。",
            "勾选框至少 24 像素。",
        ],
        states: &[State {
            id: "bulk",
            title: "两行待办",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "list-export",
        title: "导出",
        purpose: "把列表按现在的条件和顺序导出，全部行，不只本页。",
        not_for: "",
        parts: &[Part {
            name: "export",
            params: &[("xlsx", "Excel 文件的地址"), ("csv", "CSV 文件的地址")],
        }],
        criteria: &[],
        states: &[State {
            id: "both",
            title: "两种格式",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "list-keys",
        title: "键盘操作",
        purpose: "列表下方可以展开；按 ? 在对话框里显示。g 加字母去菜单里的地方。",
        not_for: "",
        parts: &[Part {
            name: "keys",
            params: &[("bulk", "列表能不能勾选")],
        }],
        criteria: &["正在输入时这些键不起作用；对话框用 Esc 关闭，焦点回到原处。"],
        states: &[State {
            id: "bulk",
            title: "能勾选的列表",
        }],
        frame: Frame::Staff,
    },
];
