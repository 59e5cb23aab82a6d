//! Every layout and component with sample data: rendered by a test in each language and mode.

use askama::Template;

use jiff::Timestamp;

use crate::{
    Bar, Flash, MenuItem, Page, User, UserKind, View,
    strip::{self, Cell, ClockView},
};

/// Citizens' layout with every component.
#[derive(Template)]
#[template(path = "gallery.html")]
pub struct Gallery {
    pub page: Page,
    pub errors: Vec<(String, String)>,
    pub options: Vec<(String, String)>,
    pub value: String,
    pub ticked: Vec<String>,
    pub now: Timestamp,
    pub clock: ClockView,
    pub held: ClockView,
    pub late: ClockView,
    pub cells: Vec<Cell>,
    pub qr: String,
    pub rows: Vec<Bar>,
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// Staff layout.
#[derive(Template)]
#[template(path = "gallery_staff.html")]
pub struct StaffGallery {
    pub page: Page,
    pub now: Timestamp,
    pub views: Vec<View>,
}

/// Print layout.
#[derive(Template)]
#[template(path = "gallery_print.html")]
pub struct PrintGallery {
    pub page: Page,
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

/// All components over `page`.
///
/// # Panics
/// Never: the samples are constants.
pub fn gallery(page: Page) -> Gallery {
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
    Gallery {
        errors: vec![
            ("phone".to_owned(), "请输入11位手机号码，您输入了3位".to_owned()),
            ("birth".to_owned(), "请填写日".to_owned()),
        ],
        options: vec![
            ("1".to_owned(), "窗口领取".to_owned()),
            ("2".to_owned(), "邮寄送达".to_owned()),
        ],
        value: "2".to_owned(),
        ticked: vec!["1".to_owned()],
        now,
        clock: view(&clock, now),
        held: view(&held, now),
        late: view(&clock, instant("2026-05-25T02:20:00Z")),
        cells: strip::planned(page.lang, &clock, &calendar),
        qr: r#"<svg viewBox="0 0 2 2" role="img" aria-label="二维码"><rect width="1" height="1"/></svg>"#
            .to_owned(),
        rows: crate::bars([
            ("市场监管局".to_owned(), 1204, "/staff?org=1".to_owned()),
            ("卫生健康局".to_owned(), 310, String::new()),
        ]),
        newer: None,
        older: Some("/design?after=x".to_owned()),
        page,
    }
}

/// The workbench's components over `page`.
pub fn staff_gallery(page: Page) -> StaffGallery {
    StaffGallery {
        now: instant("2026-05-11T02:20:00Z"),
        views: vec![
            View {
                label: "按剩余时间".to_owned(),
                href: "/staff".to_owned(),
                count: Some(12),
                current: true,
            },
            View {
                label: "待我复核".to_owned(),
                href: "/staff?view=review".to_owned(),
                count: None,
                current: false,
            },
        ],
        page,
    }
}
