//! Lists, tables, figures.

use askama::Template;

use super::{
    COMPONENTS, Frame, Group, Part, Specimen, State,
    samples::{Samples, samples},
};
use crate::Page;

#[derive(Template)]
#[template(path = "design/lists.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
    s: Samples,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    States {
        page,
        state,
        s: samples(page),
    }
    .render()
}

pub(super) const GROUP: Group = Group {
    id: "lists",
    title: "列表与数字",
    macros: &[COMPONENTS],
    assets: &[],
    template: include_str!("../../templates/design/lists.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "views",
        title: "视图标签",
        purpose: "同一批记录的几种看法，每个是一个链接，带件数。",
        not_for: "互不相干的页面：那是导航。",
        parts: &[Part {
            name: "views",
            params: &[("items", "Vec<ui::View>"), ("label", "导航区的名称")],
        }],
        criteria: &["是链接不是脚本标签页：可以收藏、后退、在新窗口打开。"],
        states: &[State {
            id: "three",
            title: "三个视图",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "tabs",
        title: "我的办件里的标签",
        purpose: "面向公众的页面里，同样的视图标签。",
        not_for: "",
        parts: &[],
        criteria: &["是链接；当前一个 aria-current=\"page\"。"],
        states: &[State {
            id: "citizen",
            title: "三个",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "table",
        title: "列表",
        purpose: "工作台的列表：自己横向滚动，j、k 上下，Enter 打开，x 勾选。",
        not_for: "两列的内容用 kv 或 facts。",
        parts: &[Part {
            name: "table",
            params: &[("label", "区域的名称；table 写在 call 与 endcall 之间")],
        }],
        criteria: &[
            "能滚动的区域可以聚焦并有名称。",
            "表头写 scope；每行有一个链接。",
        ],
        states: &[State {
            id: "queue",
            title: "待办",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "toolbar",
        title: "筛选条",
        purpose: "列表上方的筛选：表单用 GET，结果的地址可以收藏和转发。",
        not_for: "",
        parts: &[],
        criteria: &["每个下拉框有名称；选好要按“筛选”，不自动跳。"],
        states: &[State {
            id: "filters",
            title: "筛选",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "pager",
        title: "翻页",
        purpose: "长列表往后翻；按位置翻，不按页码，列表变动时不漏不重。数得出总数的列表用 pager_at 写明在哪里。",
        not_for: "几十行以内的列表：全部列出。",
        parts: &[
            Part {
                name: "pager",
                params: &[
                    ("newer", "回第一页的地址，Option"),
                    ("older", "下一页的地址，Option"),
                ],
            },
            Part {
                name: "pager_at",
                params: &[
                    ("newer", "同上"),
                    ("older", "同上"),
                    ("from", "本页第一条是第几条"),
                    ("to", "本页最后一条"),
                    ("total", "共几条"),
                ],
            },
        ],
        criteria: &["导航区名称为“翻页”，rel 写明方向。"],
        states: &[
            State {
                id: "middle",
                title: "中间",
            },
            State {
                id: "first",
                title: "第一页",
            },
            State {
                id: "position",
                title: "写明位置",
            },
        ],
        frame: Frame::Staff,
    },
    Specimen {
        id: "panel",
        title: "面板",
        purpose: "工作台里的一块工具：材料、决定、时限、记录。",
        not_for: "公众页面：用线分段，不用盒子。",
        parts: &[Part {
            name: "panel",
            params: &[("title", "标题"), ("id", "标题的 id")],
        }],
        criteria: &["是一个带名称的区域。"],
        states: &[
            State {
                id: "plain",
                title: "一般",
            },
            State {
                id: "decide",
                title: "决定",
            },
        ],
        frame: Frame::Staff,
    },
    Specimen {
        id: "stat",
        title: "数字",
        purpose: "一个数，点它看到它数的那些件；口径在鼠标移上、聚焦或按下时展开。",
        not_for: "只供欣赏的数字。",
        parts: &[
            Part {
                name: "stat",
                params: &[
                    ("label", "数的是什么"),
                    ("value", "已排好的数"),
                    ("unit", "单位"),
                    ("href", "它数的那些记录"),
                    ("note", "与什么相比"),
                ],
            },
            Part {
                name: "stat_defined",
                params: &[
                    ("id", "唯一的 id"),
                    ("value", "已排好的数"),
                    ("unit", "单位"),
                    ("href", "它数的那些记录"),
                    ("note", "与什么相比"),
                    ("definition", "ui::Definition：名称、公式、期间、来源"),
                ],
            },
        ],
        criteria: &[
            "数字是链接时，名称就是数和单位，前面有它的说明。",
            "口径用键盘也打得开，Esc 关上，鼠标可以移到上面（WCAG 1.4.13）。",
        ],
        states: &[
            State {
                id: "row",
                title: "一排",
            },
            State {
                id: "defined",
                title: "带口径",
            },
        ],
        frame: Frame::Staff,
    },
    Specimen {
        id: "progress",
        title: "长时间的工作",
        purpose: "导入、导出、匹配这类在后台做的事：做到哪里、有没有错。",
        not_for: "几秒内做完的事。",
        parts: &[Part {
            name: "progress",
            params: &[
                ("id", "唯一的 id"),
                ("label", "在做什么"),
                ("done", "做了多少"),
                ("total", "共多少"),
                ("words", "一句话，写明数和错误"),
            ],
        }],
        criteria: &["条有名称；进展的字是 role=\"status\"。"],
        states: &[State {
            id: "import",
            title: "导入",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "trail",
        title: "全部记录",
        purpose: "工作人员看的办件记录：时间、谁、做了什么。",
        not_for: "申请人看的进度用 timeline。",
        parts: &[],
        criteria: &["有序列表，时间用 time。"],
        states: &[State {
            id: "case",
            title: "一件",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "work",
        title: "三栏",
        purpose: "办件页：左材料，中决定，右时限和记录；窄屏依次往下。",
        not_for: "",
        parts: &[],
        criteria: &["窄屏的先后就是读的先后。"],
        states: &[State {
            id: "columns",
            title: "三栏",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "keys",
        title: "快捷键",
        purpose: "列表下方写明可用的键。",
        not_for: "",
        parts: &[],
        criteria: &["每个键用 kbd；没有只能用键的事。"],
        states: &[State {
            id: "list",
            title: "列表",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "bars",
        title: "横条",
        purpose: "几个数的多少，从零起画，同时就是表格。",
        not_for: "随时间变化的数：用折线图。",
        parts: &[Part {
            name: "bars",
            params: &[
                ("rows", "ui::bars([(名称, 数, 地址)])"),
                ("caption", "表的名称"),
            ],
        }],
        criteria: &["条是装饰，数在旁边。"],
        states: &[State {
            id: "departments",
            title: "各部门",
        }],
        frame: Frame::Staff,
    },
];
