//! Questions of a form: every kind of answer, empty and wrong.

use askama::Template;

use super::{Frame, Group, MacroFile, Part as Macro, Specimen, State};
use crate::Page;
use crate::fields::{Choice, Field, File, Level, Part, Row};

const QUESTIONS: MacroFile = MacroFile {
    name: "questions.html",
    source: include_str!("../../templates/questions.html"),
};

#[derive(Template)]
#[template(path = "design/form-questions.html")]
struct States<'a> {
    page: &'a Page,
    state: &'a str,
    text: Field,
    choices: Field,
    confirm: Field,
    date: Field,
    date_wrong: Field,
    region: Field,
    region_wrong: Field,
    file: Field,
    file_there: Field,
    signature: Field,
    signature_wrong: Field,
    group: Field,
    table: Field,
    table_wrong: Field,
}

fn render(page: &Page, state: &str) -> askama::Result<String> {
    let t = |text| page.t(text);
    States {
        page,
        state,
        text: text("shop-name", "招牌名称", "顾客看到的店名"),
        choices: choices(),
        confirm: Field {
            control: "confirm",
            ..text("agree", "我已经看过办事指南", "")
        },
        date: date(&t, "visit", "", ["", "", ""]),
        date_wrong: date(
            &t,
            "visit-wrong",
            "没有这一天，请核对年、月、日",
            ["2026", "2", "30"],
        ),
        region: region(&t, "place", ""),
        region_wrong: region(&t, "place-wrong", "请选择“云川区”下面的街道、镇或乡"),
        file: Field {
            control: "file",
            required: false,
            ..text("photo", "门面照片", "有的话传一张，核查人员好找到地方")
        },
        file_there: Field {
            control: "file",
            file: Some(File {
                name: "门面.jpg".to_owned(),
                size: "1.2 MB".to_owned(),
                digest: "0".repeat(64),
                href: String::new(),
            }),
            ..text("photo-there", "门面照片", "")
        },
        signature: signature(&t, "sign", ""),
        signature_wrong: signature(&t, "sign-wrong", "请勾选“本人确认”后继续"),
        group: group(),
        table: table("tools", ""),
        table_wrong: table("tools-wrong", "请填写“数量”"),
    }
    .render()
}

fn text(name: &str, label: &str, hint: &str) -> Field {
    Field {
        name: name.to_owned(),
        key: name.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        control: "text",
        required: true,
        input_mode: "text",
        autocomplete: "off",
        ..Field::default()
    }
}

fn part(field: &Field, part: &str, label: &str, value: &str) -> Part {
    Part {
        id: format!("{}-{part}", field.name),
        name: format!("{}-{part}", field.name),
        label: label.to_owned(),
        value: value.to_owned(),
        error: String::new(),
    }
}

fn choices() -> Field {
    let field = text("scope", "经营项目", "可以选多项");
    let options = [("hot", "热食类食品制售"), ("cold", "冷食类食品制售")];
    Field {
        control: "choices",
        options: options
            .into_iter()
            .map(|(value, label)| Choice {
                id: format!("scope-{value}"),
                value: value.to_owned(),
                label: label.to_owned(),
                hint: String::new(),
                checked: value == "hot",
            })
            .collect(),
        ..field
    }
}

fn date<'a>(
    t: &impl Fn(&'static str) -> &'a str,
    name: &str,
    error: &str,
    [year, month, day]: [&str; 3],
) -> Field {
    let field = text(name, "希望核查的日期", "装修和设备到位之后");
    let parts = vec![
        part(&field, "year", t("年"), year),
        part(&field, "month", t("月"), month),
        part(&field, "day", t("日"), day),
    ];
    Field {
        control: "date",
        error: error.to_owned(),
        parts,
        ..field
    }
}

fn region<'a>(t: &impl Fn(&'static str) -> &'a str, name: &str, error: &str) -> Field {
    let field = text(name, "经营地址", "和营业执照上的一致");
    let lists = [
        (t("省"), "990000", "云岭省", true),
        (t("市"), "990100", "云川市", true),
        (t("区县"), "990102", "云川区", true),
        (t("街道（镇、乡）"), "990102001", "滨江街道", false),
    ];
    let levels = lists
        .into_iter()
        .enumerate()
        .map(|(at, (label, code, place, chosen))| Level {
            id: format!("{name}-level-{at}"),
            label: label.to_owned(),
            options: vec![(code.to_owned(), place.to_owned(), chosen)],
        })
        .collect();
    Field {
        control: "region",
        error: error.to_owned(),
        levels,
        parts: vec![part(&field, "street", t("路名、门牌号、楼层房间"), "")],
        ..field
    }
}

fn signature<'a>(t: &impl Fn(&'static str) -> &'a str, name: &str, error: &str) -> Field {
    let field = text(name, "申请人签名", "本人承诺所填内容真实");
    let mut sure = part(&field, "sure", t("本人确认以上内容属实"), "");
    error.clone_into(&mut sure.error);
    let typed = if error.is_empty() { "" } else { "陈小薇" };
    Field {
        control: "signature",
        parts: vec![part(&field, "name", t("申请人姓名"), typed), sure],
        ..field
    }
}

fn group() -> Field {
    let row = |at: usize, name: &str| Row {
        number: at + 1,
        fields: vec![Field {
            value: name.to_owned(),
            ..text(&format!("workers-{at}-name"), "姓名", "")
        }],
    };
    Field {
        control: "group",
        rows: vec![row(0, "陈小薇"), row(1, "")],
        may_add: true,
        may_remove: true,
        ..text("workers", "从业人员", "接触直接入口食品的人都要填")
    }
}

fn table(name: &str, error: &str) -> Field {
    let cell = |at: usize, key: &str, label: &str, value: &str, error: &str| Field {
        value: value.to_owned(),
        error: error.to_owned(),
        ..text(&format!("{name}-{at}-{key}"), label, "")
    };
    let row = |at: usize, what: &str, count: &str, error: &str| Row {
        number: at + 1,
        fields: vec![
            cell(at, "what", "设备名称", what, ""),
            cell(at, "count", "数量", count, error),
        ],
    };
    Field {
        control: "table",
        required: false,
        rows: vec![row(0, "消毒柜", "2", ""), row(1, "冰箱", "", error)],
        heads: vec![("设备名称".to_owned(), true), ("数量".to_owned(), true)],
        may_add: true,
        may_remove: true,
        ..text(name, "主要设备设施", "可以从表格里整块复制过来")
    }
}

pub(super) const GROUP: Group = Group {
    id: "questions",
    title: "申请表的问题",
    macros: &[QUESTIONS],
    assets: &["fields.css", "fields.js"],
    template: include_str!("../../templates/design/form-questions.html"),
    render,
    specimens: SPECIMENS,
};

const SPECIMENS: &[Specimen] = &[
    Specimen {
        id: "answer",
        title: "问题",
        purpose: "申请表里的一项，种类写在 ui::fields::Field 的 control 里：文字、选择、确认、日期、区划地址、文件、签名、成组、表格。同一个宏，网上申请、补正和窗口收件都用它。",
        not_for: "不属于申请表的单个字段：用“表单”里的组件。",
        parts: &[Macro {
            name: "field",
            params: &[("f", "ui::fields::Field：名称、提示、填过的内容、错误")],
        }],
        criteria: &[
            "没有脚本也能填：选择、上传、添加、删除都是提交按钮，填过的内容都保留。",
            "错误汇总的链接到达出错的那一格，成组和表格里也是。",
            "日期的三格合成一组，粘贴或扫描整个日期自动分开。",
            "手写签名有效力相同的另一种方式：输入姓名并勾选本人确认（WCAG 2.5.1、2.1.1）。",
            "表格在窄屏上一行一块，每格有自己的标签。",
        ],
        states: &[
            State {
                id: "text",
                title: "文字",
            },
            State {
                id: "choices",
                title: "多选",
            },
            State {
                id: "confirm",
                title: "确认",
            },
            State {
                id: "date",
                title: "日期",
            },
            State {
                id: "date-wrong",
                title: "日期有误",
            },
            State {
                id: "region",
                title: "区划地址",
            },
            State {
                id: "region-wrong",
                title: "区划没有选完",
            },
            State {
                id: "file",
                title: "文件",
            },
            State {
                id: "file-there",
                title: "文件已上传",
            },
            State {
                id: "signature",
                title: "签名",
            },
            State {
                id: "signature-wrong",
                title: "签名没有确认",
            },
            State {
                id: "group",
                title: "成组填写",
            },
            State {
                id: "table",
                title: "表格",
            },
            State {
                id: "table-wrong",
                title: "表格有误",
            },
        ],
        frame: Frame::Citizen,
    },
    Specimen {
        id: "default-button",
        title: "回车按的按钮",
        purpose: "有好几个提交按钮的表单，第一个放它：在输入框里按回车是继续，不是添加或者删除。",
        not_for: "只有一个提交按钮的表单。",
        parts: &[Macro {
            name: "default_button",
            params: &[],
        }],
        criteria: &["看不见，也不在键盘次序里，读屏不读。"],
        states: &[State {
            id: "form",
            title: "在表单里",
        }],
        frame: Frame::Citizen,
    },
];
