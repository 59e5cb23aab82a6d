//! What the specimens show: a food shop in 云川市 on Monday, 11 May 2026.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::{
    Bar, Definition, Flash, MenuItem, Page, User, UserKind, View,
    strip::{self, Cell, ClockView},
};

/// Data for every group's template.
pub(super) struct Samples {
    pub(super) errors: Vec<(String, String)>,
    pub(super) no_errors: Vec<(String, String)>,
    pub(super) options: Vec<(String, String)>,
    pub(super) value: String,
    pub(super) ticked: Vec<String>,
    pub(super) now: Timestamp,
    pub(super) clock: ClockView,
    pub(super) held: ClockView,
    pub(super) late: ClockView,
    pub(super) cells: Vec<Cell>,
    pub(super) qr: String,
    pub(super) day: jiff::civil::Date,
    pub(super) contents: Vec<(String, String)>,
    pub(super) definition: Definition,
    pub(super) rows: Vec<Bar>,
    pub(super) views: Vec<View>,
    pub(super) newer: Option<String>,
    pub(super) older: Option<String>,
    pub(super) none: Option<String>,
}

/// A page with everything filled.
pub fn sample_page() -> Page {
    Page {
        title: "组件".to_owned(),
        place: "云川市政务服务".to_owned(),
        host: "云川市人民政府办公室".to_owned(),
        operator: "云川市行政审批服务管理局".to_owned(),
        user: Some(User {
            name: "陈*薇".to_owned(),
            kind: UserKind::Person,
            acting_for: None,
        }),
        url: "/design?x=1".to_owned(),
        flash: Some(Flash {
            good: true,
            text: "已保存".to_owned(),
        }),
        menu: vec![MenuItem {
            key: "queue",
            href: "/staff",
            label: "首页",
            icon: "list",
        }],
        demo: true,
        ..Page::default()
    }
    .with_crumb("首页", "/")
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("the samples are instants")
}

fn sample_clock(start: Timestamp) -> calendar::Clock {
    calendar::Clock::start(
        base::IdSource::seeded(1).next(start),
        calendar::ClockTerms {
            kind: "promised".to_owned(),
            role: calendar::Role::Promised,
            basis: "《行政许可法》第四十二条".to_owned(),
            length: calendar::Length::working_days(15),
            start_event: "受理".to_owned(),
            rule: calendar::Rule::default(),
            pausable: calendar::PauseReason::LICENSING.to_vec(),
            extension_max: None,
        },
        start,
    )
}

/// The samples in the language of `page`.
pub(super) fn samples(page: &Page) -> Samples {
    let calendar = calendar::Calendar::builtin();
    let now = instant("2026-05-11T02:20:00Z");
    let clock = sample_clock(instant("2026-04-28T02:00:00Z"));
    let mut held = clock.clone();
    held.pause(
        instant("2026-05-06T02:00:00Z"),
        calendar::PauseReason::Inspection,
        "云市监检〔2026〕1号",
        calendar::Length::working_days(10),
    )
    .expect("inspection is among its reasons");
    let view = |clock: &calendar::Clock, now| {
        strip::view(page.lang, "承诺办结时限", clock, &calendar, now)
    };
    Samples {
        errors: pairs(&[
            ("phone-wrong", "请输入11位手机号码，您输入了3位"),
            ("birth-wrong", "请填写日"),
            ("post-wrong", "请选择怎么取结果"),
        ]),
        no_errors: Vec::new(),
        options: pairs(&[("1", "窗口领取"), ("2", "邮寄送达")]),
        value: "2".to_owned(),
        ticked: vec!["1".to_owned()],
        now,
        clock: view(&clock, now),
        held: view(&held, now),
        late: view(&clock, instant("2026-05-25T02:20:00Z")),
        cells: strip::planned(page.lang, &clock, &calendar),
        qr: qr(),
        day: jiff::civil::date(2026, 5, 21),
        contents: pairs(&[("materials", "申请材料"), ("time", "8个工作日怎么数")]),
        definition: Definition {
            name: "按时办结率".to_owned(),
            formula: "按时办结的件数÷办结的件数".to_owned(),
            period: "2026年4月1日至30日".to_owned(),
            source: "办件记录".to_owned(),
        },
        rows: crate::bars([
            ("市场监管局".to_owned(), 1204, "/design?org=1".to_owned()),
            ("卫生健康局".to_owned(), 310, String::new()),
            ("人力资源和社会保障局".to_owned(), 86, String::new()),
        ]),
        views: [
            ("按剩余时间", "/design", Some(12), true),
            ("待我复核", "/design?view=review", Some(3), false),
            ("本周办结", "/design?view=done", None, false),
        ]
        .into_iter()
        .map(|(label, href, count, current)| View {
            label: label.to_owned(),
            href: href.to_owned(),
            count,
            current,
        })
        .collect(),
        newer: Some("/design".to_owned()),
        older: Some("/design?after=x".to_owned()),
        none: None,
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(first, second)| ((*first).to_owned(), (*second).to_owned()))
        .collect()
}

/// A drawing in the shape of a code; it says nothing when scanned.
fn qr() -> String {
    let mut squares = String::new();
    for (y, x) in (0..21_u32).flat_map(|y| (0..21_u32).map(move |x| (y, x))) {
        if (x * x + 3 * y * x + 7 * y) % 5 < 2 {
            write!(squares, "M{x} {y}h1v1h-1z").expect("writing to memory does not fail");
        }
    }
    format!(
        "<svg viewBox=\"-2 -2 25 25\" role=\"img\" aria-label=\"二维码\"><path d=\"{squares}\"/></svg>"
    )
}
