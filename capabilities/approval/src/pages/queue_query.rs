//! What a queue's address says: filters, order, page. The same words serve the page, its export and the way back
//! from a case.

use base::ids::{CaseId, OrgId, StaffId};
use cases::queue::{After, Claim, Entry, Filter, Key, Light, Order, Place as Stand, Sort};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use ui::staff_list::ListAddress;
use web::{App, cursor};

/// Key of the list, for saved views and cursors.
pub(super) const LIST: &str = "queue";
pub(super) const PATH: &str = "/staff";

/// The parameters of `/staff`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    pub q: Option<String>,
    pub light: Option<LightWord>,
    pub kind: Option<String>,
    pub item: Option<String>,
    pub org: Option<OrgId>,
    pub region: Option<String>,
    pub claim: Option<ClaimWord>,
    /// Received on this day or later.
    pub from: Option<Date>,
    /// Received on this day or sooner.
    pub to: Option<Date>,
    pub due: Option<DueWord>,
    /// `1`: only what came back after a correction.
    pub returned: Option<String>,
    pub sort: Option<SortWord>,
    pub cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LightWord {
    Over,
    Near,
    Ok,
    Held,
}

impl LightWord {
    pub(crate) fn light(self) -> Light {
        match self {
            LightWord::Over => Light::Over,
            LightWord::Near => Light::Near,
            LightWord::Ok => Light::Ok,
            LightWord::Held => Light::Held,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            LightWord::Over => "over",
            LightWord::Near => "near",
            LightWord::Ok => "ok",
            LightWord::Held => "held",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClaimWord {
    Mine,
    Free,
    Taken,
}

impl ClaimWord {
    pub(super) fn word(self) -> &'static str {
        match self {
            ClaimWord::Mine => "mine",
            ClaimWord::Free => "free",
            ClaimWord::Taken => "taken",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DueWord {
    Today,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum SortWord {
    #[serde(rename = "due")]
    Due,
    #[serde(rename = "-due")]
    DueLast,
    #[serde(rename = "opened")]
    Opened,
    #[serde(rename = "-opened")]
    OpenedLast,
    #[serde(rename = "applicant")]
    Applicant,
    #[serde(rename = "-applicant")]
    ApplicantLast,
    #[serde(rename = "item")]
    Item,
    #[serde(rename = "-item")]
    ItemLast,
}

/// The order of an address that names none.
pub(super) const STANDING: &str = "due";

impl SortWord {
    fn order(self) -> (Order, &'static str) {
        let (sort, descending, word) = match self {
            SortWord::Due => (Sort::Due, false, "due"),
            SortWord::DueLast => (Sort::Due, true, "-due"),
            SortWord::Opened => (Sort::Opened, false, "opened"),
            SortWord::OpenedLast => (Sort::Opened, true, "-opened"),
            SortWord::Applicant => (Sort::Applicant, false, "applicant"),
            SortWord::ApplicantLast => (Sort::Applicant, true, "-applicant"),
            SortWord::Item => (Sort::Item, false, "item"),
            SortWord::ItemLast => (Sort::Item, true, "-item"),
        };
        (Order { sort, descending }, word)
    }
}

impl Params {
    pub(super) fn order(&self) -> Order {
        self.sort.map_or(Order::default(), |sort| sort.order().0)
    }

    /// What the list is narrowed to, for one member of staff at one moment.
    pub(super) fn filter(&self, me: StaffId, now: Timestamp, limit: usize) -> Filter {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        // A limit that ends today ends at 24:00.
        let ends_today = calendar::end_of_day(calendar::civil_date(now));
        let today = self.due.is_some();
        Filter {
            text: self.q.clone().unwrap_or_default(),
            light: self.light.map(LightWord::light),
            kind: given(&self.kind),
            item: given(&self.item),
            org: self.org,
            region: given(&self.region),
            since: self.from.map(calendar::start_of_day),
            before: self.to.map(calendar::end_of_day),
            claim: self.claim.map(|claim| match claim {
                ClaimWord::Mine => Claim::By(me),
                ClaimWord::Free => Claim::Nobody,
                ClaimWord::Taken => Claim::Somebody,
            }),
            due_from: today.then_some(now),
            due_until: today.then_some(ends_today),
            returned: self.returned.is_some(),
            after: None,
            limit,
        }
    }

    /// The list's address without the page.
    pub(super) fn address(&self) -> ListAddress {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        ListAddress::new(PATH)
            .with("q", text(&self.q))
            .with("light", self.light.map_or("", LightWord::word))
            .with("kind", text(&self.kind))
            .with("item", text(&self.item))
            .with(
                "org",
                self.org.map(|org| org.to_string()).unwrap_or_default(),
            )
            .with("region", text(&self.region))
            .with("claim", self.claim.map_or("", ClaimWord::word))
            .with("from", day(self.from))
            .with("to", day(self.to))
            .with("due", if self.due.is_some() { "today" } else { "" })
            .with("returned", if self.returned.is_some() { "1" } else { "" })
            .with("sort", self.sort.map_or("", |sort| sort.order().1))
    }

    /// The address of the page being looked at.
    pub(super) fn here(&self) -> ListAddress {
        self.address()
            .with("cursor", self.cursor.clone().unwrap_or_default())
    }

    /// The name cursors of this order are made under: one of another order is refused.
    fn cursor_list(&self) -> String {
        format!(
            "{LIST} {}",
            self.sort.map_or(STANDING, |sort| sort.order().1)
        )
    }

    pub(super) fn mark(&self, app: &App, entry: &Entry) -> String {
        cursor::encode(
            app,
            &self.cursor_list(),
            &Mark::from(self.order().place(entry)),
        )
    }

    pub(super) fn read_mark(&self, app: &App, text: &str) -> web::Result<Stand> {
        cursor::decode::<Mark>(app, &self.cursor_list(), text).map(Stand::from)
    }
}

/// Where an entry stands in the list, inside a cursor.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    t: Option<String>,
    case: CaseId,
    no: i64,
}

impl From<Stand> for Mark {
    fn from(stand: Stand) -> Mark {
        let (n, t) = match stand.key {
            Key::Number(number) => (Some(number), None),
            Key::Text(text) => (None, Some(text)),
        };
        Mark {
            n,
            t,
            case: stand.case_id,
            no: stand.no,
        }
    }
}

impl From<Mark> for Stand {
    fn from(mark: Mark) -> Stand {
        Stand {
            key: match mark.t {
                Some(text) => Key::Text(text),
                None => Key::Number(mark.n.unwrap_or_default()),
            },
            case_id: mark.case,
            no: mark.no,
        }
    }
}

/// Keyset of the API's queue, inside its cursor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    due_at: i64,
    case: CaseId,
    no: i64,
}

impl From<Place> for After {
    fn from(place: Place) -> After {
        After {
            due_at: place.due_at,
            case_id: place.case,
            no: place.no,
        }
    }
}

impl From<&Entry> for Place {
    fn from(entry: &Entry) -> Place {
        let after = entry.after();
        Place {
            due_at: after.due_at,
            case: after.case_id,
            no: after.no,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_today_ends_at_midnight_and_is_not_overdue() {
        let now: Timestamp = "2026-05-21T02:20:00Z".parse().expect("an instant");
        let params = Params {
            due: Some(DueWord::Today),
            ..Params::default()
        };
        let me = StaffId::from_uuid(uuid::Uuid::nil());
        let filter = params.filter(me, now, 50);
        assert_eq!(filter.due_from, Some(now));
        let midnight = "2026-05-21T16:00:00Z".parse().expect("an instant");
        assert_eq!(filter.due_until, Some(midnight));
    }

    #[test]
    fn an_address_says_what_was_asked_and_nothing_else() {
        let params = Params {
            q: Some("面馆".to_owned()),
            light: Some(LightWord::Over),
            sort: Some(SortWord::OpenedLast),
            cursor: Some("x".to_owned()),
            ..Params::default()
        };
        assert_eq!(
            params.address().href(),
            "/staff?q=%E9%9D%A2%E9%A6%86&light=over&sort=-opened"
        );
    }
}
