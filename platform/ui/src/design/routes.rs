//! The picture of a route: drawn by `kernel/route`; here stands what it draws of one route, kept the same by its test.

use askama::Template;

use super::{Frame, Group, Specimen, State};
use crate::Page;

#[derive(Template)]
#[template(path = "design/routes.html")]
struct States<'a> {
    state: &'a str,
    plain: &'static str,
    running: &'static str,
}

fn render(_page: &Page, state: &str) -> askama::Result<String> {
    States {
        state,
        plain: include_str!("../../templates/design/route-plain.svg"),
        running: include_str!("../../templates/design/route-running.svg"),
    }
    .render()
}

pub(super) const GROUP: Group = Group {
    id: "routes",
    title: "办理流程",
    macros: &[],
    assets: &["route.css"],
    template: include_str!("../../templates/design/routes.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[Specimen {
    id: "route",
    title: "流程图",
    purpose: "一件事依次经过哪些环节：从上到下，并行的并排，退回重做的在右侧绕回。由 route::picture::draw 从同一份数据画出，外面套 route-frame，宽的自己滚动。",
    not_for: "申请人看的进度：用 timeline，只说到哪一步、下一步是什么。",
    parts: &[],
    criteria: &[
        "旁边必有“用文字看流程”，内容相同；图有名称，读屏读名称。",
        "已办、正在办、卡住除颜色外还有线型和文字。",
        "框可以用键盘聚焦后左右滚动。",
    ],
    states: &[
        State {
            id: "plain",
            title: "编制中",
        },
        State {
            id: "running",
            title: "办理中：已办的和正在办的",
        },
    ],
    frame: Frame::Staff,
}];
