//! Fields and what stands around them.

use askama::Template;

use super::{
    COMPONENTS, Frame, Group, Part, Specimen, State,
    samples::{Samples, samples},
};
use crate::Page;

#[derive(Template)]
#[template(path = "design/forms.html")]
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
    id: "forms",
    title: "表单",
    macros: &[COMPONENTS],
    assets: &[],
    template: include_str!("../../templates/design/forms.html"),
    render,
    specimens: SPECIMENS,
};

const NAME: (&str, &str) = ("name", "字段名，也是元素的 id，错误汇总的链接靠它");
const LABEL: (&str, &str) = ("label", "标签，已译好");
const HINT: (&str, &str) = ("hint", "标签下的提示");
const ERROR: (&str, &str) = ("error", "错误；写明该怎么改，不写错误代码");
const OPTIONAL: (&str, &str) = ("optional", "标签后显示（选填）");
const OPTIONS: (&str, &str) = ("options", "选项：Vec<(值, 显示的字)>");

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "csrf",
        title: "防伪造标记",
        purpose: "每个 POST 表单里的隐藏字段；上传文件的表单里放在第一个。",
        not_for: "GET 表单。",
        parts: &[Part {
            name: "csrf",
            params: &[],
        }],
        criteria: &[],
        states: &[State {
            id: "form",
            title: "在表单里",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "error-summary",
        title: "错误汇总",
        purpose: "表单没有通过时放在 h1 之前，逐条链接到字段；页面同时用 with_error()，标题以“错误：”开头。",
        not_for: "不是办件出了问题的说明：那用 notice。",
        parts: &[Part {
            name: "error_summary",
            params: &[("errors", "Vec<(字段 id, 说明)>；空的时候不显示")],
        }],
        criteria: &[
            "页面打开时得到焦点，role=\"alert\"。",
            "每条链接落在能改的那个控件上，不是标题上。",
            "字段旁有同一句话，填过的内容保留。",
        ],
        states: &[
            State {
                id: "three",
                title: "三处错误",
            },
            State {
                id: "none",
                title: "没有错误",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "text",
        title: "单行输入",
        purpose: "一行文字、号码、金额。kind 决定键盘和自动填写，width 按内容的长短定，让人看出该填多少。",
        not_for: "几句话用多行输入；几个固定的答案用单选。",
        parts: &[Part {
            name: "text",
            params: &[
                NAME,
                LABEL,
                ("value", "已有的值"),
                HINT,
                ERROR,
                (
                    "kind",
                    "text id uscc code phone number amount date email password new-password name address search",
                ),
                ("width", "w-10、w-20、w-id；空为整行"),
                OPTIONAL,
                ("unit", "字段后的单位，如 万元"),
            ],
        }],
        criteria: &[
            "标签总在，不用占位文字代替。",
            "提示和错误用 aria-describedby 连到字段；有错误时 aria-invalid=\"true\"。",
            "号码不用 type=\"number\"：不会被滚轮改掉，也不丢前面的零。",
        ],
        states: &[
            State {
                id: "plain",
                title: "一般",
            },
            State {
                id: "error",
                title: "有错误",
            },
            State {
                id: "optional",
                title: "选填",
            },
            State {
                id: "unit",
                title: "带单位",
            },
            State {
                id: "codes",
                title: "证件号码",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "textarea",
        title: "多行输入",
        purpose: "几句话：理由、说明、意见。",
        not_for: "一行就够的内容。",
        parts: &[Part {
            name: "textarea",
            params: &[
                NAME,
                LABEL,
                ("value", "已有的值"),
                HINT,
                ERROR,
                ("rows", "行数"),
                OPTIONAL,
            ],
        }],
        criteria: &["可以拉高；不限制粘贴。"],
        states: &[
            State {
                id: "plain",
                title: "一般",
            },
            State {
                id: "error",
                title: "有错误",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "select",
        title: "下拉选择",
        purpose: "选项多而人人熟悉的一项，如省份；工作台的筛选。",
        not_for: "面向公众、选项不多时用单选：一眼看得到所有选项。",
        parts: &[Part {
            name: "select",
            params: &[
                NAME,
                LABEL,
                ("value", "选中的值"),
                HINT,
                ERROR,
                OPTIONS,
                OPTIONAL,
            ],
        }],
        criteria: &["选中后不自动跳转，不自动提交。"],
        states: &[State {
            id: "plain",
            title: "一般",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "date-parts",
        title: "记得住的日期",
        purpose: "出生、成立这类记得住的日期：年、月、日三个框。",
        not_for: "要看星期几才能定的日子，如预约。",
        parts: &[Part {
            name: "date_parts",
            params: &[
                ("name", "三个字段是 name-year、name-month、name-day"),
                LABEL,
                ("year", "已填的年"),
                ("month", "已填的月"),
                ("day", "已填的日"),
                HINT,
                ERROR,
            ],
        }],
        criteria: &[
            "三个框是一组（fieldset、legend），每个框有自己的名称。",
            "英文界面按日、月、年的顺序。",
        ],
        states: &[State {
            id: "plain",
            title: "一般",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "radios",
        title: "单选",
        purpose: "几个答案里选一个，全部摆出来。选项要解释时用 radio 逐个写。",
        not_for: "可以选几个的用多选。",
        parts: &[
            Part {
                name: "radios",
                params: &[NAME, LABEL, OPTIONS, ("value", "选中的值"), HINT, ERROR],
            },
            Part {
                name: "legend",
                params: &[("name", "组的 id"), LABEL, HINT, ERROR],
            },
            Part {
                name: "radio",
                params: &[
                    ("name", "组的字段名"),
                    ("id", "这一项的 id；第一项用组名，错误链接才到得了"),
                    ("value", "提交的值"),
                    LABEL,
                    ("small", "小字解释"),
                    ("checked", "是否选中"),
                ],
            },
        ],
        criteria: &["一组一个 fieldset，问题写在 legend。", "整行都能点。"],
        states: &[
            State {
                id: "plain",
                title: "一般",
            },
            State {
                id: "by-hand",
                title: "逐个写，带解释",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "checkboxes",
        title: "多选",
        purpose: "可以选几个；或者单独一个确认。",
        not_for: "选中后立刻生效的开关。",
        parts: &[
            Part {
                name: "checkboxes",
                params: &[
                    NAME,
                    LABEL,
                    OPTIONS,
                    ("values", "选中的值：Vec<String>"),
                    HINT,
                    ERROR,
                ],
            },
            Part {
                name: "checkbox",
                params: &[
                    ("name", "字段名"),
                    ("id", "元素的 id"),
                    ("value", "提交的值"),
                    LABEL,
                    ("small", "小字解释"),
                    ("checked", "是否选中"),
                ],
            },
        ],
        criteria: &["默认不替人勾选。"],
        states: &[
            State {
                id: "plain",
                title: "一组",
            },
            State {
                id: "one",
                title: "单独一个",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "file",
        title: "上传文件",
        purpose: "选文件并看见上传进度；表单写 data-upload，写 auto 则选好就传。",
        not_for: "已在电子证照里的材料：那是免提交。",
        parts: &[Part {
            name: "file_input",
            params: &[
                ("name", "字段名"),
                ("id", "元素的 id"),
                LABEL,
                HINT,
                ERROR,
                ("multiple", "可选几个文件"),
                ("accept", "接受的类型，如 .pdf,.jpg"),
            ],
        }],
        criteria: &["不用脚本也能上传；网络断了会说明，选好的文件不丢。"],
        states: &[State {
            id: "plain",
            title: "一般",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "by-hand",
        title: "自己写的控件",
        purpose: "上面都不合用时，用同样的标签、提示和错误围住自己的控件。",
        not_for: "",
        parts: &[
            Part {
                name: "field_head",
                params: &[("id", "控件的 id"), LABEL, HINT, ERROR, OPTIONAL],
            },
            Part {
                name: "hint_error",
                params: &[("id", "控件的 id"), HINT, ERROR],
            },
        ],
        criteria: &["控件写 page.describedby(id, hint, error)|safe。"],
        states: &[State {
            id: "amount",
            title: "一般与有错误",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "question",
        title: "一页一问",
        purpose: "申请的每一步：上一步、已自动保存、一个问题、继续。",
        not_for: "工作台：那里一页看全。",
        parts: &[Part {
            name: "question_top",
            params: &[("back", "上一步的地址；空则没有")],
        }],
        criteria: &["上一步是链接，不丢已填的内容。"],
        states: &[State {
            id: "one",
            title: "一个问题",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "saved",
        title: "已自动保存",
        purpose: "写着 data-autosave=\"/地址\" 的表单，在这里说什么时候存上了。",
        not_for: "",
        parts: &[Part {
            name: "saved",
            params: &[],
        }],
        criteria: &["role=\"status\"：存好后读屏会读出，不抢焦点。"],
        states: &[State {
            id: "quiet",
            title: "还没有改动",
        }],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "search",
        title: "搜索框",
        purpose: "面向公众的大搜索框，边输入边提示。",
        not_for: "列表里的筛选：用 toolbar。",
        parts: &[Part {
            name: "search",
            params: &[
                ("action", "搜索页的地址"),
                ("label", "读屏读出的名称"),
                ("value", "已输入的词"),
                ("placeholder", "例子"),
            ],
        }],
        criteria: &["没有脚本时就是普通的搜索框。"],
        states: &[State {
            id: "big",
            title: "首页",
        }],
        frame: Frame::Citizen,
    },
];
