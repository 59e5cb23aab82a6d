//! Every layout and component with sample data: rendered by a test in each language and mode.

use askama::Template;

use crate::{
    Flash, MenuItem, Page, User, UserKind,
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
    pub clock: ClockView,
    pub cells: Vec<Cell>,
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// Staff layout.
#[derive(Template)]
#[template(path = "gallery_staff.html")]
pub struct StaffGallery {
    pub page: Page,
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

/// All components over `page`.
pub fn gallery(page: Page) -> Gallery {
    let calendar = calendar::Calendar::builtin();
    let start = "2026-04-28T02:00:00Z".parse().expect("an instant");
    let now = "2026-05-11T02:20:00Z".parse().expect("an instant");
    let clock = calendar::Clock::start(
        base::IdSource::seeded(1).next(start),
        calendar::ClockTerms {
            kind: "promised".to_owned(),
            role: calendar::Role::Promised,
            basis: "承诺办结时限".to_owned(),
            length: calendar::Length::working_days(15),
            start_event: "受理".to_owned(),
            rule: calendar::Rule::default(),
            pausable: Vec::new(),
            extension_max: None,
        },
        start,
    );
    Gallery {
        errors: vec![("phone".to_owned(), "请输入11位手机号码".to_owned())],
        options: vec![
            ("1".to_owned(), "窗口领取".to_owned()),
            ("2".to_owned(), "邮寄送达".to_owned()),
        ],
        value: "2".to_owned(),
        clock: strip::view(page.lang, "承诺办结时限", &clock, &calendar, now),
        cells: strip::planned(page.lang, &clock, &calendar),
        newer: None,
        older: Some("/design?after=x".to_owned()),
        page,
    }
}
