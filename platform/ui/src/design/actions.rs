//! What can be pressed.

use askama::Template;

use super::{COMPONENTS, Frame, Group, Part, Specimen, State};
use crate::Page;

#[derive(Template)]
#[template(path = "design/actions.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    States { page, state }.render()
}

pub(super) const GROUP: Group = Group {
    id: "actions",
    title: "操作",
    macros: &[COMPONENTS],
    assets: &[],
    template: include_str!("../../templates/design/actions.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "button",
        title: "按钮",
        purpose: "btn 主要操作，一页只有一个；btn-2 次要；btn-3 不重要；btn-zhu 拒绝、反对、撤销。字数相近，便于并排。",
        not_for: "去别的页面用链接，除非那是这一页要人做的事。",
        parts: &[],
        criteria: &[
            "按钮上的字说明按下后发生什么，不写“确定”。",
            "公众页面高不小于44像素，关怀版56像素，焦点清楚可见。",
        ],
        states: &[
            State {
                id: "kinds",
                title: "四种",
            },
            State {
                id: "sizes",
                title: "三种大小",
            },
            State {
                id: "icon",
                title: "带图标",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "staff-button",
        title: "工作台的按钮",
        purpose: "同样的四种，尺寸紧一些。按下后对时限的影响写在按钮上方（effect）。",
        not_for: "",
        parts: &[],
        criteria: &["高不小于32像素；关怀版44像素。"],
        states: &[State {
            id: "kinds",
            title: "决定",
        }],
        frame: Frame::Staff,
    },
    Specimen {
        id: "confirm",
        title: "再问一次",
        purpose: "做了就难以回头的事，按下后再说一遍会发生什么。按钮写 data-confirm=\"对话框的 id\"。",
        not_for: "可以撤销的事：直接做，告诉他怎么撤销。",
        parts: &[Part {
            name: "confirm",
            params: &[
                ("id", "对话框的 id"),
                ("title", "问的话"),
                ("yes", "确认的按钮：写要做的事，不写“确定”"),
            ],
        }],
        criteria: &[
            "用 dialog：焦点进出、Esc 关闭由浏览器管，焦点先在不做的那个按钮上。",
            "没有脚本时表单照常提交，服务端另有确认页或可以撤销。",
        ],
        states: &[State {
            id: "withdraw",
            title: "撤回申请",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "fixbar",
        title: "固定操作条",
        purpose: "手机上固定在底部的操作；宽屏时就在原处。页面的 body_class 写 has-fixbar。",
        not_for: "同时有底部导航的页面。",
        parts: &[],
        criteria: &["不遮住正文的最后一行。"],
        states: &[State {
            id: "phone",
            title: "窄屏",
        }],
        frame: Frame::Citizen,
    },
];
