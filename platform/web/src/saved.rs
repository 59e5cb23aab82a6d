//! Saved views over a staff list: the tabs a list shows, and what it opens with.
//!
//! A list reads `people::views::of(tx, staff, LIST)` in its transaction, redirects to [`opens_with`] where its
//! address asks nothing, and gives [`tabs`] to `{% call l::views(views) %}` of `staff-list.html`. Saving, renaming
//! and deleting happen on `/staff/views`.

use people::views::View;
use ui::staff_list::{ListAddress, Views};

/// What shows everything, whatever view the list would open with.
pub const ALL: &str = "view=all";

/// A tab that a list always has: its label in the visitor's language, its query and what it counts.
#[derive(Clone, Debug)]
pub struct Tab {
    pub label: String,
    pub query: &'static str,
    pub count: Option<u64>,
}

impl Tab {
    /// The tab of the whole list.
    pub fn all(page: &ui::Page, count: Option<u64>) -> Tab {
        Tab {
            label: page.t("全部").to_owned(),
            query: "",
            count,
        }
    }
}

/// Where a list leads whose address asks nothing, for somebody who chose a view to begin with.
pub fn opens_with(path: &str, query: Option<&str>, saved: &[View]) -> Option<String> {
    let asked = query.is_some_and(|query| !query.is_empty());
    let view = saved.iter().find(|view| view.is_default)?;
    (!asked).then(|| format!("{path}?{}", view.query))
}

/// The list's own tabs, then the saved ones. Saving is offered where the address is none of them.
pub fn tabs(
    list: &'static str,
    path: &str,
    at: &ListAddress,
    fixed: Vec<Tab>,
    saved: &[View],
) -> Views {
    let here = at.query();
    let mut tabs: Vec<ui::View> = fixed
        .into_iter()
        .map(|tab| ui::View {
            href: match tab.query {
                "" => format!("{path}?{ALL}"),
                query => format!("{path}?{query}"),
            },
            current: here == tab.query,
            label: tab.label,
            count: tab.count,
        })
        .collect();
    tabs.extend(saved.iter().map(|view| ui::View {
        label: view.name.clone(),
        href: format!("{path}?{}", view.query),
        count: None,
        current: here == view.query,
    }));
    let known = tabs.iter().any(|tab| tab.current);
    Views {
        list,
        tabs,
        query: if known { String::new() } else { here },
    }
}

#[cfg(test)]
mod tests {
    use base::ids::StaffId;
    use uuid::Uuid;

    use super::*;

    fn view(query: &str, is_default: bool) -> View {
        View {
            id: Uuid::nil(),
            list: "queue".to_owned(),
            shared: false,
            name: "超期的".to_owned(),
            query: query.to_owned(),
            saved_by: StaffId::from_uuid(Uuid::nil()),
            saved_at: jiff::Timestamp::UNIX_EPOCH,
            is_default,
        }
    }

    fn at(light: &'static str) -> ListAddress {
        ListAddress::new("/staff").with("light", light)
    }

    #[test]
    fn a_list_opens_with_the_chosen_view_only_where_nothing_is_asked() {
        let saved = [view("light=near", false), view("light=over", true)];
        let chosen = Some("/staff?light=over".to_owned());
        assert_eq!(opens_with("/staff", None, &saved), chosen);
        assert_eq!(opens_with("/staff", Some(""), &saved), chosen);
        assert_eq!(opens_with("/staff", Some(ALL), &saved), None);
        assert_eq!(opens_with("/staff", None, &saved[..1]), None);
    }

    #[test]
    fn only_what_is_not_yet_a_tab_can_be_saved() {
        let page = ui::Page::default();
        let tabs = |light| {
            let fixed = vec![Tab::all(&page, Some(3))];
            super::tabs(
                "queue",
                "/staff",
                &at(light),
                fixed,
                &[view("light=over", false)],
            )
        };
        let current =
            |views: &Views| -> Vec<bool> { views.tabs.iter().map(|tab| tab.current).collect() };
        assert_eq!(current(&tabs("")), [true, false]);
        assert_eq!(current(&tabs("over")), [false, true]);
        assert_eq!(tabs("over").query, "");
        assert_eq!(current(&tabs("near")), [false, false]);
        assert_eq!(tabs("near").query, "light=near");
    }
}
