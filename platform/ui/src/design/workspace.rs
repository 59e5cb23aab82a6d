//! What the workspace of a case is made of: the list of documents and the viewer; letters as they are printed.

use askama::Template;

use super::{Frame, Group, MacroFile, Part, Specimen, State};
use crate::{
    Page,
    viewer::{Document, DocumentKind},
};

#[derive(Template)]
#[template(path = "design/workspace.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
    picture: Document,
    other: Document,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    let picture = Document {
        name: "布局图.png".to_owned(),
        kind: DocumentKind::Picture,
        href: page.asset("icon.svg").to_owned(),
        download: "/design/viewer".to_owned(),
        place: 2,
        count: 3,
        previous: Some("/design/viewer".to_owned()),
        next: Some("/design/viewer".to_owned()),
    };
    let other = Document {
        name: "从业人员名单.xlsx".to_owned(),
        kind: DocumentKind::Other,
        place: 3,
        next: None,
        ..picture.clone()
    };
    States {
        page,
        state,
        picture,
        other,
    }
    .render()
}

const VIEWER: MacroFile = MacroFile {
    name: "viewer.html",
    source: include_str!("../../templates/viewer.html"),
};

const LETTER: MacroFile = MacroFile {
    name: "letter.html",
    source: include_str!("../../templates/letter.html"),
};

pub(super) const GROUP: Group = Group {
    id: "workspace",
    title: "办件台",
    macros: &[VIEWER, LETTER],
    assets: &["viewer.css", "viewer.js", "letter.css"],
    template: include_str!("../../templates/design/workspace.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "viewer",
        title: "材料查看器",
        purpose: "在办件页旁边看一份材料：图片和PDF，可以放大、缩小、旋转，按顺序看下一份。",
        not_for: "让人下载的文件：直接给链接。",
        parts: &[
            Part {
                name: "viewer",
                params: &[
                    (
                        "document",
                        "ui::viewer::Document：名称、地址、第几份、前一份和后一份",
                    ),
                    ("id", "锚点：带着它打开时，焦点落在材料上"),
                ],
            },
            Part {
                name: "documents",
                params: &[(
                    "label",
                    "列表的名称；每份材料是一个 li，写在 call 和 endcall 之间",
                )],
            },
        ],
        criteria: &[
            "没有脚本时图片按原宽显示，工具按钮不出现。",
            "按键只在焦点位于查看器内时起作用（WCAG 2.1.4）。",
            "可滚动的区域有名称，能用键盘滚动。",
        ],
        states: &[
            State {
                id: "picture",
                title: "图片",
            },
            State {
                id: "other",
                title: "浏览器不能显示",
            },
            State {
                id: "list",
                title: "材料列表",
            },
        ],
        frame: Frame::Staff,
    },
    Specimen {
        id: "official-letter",
        title: "公文格式文书",
        purpose: "受理通知书、决定书、送达回证：按GB/T 9704排在A4纸上，印出来就是正式文书。",
        not_for: "不是机关决定的单子：用 plain_head，不带红色文头。",
        parts: &[
            Part {
                name: "head",
                params: &[
                    ("org", "发文机关"),
                    ("title", "文书名称"),
                    ("no", "文号，如 云市监许受〔2026〕1号"),
                    ("first", "本页第一份时标题是 h1，其后的是 h2"),
                ],
            },
            Part {
                name: "plain_head",
                params: &[("title", "名称"), ("first", "同上")],
            },
            Part {
                name: "seal",
                params: &[
                    ("org", "落款机关"),
                    ("date", "成文日期"),
                    ("place", "盖章处的字，打印时不出现"),
                ],
            },
            Part {
                name: "row",
                params: &[("label", "栏目"), ("value", "内容；空着时留出手写的位置")],
            },
        ],
        criteria: &[
            "文书在任何语言下都是中文，在任何配色下都是白纸黑字。",
            "版心156×225毫米，三号字，行距28磅；页码在版心下方，单页居右，双页居左。",
        ],
        states: &[
            State {
                id: "notice",
                title: "通知书",
            },
            State {
                id: "receipt",
                title: "送达回证",
            },
            State {
                id: "plain",
                title: "不带文头",
            },
        ],
        frame: Frame::Whole,
    },
];
