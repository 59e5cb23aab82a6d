//! What leads a person through a matter: finding it, its steps, its tasks.

use askama::Template;

use super::{
    COMPONENTS, Frame, Group, Part, Specimen, State,
    samples::{Samples, samples},
};
use crate::Page;

#[derive(Template)]
#[template(path = "design/journeys.html")]
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
    id: "journeys",
    title: "办事过程",
    macros: &[COMPONENTS],
    assets: &[],
    template: include_str!("../../templates/design/journeys.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "item",
        title: "事项条目",
        purpose: "搜索结果、目录里的一件事：正式名称、老百姓的说法，和帮人选择的几点。",
        not_for: "已经在办的件：用办件列表。",
        parts: &[Part {
            name: "item",
            params: &[
                ("title", "事项名称"),
                ("href", "办事指南"),
                ("note", "别名"),
            ],
        }],
        criteria: &[
            "名称是标题也是链接，读屏可以按标题跳。",
            "列表是 ul class=\"items\"，读屏会报有几项。",
        ],
        states: &[State {
            id: "list",
            title: "两项",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "contents",
        title: "本页内容与分节",
        purpose: "长页面右侧的目录，和目录通到的各节。",
        not_for: "三节以内的页面。",
        parts: &[
            Part {
                name: "contents",
                params: &[("items", "Vec<(节的 id, 标题)>")],
            },
            Part {
                name: "guide_section",
                params: &[
                    ("id", "节的 id"),
                    ("title", "标题"),
                    ("note", "标题右边的小字；内容写在 call 与 endcall 之间"),
                ],
            },
        ],
        criteria: &["每条链接到得了一节；节以标题命名。"],
        states: &[State {
            id: "guide",
            title: "办事指南",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "stepper",
        title: "第几步",
        purpose: "一页一问时在标题上方：第几步、共几步。",
        not_for: "步数会变的申请：用任务清单。",
        parts: &[Part {
            name: "stepper",
            params: &[("current", "现在第几步，从1起"), ("total", "共几步")],
        }],
        criteria: &["字说全，条对读屏隐藏。"],
        states: &[State {
            id: "middle",
            title: "第4步",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "tasks",
        title: "任务清单",
        purpose: "长申请的目录：分几部分，每项填到哪里，可以按任何顺序填。",
        not_for: "三四个问题的申请：直接一页一问。",
        parts: &[
            Part {
                name: "task_section",
                params: &[("title", "这一部分；各项写在 call 与 endcall 之间")],
            },
            Part {
                name: "task",
                params: &[
                    ("id", "唯一的 id"),
                    ("title", "要填什么"),
                    (
                        "state",
                        "done 已完成、now 填了一部分、todo 未开始、locked 还不能填",
                    ),
                    ("href", "去填的页面；locked 时为空"),
                    ("note", "小字"),
                ],
            },
        ],
        criteria: &[
            "链接用 aria-describedby 连着状态：读屏读“营业执照，已完成”。",
            "还不能填的不是链接，并写明为什么。",
        ],
        states: &[State {
            id: "application",
            title: "填到一半",
        }],
        frame: Frame::Citizen,
    },
];
