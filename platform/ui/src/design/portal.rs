//! The portal's front: one's own matters on the band, halls and how they stand now.

use askama::Template;

use super::{Frame, Group, MacroFile, Part, Specimen, State};
use crate::Page;

#[derive(Template)]
#[template(path = "design/portal_front.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    States { page, state }.render()
}

pub(super) const GROUP: Group = Group {
    id: "portal",
    title: "门户首页",
    macros: &[MacroFile {
        name: "portal.html",
        source: include_str!("../../templates/portal.html"),
    }],
    assets: &["portal.css"],
    template: include_str!("../../templates/design/portal_front.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "portal-matter",
        title: "我的办件（首页）",
        purpose: "登录后首页上的几件事：要您办的排在前面，后面是正在办的和草稿。",
        not_for: "全部办件在“我的”页面。",
        parts: &[Part {
            name: "matter",
            params: &[
                ("href", "办件或草稿的地址"),
                ("title", "事项名称"),
                ("words", "接下来是什么，已译好"),
                ("theirs", "true：等着本人办理"),
            ],
        }],
        criteria: &["等本人办理的有图标和文字，不只靠颜色。"],
        states: &[State {
            id: "list",
            title: "补正、办理中、草稿",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "portal-hall",
        title: "大厅现在",
        purpose: "一个大厅一行：名称、现在开不开、地址，名称通向大厅页面。",
        not_for: "窗口和开放时间的全部内容在大厅页面。",
        parts: &[Part {
            name: "hall_row",
            params: &[
                ("href", "大厅页面"),
                ("name", "大厅名称"),
                ("light", "ok 开放，hold 关门，空为不知道"),
                ("words", "开放中，17:00关门；已译好"),
                ("address", "地址"),
                ("phone", "电话，可空"),
                ("hours", "开放时间，可空"),
            ],
        }],
        criteria: &["开不开写成字，灯只是辅助。", "电话可以直接拨打。"],
        states: &[State {
            id: "list",
            title: "开放、关门、不知道",
        }],
        frame: Frame::Citizen,
    },
];
