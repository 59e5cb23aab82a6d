//! What a page knows about the machine in a hall that it is shown on.

use crate::Page;

/// 自助终端.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kiosk {
    /// The hall's name; empty where it is not known.
    pub hall: String,
    /// 机号; empty where it has none.
    pub number: String,
    /// 低位: everything in the lower half of the screen.
    pub low: bool,
    /// Somebody has begun something: there is something to forget.
    pub in_use: bool,
    /// Seconds without a touch until the machine asks.
    pub idle_s: u32,
    /// Seconds until it forgets whoever does not answer.
    pub countdown_s: u32,
}

impl Kiosk {
    /// Seconds until a page without script goes back by itself.
    pub fn unattended_s(&self) -> u32 {
        self.idle_s + self.countdown_s
    }
}

impl Page {
    /// Use with `|safe`: `autocomplete` of a field. A machine in a hall offers nobody what somebody else typed.
    pub fn autofill(&self, token: &str) -> String {
        let token = if self.kiosk.is_some() { "off" } else { token };
        format!(" autocomplete=\"{token}\"")
    }

    /// Use with `|safe`: which pad stands beside a field of this kind at a machine in a hall.
    pub fn pad(&self, kind: &str) -> &'static str {
        if self.kiosk.is_none() {
            return "";
        }
        match kind {
            "id" => " data-pad=\"id\"",
            "phone" | "number" | "date" => " data-pad=\"digits\"",
            "amount" => " data-pad=\"amount\"",
            "uscc" | "code" => " data-pad=\"code\"",
            _ => " data-pad=\"keys\"",
        }
    }

    /// Where 返回 leads: one step up.
    pub fn up(&self) -> &str {
        self.crumbs
            .last()
            .and_then(|crumb| crumb.href.as_deref())
            .unwrap_or("/")
    }

    /// The front page, where there is nothing to go back to.
    pub fn at_front(&self) -> bool {
        self.url.split('?').next() == Some("/")
    }

    /// Where this page is offered to the phone.
    pub fn to_phone(&self) -> String {
        format!("/kiosk/phone?at={}", crate::page::query_value(&self.url))
    }
}
