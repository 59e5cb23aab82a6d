//! Facts, messages, histories.

use askama::Template;

use super::{
    COMPONENTS, Frame, Group, Part, Specimen, State,
    samples::{Samples, samples},
};
use crate::Page;

#[derive(Template)]
#[template(path = "design/facts.html")]
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
    id: "facts",
    title: "信息与消息",
    macros: &[COMPONENTS],
    assets: &[],
    template: include_str!("../../templates/design/facts.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "facts",
        title: "办事要点",
        purpose: "办事指南的开头：谁能办、要准备什么、多久、多少钱、在哪办，按这个顺序。",
        not_for: "填过的内容用核对列表。",
        parts: &[Part {
            name: "fact",
            params: &[("label", "左边的字；右边写在 call 与 endcall 之间")],
        }],
        criteria: &["用 dl、dt、dd：读屏把名称和内容连着读。"],
        states: &[State {
            id: "guide",
            title: "指南",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "answers",
        title: "核对列表",
        purpose: "提交前把填过的都摆出来，每行一个修改。",
        not_for: "",
        parts: &[Part {
            name: "answer",
            params: &[
                ("label", "问题"),
                ("value", "回答，敏感的已遮住"),
                ("href", "改它的页面；空则不能改"),
            ],
        }],
        criteria: &["每个“修改”的可读名称带着它改的是什么。"],
        states: &[State {
            id: "check",
            title: "提交前",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "caseno",
        title: "办件编号",
        purpose: "分组显示，便于抄写和念出；复制得到的是不带空格的编号。",
        not_for: "",
        parts: &[Part {
            name: "caseno",
            params: &[("no", "编号")],
        }],
        criteria: &["分组靠间距，不插入字符。"],
        states: &[State {
            id: "plain",
            title: "一般",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "tag",
        title: "标签",
        purpose: "一件事的类别或办法：全程网办、免提交、容缺后补。",
        not_for: "时限的状态用红黄绿灯（light）。不用来打广告。",
        parts: &[Part {
            name: "tag",
            params: &[("kind", "空、brand、green、amber、zhu"), ("words", "字")],
        }],
        criteria: &["意思在字里，颜色只是帮衬。"],
        states: &[State {
            id: "kinds",
            title: "五种",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "notice",
        title: "提示",
        purpose: "页面上要人先看到的一件事，写明要做什么、到哪天。",
        not_for: "表单错误用错误汇总；刚做完的事用 flash。",
        parts: &[
            Part {
                name: "notice",
                params: &[
                    ("kind", "空、amber 轮到您、green 办好、zhu 紧急"),
                    ("icon", "图标名"),
                    ("text", "一句话"),
                ],
            },
            Part {
                name: "notice_box",
                params: &[
                    ("kind", "同上"),
                    ("icon", "图标名；内容写在 call 与 endcall 之间"),
                ],
            },
        ],
        criteria: &["颜色之外还有图标和文字。"],
        states: &[
            State {
                id: "kinds",
                title: "三种",
            },
            State {
                id: "box",
                title: "几句话",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "toast",
        title: "刚才做了什么",
        purpose: "操作之后的一句话；从 page.flash 来的由布局自动放。",
        not_for: "不是唯一的消息：同样的事在页面里也看得出来。",
        parts: &[Part {
            name: "toast",
            params: &[
                ("kind", "green 做成了、amber 没做成"),
                ("icon", "图标名"),
                ("text", "一句话"),
            ],
        }],
        criteria: &[
            "role=\"status\"，读出来但不抢焦点；不会自己消失。",
            "关掉后焦点回到正文。",
        ],
        states: &[State {
            id: "kinds",
            title: "两种",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "receipt",
        title: "回执",
        purpose: "提交之后：办件编号要大，接下来每一步的日期写成日期。",
        not_for: "还没提交的草稿。",
        parts: &[
            Part {
                name: "receipt",
                params: &[
                    ("title", "做成了什么；就是本页的 h1"),
                    ("text", "哪一件事；编号写在 call 与 endcall 之间"),
                ],
            },
            Part {
                name: "next",
                params: &[
                    ("date", "日期"),
                    ("small", "星期几前"),
                    ("title", "发生什么；说明写在 call 与 endcall 之间"),
                ],
            },
        ],
        criteria: &["编号复制出来不带空格。", "接下来是有序列表，按日期先后。"],
        states: &[State {
            id: "submitted",
            title: "已提交",
        }],
        frame: Frame::Whole,
    },
    Specimen {
        id: "todo-box",
        title: "轮到您",
        purpose: "轮到申请人做事时放在最上面：做什么，到哪天，日期要大。",
        not_for: "只是告知的消息：用提示。",
        parts: &[],
        criteria: &["是一个带名称的区域；截止日期在标题之前读出。"],
        states: &[
            State {
                id: "correct",
                title: "补正",
            },
            State {
                id: "collect",
                title: "领取",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "empty",
        title: "空状态",
        purpose: "这里还没有东西，以及接下来可以做什么。",
        not_for: "出错：那要说明出了什么错。",
        parts: &[Part {
            name: "empty",
            params: &[("title", "还没有什么"), ("text", "可以做什么")],
        }],
        criteria: &["标题在大纲里接得上。"],
        states: &[State {
            id: "cases",
            title: "没有办件",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "fold",
        title: "展开更多",
        purpose: "多数人用不着、少数人要查的内容。",
        not_for: "办事必须知道的内容：直接写出来。",
        parts: &[Part {
            name: "fold",
            params: &[("summary", "展开前看到的字")],
        }],
        criteria: &["用 details：不用脚本，键盘可开，打印时全部展开。"],
        states: &[State {
            id: "closed",
            title: "收起",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "timeline",
        title: "办理进度",
        purpose: "一件事走到哪里：每一步谁办的、什么时候、用了多久，下一步是什么。",
        not_for: "工作人员看的全部记录用 trail。",
        parts: &[Part {
            name: "step",
            params: &[
                ("state", "空 已完成、now 等您、now-ok 正在办、todo 还没到"),
                ("title", "这一步"),
                ("when", "时间，已译好"),
            ],
        }],
        criteria: &["是有序列表；当前一步的样子不同，字也不同。"],
        states: &[
            State {
                id: "waiting",
                title: "等申请人",
            },
            State {
                id: "running",
                title: "正在审查",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "qr",
        title: "二维码",
        purpose: "纸上的文书怎样回到网上核验。",
        not_for: "屏幕上能点的地方：用链接。",
        parts: &[Part {
            name: "qr",
            params: &[("svg", "我们画好的码"), ("caption", "码下的字")],
        }],
        criteria: &["同样的地址在旁边用文字写出。"],
        states: &[State {
            id: "verify",
            title: "核验",
        }],
        frame: Frame::Citizen,
    },
];
