//! 我的: what people see of their own matters.

use askama::Template;
use jiff::Timestamp;

use super::{Frame, Group, MacroFile, Part, Specimen, State};
use crate::Page;

#[derive(Template)]
#[template(path = "design/mine.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
    s: Samples,
}

struct Samples {
    choices: Vec<(String, String, bool)>,
    turn: Now,
    wait: Now,
    hold: Now,
    messages: Vec<Message>,
}

/// What `now()` shows.
struct Now {
    class: &'static str,
    head: &'static str,
    big: &'static str,
    under: &'static str,
    title: &'static str,
    items: Vec<(&'static str, &'static str)>,
    text: &'static str,
    button: (&'static str, &'static str),
}

/// What `message()` shows.
struct Message {
    unread: bool,
    words: Words,
    about: &'static str,
    case_no: &'static str,
    at: Timestamp,
    href: &'static str,
}

struct Words {
    icon: &'static str,
    title: &'static str,
    text: &'static str,
    link: &'static str,
    your_turn: bool,
}

fn samples() -> Samples {
    let choice = |id: &str, name: &str, chosen| (id.to_owned(), name.to_owned(), chosen);
    let waiting = Now {
        class: "todo-wait",
        head: "最迟",
        big: "5月21日",
        under: "2026年5月21日（星期四），作出决定",
        title: "现在不用您做什么",
        items: Vec::new(),
        text: "正在审查和决定。有进展会发消息给您，不用来回打听。",
        button: ("", ""),
    };
    Samples {
        choices: vec![
            choice("1", "陈采薇", true),
            choice("2", "云川区青禾小馆", false),
        ],
        turn: Now {
            class: "",
            head: "轮到您了",
            big: "待补正",
            under: "5月11日告知",
            title: "请补正1项内容",
            items: vec![("卫生设施平面布局图", "请标出布草间、消毒间的位置")],
            text: "补齐后办理时限重新开始计算。",
            button: ("/design/now", "开始补正"),
        },
        hold: Now {
            class: "todo-hold",
            head: "停止计时",
            big: "5月13日",
            under: "起，因为检验",
            items: vec![
                ("告知文书", "云区市监告〔2026〕7号"),
                ("办理时限", "已用2个工作日，还剩6个工作日"),
            ],
            text: "这段时间依法不计入办理时限。结束后接着算。",
            title: waiting.title,
            button: waiting.button,
        },
        wait: waiting,
        messages: vec![
            message(true, "alert", "请补正1项内容", true),
            message(false, "case", "申请收到了", false),
        ],
    }
}

fn message(unread: bool, icon: &'static str, title: &'static str, your_turn: bool) -> Message {
    Message {
        unread,
        words: Words {
            icon,
            title,
            text: "缺的内容已经一次说清。补齐后办理时限重新开始计算。",
            link: "查看进度",
            your_turn,
        },
        about: "公共场所卫生许可（新办）",
        case_no: "990102202604272000317J",
        at: Timestamp::UNIX_EPOCH,
        href: "/design/message",
    }
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    States {
        page,
        state,
        s: samples(),
    }
    .render()
}

pub(super) const GROUP: Group = Group {
    id: "mine",
    title: "我的",
    macros: &[MacroFile {
        name: "citizen.html",
        source: include_str!("../../templates/citizen.html"),
    }],
    assets: &["citizen.css"],
    template: include_str!("../../templates/design/mine.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "my-sections",
        title: "我的几部分",
        purpose: "在办件、消息、证照、授权和密码之间来去。未读消息有几条，写在消息旁边。",
        not_for: "一个列表的几种看法：用视图。",
        parts: &[Part {
            name: "sections",
            params: &[(
                "current",
                "正在看的部分：cases、messages、licenses、proxies、password",
            )],
        }],
        criteria: &["是一个有名字的导航，正在看的部分有 aria-current。"],
        states: &[State {
            id: "cases",
            title: "在看办件",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "my-acting",
        title: "以谁的身份",
        purpose: "为企业或者别人办事的人选择这一次代表谁。没有选择时什么也不显示。",
        not_for: "在申请里问为谁办理：用单选。",
        parts: &[Part {
            name: "acting",
            params: &[
                ("choices", "（主体、名称、是否选中）"),
                ("back", "切换以后回到哪里"),
            ],
        }],
        criteria: &["选了不会自己提交，按“切换”才换，键盘和读屏不会误换。"],
        states: &[State {
            id: "choice",
            title: "本人和一家企业",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "now",
        title: "现在轮到谁",
        purpose: "办件页的第一样东西：轮到谁、做什么、最迟哪天；不用做什么也要说。",
        not_for: "办到哪一步：用时间线。",
        parts: &[Part {
            name: "now",
            params: &[
                ("now", "内容，见宏的说明"),
                ("id", "标题的 id"),
                ("calendar", "日历文件的地址，没有则空"),
            ],
        }],
        criteria: &[
            "三种样子除颜色外，边线和文字都不同。",
            "日期写全星期，停止计时写明原因和告知文书（行政许可法第四十五条）。",
        ],
        states: &[
            State {
                id: "turn",
                title: "轮到申请人",
            },
            State {
                id: "wait",
                title: "等部门办理",
            },
            State {
                id: "hold",
                title: "停止计时",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "message",
        title: "消息",
        purpose: "一件事有了进展：发生了什么、要谁做什么、最迟哪天。",
        not_for: "刚按下按钮的结果：用提示条。",
        parts: &[Part {
            name: "message",
            params: &[("line", "内容，见宏的说明")],
        }],
        criteria: &[
            "未读用字重和“未读”二字，不只用颜色。",
            "标题是标题，读屏可以逐条跳；链接带上是哪一件事。",
        ],
        states: &[State {
            id: "list",
            title: "未读和已读",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "license",
        title: "证照卡片",
        purpose: "一份电子证照：现在是否有效，快到期的直接去办延续。",
        not_for: "证照正本：用证照页，按A4打印。",
        parts: &[],
        criteria: &["状态是文字；过期和注销的边线不再用印章色。"],
        states: &[State {
            id: "cards",
            title: "快到期和已注销",
        }],
        frame: Frame::Citizen,
    },
];
