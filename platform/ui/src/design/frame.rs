//! The frame of pages: head, foot, workbench, where one is, what was just done.

use askama::Template;

use super::{Frame, Group, Specimen, State};
use crate::Page;

#[derive(Template)]
#[template(path = "design/frame.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    States { page, state }.render()
}

pub(super) const GROUP: Group = Group {
    id: "frame",
    title: "页面框架",
    macros: &[],
    assets: &[],
    template: include_str!("../../templates/design/frame.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "header",
        title: "页头",
        purpose: "每个面向公众的页面顶部：名称、语言、关怀版、深浅色、登录人和主导航。",
        not_for: "工作台用自己的顶栏（desk）。",
        parts: &[],
        criteria: &[
            "第一个可聚焦的元素是“跳到正文”。",
            "当前栏目用 aria-current=\"page\"，不只靠颜色。",
            "每个图标旁都有文字，窄屏收起的文字仍有可读名称。",
        ],
        states: &[State {
            id: "citizen",
            title: "已登录",
        }],
        frame: Frame::Whole,
    },
    Specimen {
        id: "footer",
        title: "页脚",
        purpose: "主办、承办、咨询投诉电话，无障碍声明，以及窄屏上收起的开关。",
        not_for: "",
        parts: &[],
        criteria: &["窄屏页头收起的语言、深浅色开关在这里总能找到。"],
        states: &[State {
            id: "citizen",
            title: "已登录",
        }],
        frame: Frame::Whole,
    },
    Specimen {
        id: "tabbar",
        title: "底部导航",
        purpose: "手机上最常用的四个去处。",
        not_for: "有固定操作条的页面不用：把 tabbar 块留空。",
        parts: &[],
        criteria: &["每项高度不小于44像素，关怀版不小于56像素。"],
        states: &[State {
            id: "phone",
            title: "窄屏",
        }],
        frame: Frame::Whole,
    },
    Specimen {
        id: "desk",
        title: "工作台框架",
        purpose: "工作人员页面的顶栏、搜索和侧栏菜单。",
        not_for: "面向公众的页面。",
        parts: &[],
        criteria: &["按 / 到搜索框；菜单是一个带名称的导航区。"],
        states: &[State {
            id: "home",
            title: "首页",
        }],
        frame: Frame::Whole,
    },
    Specimen {
        id: "breadcrumb",
        title: "当前位置",
        purpose: "从首页到本页的路径；由 with_crumb 给出，布局自动放置，本页是最后一项。",
        not_for: "只有一层的页面。",
        parts: &[],
        criteria: &["导航区名称为“当前位置”；最后一项 aria-current=\"page\"，不是链接。"],
        states: &[State {
            id: "two",
            title: "两层",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "flash",
        title: "刚才做了什么",
        purpose: "操作之后回到页面时的一句话，来自 page.flash。",
        not_for: "不是唯一的消息：同样的事在页面里也看得出来。",
        parts: &[],
        criteria: &["role=\"status\"，读屏会读出，不抢焦点，不会自己消失。"],
        states: &[State {
            id: "good",
            title: "做成了",
        }],
        frame: Frame::Citizen,
    },
];
