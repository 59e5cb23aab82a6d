//! What every page knows about itself and its visitor.

use jiff::{Timestamp, civil::Date};

use crate::{
    Kiosk, assets, format,
    i18n::{self, Lang},
};

/// The frame of a page. Templates call its methods: `{{ page.t("提交") }}`, `{{ page.date(due) }}`.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub lang: Lang,
    /// 关怀版.
    pub care: bool,
    pub theme: Theme,
    /// Already in the visitor's language.
    pub title: String,
    /// The page shows a form with errors: the title begins with 错误：.
    pub error: bool,
    /// e.g. 云川市政务服务.
    pub place: String,
    pub host: String,
    pub operator: String,
    pub user: Option<User>,
    /// Messages the signed-in person has not read; none where nobody keeps messages.
    pub unread: Option<u32>,
    /// Token for the hidden field `csrf` of every form.
    pub csrf: String,
    /// Key of the current entry of the main navigation or the staff menu.
    pub nav: &'static str,
    pub crumbs: Vec<Crumb>,
    /// Path and query of this page: the switches lead back here.
    pub url: String,
    pub flash: Option<Flash>,
    /// Staff menu; empty on citizens' pages.
    pub menu: Vec<MenuItem>,
    /// Whether this is a demonstration with synthetic data: said on every page.
    pub demo: bool,
    /// The machine in a hall that this page is shown on.
    pub kiosk: Option<Kiosk>,
    /// Id of the form that the switches of language and look send along, so that nothing typed is lost.
    pub keeps: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn from_word(word: &str) -> Option<Theme> {
        match word {
            "auto" => Some(Theme::Auto),
            "light" => Some(Theme::Light),
            "dark" => Some(Theme::Dark),
            _ => None,
        }
    }
}

/// Who is signed in, as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Masked for people, full for staff.
    pub name: String,
    pub kind: UserKind,
    /// The enterprise or principal they act for.
    pub acting_for: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKind {
    Person,
    Staff,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    pub label: String,
    /// None for the page itself.
    pub href: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuItem {
    pub key: &'static str,
    pub href: &'static str,
    /// Chinese source string.
    pub label: &'static str,
    /// Symbol in `icons.svg` without `i-`.
    pub icon: &'static str,
}

/// A message about what was just done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    pub good: bool,
    pub text: String,
}

/// A date however a template happens to hold it: by value or behind references.
pub trait Day {
    fn day(&self) -> Date;
}

impl Day for Date {
    fn day(&self) -> Date {
        *self
    }
}

impl<T: Day + ?Sized> Day for &T {
    fn day(&self) -> Date {
        (**self).day()
    }
}

/// An instant however a template happens to hold it.
pub trait Instant {
    fn instant(&self) -> Timestamp;
}

impl Instant for Timestamp {
    fn instant(&self) -> Timestamp {
        *self
    }
}

impl<T: Instant + ?Sized> Instant for &T {
    fn instant(&self) -> Timestamp {
        (**self).instant()
    }
}

/// An amount in 分 however a template happens to hold it.
pub trait Amount {
    fn fen(&self) -> i64;
}

impl Amount for i64 {
    fn fen(&self) -> i64 {
        *self
    }
}

impl Amount for base::Fen {
    fn fen(&self) -> i64 {
        self.0
    }
}

impl<T: Amount + ?Sized> Amount for &T {
    fn fen(&self) -> i64 {
        (**self).fen()
    }
}

/// A count however a template happens to hold it.
pub trait Count {
    fn count(&self) -> i64;
}

macro_rules! count {
    ($($number:ty),*) => {$(
        impl Count for $number {
            fn count(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )*};
}

count!(i64, i32, u64, u32, usize);

impl<T: Count + ?Sized> Count for &T {
    fn count(&self) -> i64 {
        (**self).count()
    }
}

impl Page {
    /// The string in the visitor's language.
    pub fn t<'a>(&self, zh: &'a str) -> &'a str {
        i18n::translate(self.lang, zh)
    }

    /// Translates and fills `{name}`: `page.tf("共{n}件", &[("n", &count)])`.
    pub fn tf(&self, zh: &str, values: &[(&str, &str)]) -> String {
        i18n::fill(self.lang, zh, values)
    }

    /// `tf` with one value.
    pub fn t1(&self, zh: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.tf(zh, &[(name, &value.to_string())])
    }

    pub fn is_zh(&self) -> bool {
        self.lang == Lang::Zh
    }

    pub fn html_lang(&self) -> &'static str {
        self.lang.html()
    }

    /// 2026年5月21日.
    pub fn date(&self, date: impl Day) -> String {
        format::date(self.lang, date.day())
    }

    /// 2026年5月21日（星期四）.
    pub fn date_long(&self, date: impl Day) -> String {
        format::date_long(self.lang, date.day())
    }

    /// 5月21日.
    pub fn date_short(&self, date: impl Day) -> String {
        format::date_short(self.lang, date.day())
    }

    /// 2026年5月21日 15:42.
    pub fn datetime(&self, at: impl Instant) -> String {
        format::datetime(self.lang, at.instant())
    }

    /// 2026-05-21 15:42.
    pub fn dense(&self, at: impl Instant) -> String {
        format::datetime_dense(at.instant())
    }

    /// 5月21日 15:42.
    pub fn datetime_short(&self, at: impl Instant) -> String {
        format::datetime_short(self.lang, at.instant())
    }

    /// For `<time datetime="…">`.
    pub fn datetime_machine(&self, at: impl Instant) -> String {
        format::datetime_machine(at.instant())
    }

    /// 5月1日—5日.
    pub fn span(&self, from: impl Day, until: impl Day) -> String {
        format::span(self.lang, from.day(), until.day())
    }

    /// An amount in 分: 1,234.50元.
    pub fn fen(&self, amount: impl Amount) -> String {
        format::fen(self.lang, amount.fen())
    }

    /// 1,204.
    pub fn num(&self, value: impl Count) -> String {
        format::number(value.count())
    }

    /// The message for one field out of the form's errors; empty where there is none.
    pub fn error_for<'a>(&self, errors: &'a [(String, String)], field: &str) -> &'a str {
        errors
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }

    /// Whether a value is among those ticked.
    pub fn has(&self, values: &[String], value: &str) -> bool {
        values.iter().any(|known| known == value)
    }

    /// `aria-describedby` of a field with a hint, an error, both or neither. Use with `|safe`.
    pub fn describedby(&self, id: &str, hint: &str, error: &str) -> String {
        let id = attribute(id);
        match (hint.is_empty(), error.is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!(" aria-describedby=\"{id}-hint\""),
            (true, false) => format!(" aria-invalid=\"true\" aria-describedby=\"{id}-error\""),
            (false, false) => {
                format!(" aria-invalid=\"true\" aria-describedby=\"{id}-hint {id}-error\"")
            }
        }
    }

    /// The same for a group of choices, which is not itself invalid. Use with `|safe`.
    pub fn describedby_group(&self, id: &str, hint: &str, error: &str) -> String {
        self.describedby(id, hint, error)
            .replace(" aria-invalid=\"true\"", "")
    }

    /// The last day of a limit that falls due at `at`, with its weekday.
    pub fn due(&self, at: impl Instant) -> String {
        format::date_long(self.lang, format::last_day(at.instant()))
    }

    /// The last day of a limit, short.
    pub fn due_short(&self, at: impl Instant) -> String {
        format::date_short(self.lang, format::last_day(at.instant()))
    }

    /// Use with `|safe`: a grouped case number.
    pub fn case_no(&self, no: &str) -> String {
        format::case_no_html(no)
    }

    pub fn bytes(&self, size: &u64) -> String {
        format::bytes(*size)
    }

    /// Address of an asset with its content hash.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    /// Use with `|safe`: an icon, always beside a word.
    pub fn icon(&self, name: &str) -> String {
        debug_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
        format!(
            "<svg class=\"i\" aria-hidden=\"true\" focusable=\"false\"><use href=\"{}#i-{name}\"/></svg>",
            assets::url("icons.svg")
        )
    }

    /// What stands in `<title>`.
    pub fn full_title(&self) -> String {
        let title = format!("{} - {}", self.title, self.t(&self.place));
        if self.error {
            self.t1("错误：{title}", "title", title)
        } else {
            title
        }
    }

    /// Link that switches one preference and comes back here.
    pub fn pref(&self, key: &str, value: &str) -> String {
        let back = query_value(&self.url);
        format!("/prefs?{key}={value}&back={back}")
    }

    pub fn is_dark(&self) -> bool {
        self.theme == Theme::Dark
    }

    pub fn is_staff(&self) -> bool {
        self.user
            .as_ref()
            .is_some_and(|user| user.kind == UserKind::Staff)
    }

    /// A page of the workbench or of the administration, seen by staff.
    pub fn in_workbench(&self) -> bool {
        self.is_staff() && of_workbench(&self.url)
    }

    /// The same page, shown again with errors.
    #[must_use]
    pub fn with_error(mut self) -> Page {
        self.error = true;
        self
    }

    /// The same page; its switches send the form with this id, whose handler keeps it and follows `preference`.
    #[must_use]
    pub fn keeping(mut self, form: &'static str) -> Page {
        self.keeps = Some(form);
        self
    }

    #[must_use]
    pub fn with_nav(mut self, nav: &'static str) -> Page {
        self.nav = nav;
        self
    }

    /// Adds a step to the breadcrumb.
    #[must_use]
    pub fn with_crumb(mut self, label: impl Into<String>, href: impl Into<String>) -> Page {
        self.crumbs.push(Crumb {
            label: label.into(),
            href: Some(href.into()),
        });
        self
    }

    #[must_use]
    pub fn with_csrf(mut self, token: impl Into<String>) -> Page {
        self.csrf = token.into();
        self
    }
}

/// Whether an address lies in the workbench or in the administration. Their pages are in Chinese only: the working
/// language of offices, 《国家通用语言文字法》 article 9.
pub fn of_workbench(address: &str) -> bool {
    ["/staff", "/admin"].iter().any(|area| {
        address
            .strip_prefix(area)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    })
}

/// A text as it may stand inside a quoted attribute.
fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(c),
        }
    }
    out
}

/// An address as the value of a query parameter; slashes stay readable.
pub fn query_value(address: &str) -> String {
    let mut out = String::with_capacity(address.len() + 8);
    for byte in address.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out
}
