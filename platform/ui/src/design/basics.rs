//! What every component is made from: the name mark, colours, type, icons.

use askama::Template;

use super::{Frame, Group, Specimen, State};
use crate::{
    Page,
    tokens::{self, Mode},
};

#[derive(Template)]
#[template(path = "design/basics.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
    pairs: Vec<Pair>,
    icons: Vec<&'static str>,
}

/// A text on its ground, with the contrast in each mode.
struct Pair {
    text: &'static str,
    ground: &'static str,
    ratios: Vec<String>,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    States {
        page,
        state,
        pairs: pairs(),
        icons: icons(),
    }
    .render()
}

fn pairs() -> Vec<Pair> {
    let ratios = |text, ground| {
        Mode::ALL
            .iter()
            .map(|mode| {
                tokens::contrast(*mode, text, ground)
                    .map_or_else(String::new, |ratio| format!("{ratio:.1}"))
            })
            .collect()
    };
    tokens::TEXT
        .iter()
        .flat_map(|(text, grounds)| grounds.iter().map(move |ground| (*text, *ground)))
        .map(|(text, ground)| Pair {
            text,
            ground,
            ratios: ratios(text, ground),
        })
        .collect()
}

fn icons() -> Vec<&'static str> {
    include_str!("../../assets/icons.svg")
        .split("id=\"i-")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

pub(super) const GROUP: Group = Group {
    id: "basics",
    title: "基础",
    macros: &[],
    assets: &[],
    template: include_str!("../../templates/design/basics.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "mark",
        title: "名称与图标",
        purpose: "“通办”二字用同一支圆头笔画成：走之底是一条路，路上托着一扇窗口，第一点是一滴印泥，全站只有这一处天生是朱色。四周留出高度的四分之一，名称不小于20像素高，图标不小于16像素。",
        not_for: "不勾边、不倾斜、不上色、不动，不与国徽等标志并排；单色印刷时那一点与笔画同色。",
        parts: &[],
        criteria: &["名称标有可读的名字“通办”。"],
        states: &[
            State {
                id: "name",
                title: "名称",
            },
            State {
                id: "band",
                title: "在色带上",
            },
            State {
                id: "icons",
                title: "图标",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "colours",
        title: "文字与底色",
        purpose: "哪种文字可以放在哪种底色上，以及在各种模式下的对比度。颜色只在 tokens.css 里写，别处用名字。",
        not_for: "表里没有的搭配不用；要用，先加进 ui::tokens::TEXT，测试会算。",
        parts: &[],
        criteria: &["文字对比度不低于4.5，关怀版不低于7；控件的边不低于3。"],
        states: &[State {
            id: "text",
            title: "全部搭配",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "type",
        title: "字号",
        purpose: "正文17像素，行距1.75，一行不超过38个字；工作台14像素。数字等宽。",
        not_for: "不用斜体，不拉开正文的字距，不手打中英文之间的空格。",
        parts: &[],
        criteria: &["关怀版放大1.25倍；浏览器放大到200%不丢内容。"],
        states: &[State {
            id: "scale",
            title: "各级",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "icons",
        title: "图标",
        purpose: "24格、1.75粗的线条图标，page.icon(\"名字\")|safe。",
        not_for: "不单独用：旁边总有字。",
        parts: &[],
        criteria: &["图标对读屏隐藏，意思在旁边的字里。"],
        states: &[State {
            id: "all",
            title: "全部",
        }],
        frame: Frame::Citizen,
    },
];
