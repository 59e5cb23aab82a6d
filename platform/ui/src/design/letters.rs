//! Documents on A4.

use askama::Template;

use super::{COMPONENTS, Frame, Group, Part, Specimen, State};
use crate::Page;

#[derive(Template)]
#[template(path = "design/letters.html")]
struct States<'a> {
    state: &'a str,
}

fn render(_: &Page, state: &str) -> askama::Result<String> {
    States { state }.render()
}

pub(super) const GROUP: Group = Group {
    id: "letters",
    title: "文书",
    macros: &[COMPONENTS],
    assets: &[],
    template: include_str!("../../templates/design/letters.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[Specimen {
    id: "letter",
    title: "通知书",
    purpose: "机关发出的文书，按公文格式排在A4纸上，屏幕上也看得清。红色文头只给机关自己的文书。",
    not_for: "收据、回执：用不带文头的 article class=\"a4\"。",
    parts: &[
        Part {
            name: "letter",
            params: &[("org", "发文机关"), ("title", "文书名称"), ("no", "文号")],
        },
        Part {
            name: "sign",
            params: &[("org", "落款机关"), ("date", "成文日期")],
        },
    ],
    criteria: &["文书在任何语言下都是中文。", "标题就是本页唯一的 h1。"],
    states: &[State {
        id: "accepted",
        title: "受理通知书",
    }],
    frame: Frame::Whole,
}];
