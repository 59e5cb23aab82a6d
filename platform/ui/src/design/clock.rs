//! The clock: how long is left, and how that is counted.

use askama::Template;

use super::{
    COMPONENTS, Frame, Group, Part, Specimen, State,
    samples::{Samples, samples},
};
use crate::Page;

#[derive(Template)]
#[template(path = "design/clock.html")]
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
    id: "clock",
    title: "时限",
    macros: &[COMPONENTS],
    assets: &[],
    template: include_str!("../../templates/design/clock.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "clock",
        title: "时限",
        purpose: "一个时限的全部：名称、还剩几天、哪天到期、依据、时限尺和逐日推算。",
        not_for: "列表里用 timeleft。",
        parts: &[
            Part {
                name: "clock",
                params: &[("view", "ui::strip::ClockView，来自 ui::strip::view(…)")],
            },
            Part {
                name: "strip_key",
                params: &[],
            },
        ],
        criteria: &[
            "日期写出来，天数在后：先知道哪一天。",
            "时限尺对读屏隐藏，同样的内容在逐日推算的表里。",
        ],
        states: &[
            State {
                id: "running",
                title: "正在计时",
            },
            State {
                id: "held",
                title: "停止计时",
            },
            State {
                id: "late",
                title: "超期",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "strip",
        title: "时限尺",
        purpose: "一个工作日一格，休息日是地线，停止计时画斜线，今天有圈，到期日有框。",
        not_for: "一个月以上的时限：连续的日子会并成一格。",
        parts: &[
            Part {
                name: "strip",
                params: &[("cells", "view.strip，或 ui::strip::planned(…)")],
            },
            Part {
                name: "derivation",
                params: &[("cells", "同上")],
            },
        ],
        criteria: &["旁边必须有推算表或一句话：尺子本身读屏看不到。"],
        states: &[State {
            id: "planned",
            title: "还没开始",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "light",
        title: "红黄绿灯",
        purpose: "时限还宽不宽：绿为剩三分之一以上，黄为三分之一以内，红为超期。",
        not_for: "别的状态用标签。",
        parts: &[Part {
            name: "light",
            params: &[
                ("kind", "ok ●、near ▲、over ■、hold ❚❚；空为普通的字"),
                ("words", "view.words"),
            ],
        }],
        criteria: &["形状和字都不同，黑白也分得出。"],
        states: &[State {
            id: "kinds",
            title: "五种",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "badge",
        title: "时限徽标",
        purpose: "一行里说完：还剩几天，哪天到期。",
        not_for: "有地方时用完整的时限（clock）。",
        parts: &[Part {
            name: "badge",
            params: &[
                ("kind", "同 light"),
                ("words", "view.words"),
                ("due", "到期日，已译好；空则不写"),
            ],
        }],
        criteria: &["形状、颜色、字三样都说同一件事。"],
        states: &[State {
            id: "kinds",
            title: "四种",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "timeleft",
        title: "剩余时间条",
        purpose: "列表里的一格：用掉的部分画出来，后面是灯和字。",
        not_for: "",
        parts: &[Part {
            name: "timeleft",
            params: &[
                ("kind", "同 light"),
                ("words", "view.words"),
                ("share", "用掉的百分比，view.share"),
            ],
        }],
        criteria: &["条是装饰，对读屏隐藏；字说全。"],
        states: &[State {
            id: "kinds",
            title: "三种",
        }],
        frame: Frame::Staff,
    },
];
