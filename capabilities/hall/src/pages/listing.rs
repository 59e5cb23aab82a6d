//! What the lists of organisations, halls and staff share: tabs, filters, heads and files, in the one pattern of
//! staff lists.

use people::views::View;
use ui::staff_list::{Field, Filters, ListAddress, Views};
use web::saved::{self, Tab};

/// One list: the key its views are saved under, and its address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) key: &'static str,
    pub(crate) path: &'static str,
}

/// The pattern around a page of rows.
pub(crate) struct Listing {
    pub(crate) views: Views,
    pub(crate) filters: Filters,
    pub(crate) xlsx: String,
    pub(crate) csv: String,
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
}

impl List {
    /// Puts the pattern together. `at` is the list's address without a page, `next` the cursor of the page after
    /// this one, `paged` whether there is one before, `rows` how many this page shows.
    pub(crate) fn around(
        self,
        page: &ui::Page,
        at: &ListAddress,
        fields: Vec<Field>,
        saved: &[View],
        (paged, rows, next): (bool, usize, Option<String>),
    ) -> Listing {
        let narrowed = at.clone().with("sort", "");
        let file = |format: &str| at.clone().with("format", format).href();
        Listing {
            views: saved::tabs(self.key, self.path, at, vec![Tab::all(page, None)], saved),
            filters: Filters {
                action: self.path,
                fields,
                keep: vec![("sort", at.get("sort").to_owned())],
                clear: if narrowed.pairs().is_empty() {
                    String::new()
                } else {
                    format!("{}?{}", self.path, saved::ALL)
                },
                said: page.t1("本页{n}条", "n", rows),
            },
            xlsx: file("xlsx"),
            csv: file("csv"),
            first: paged.then(|| at.href()),
            next: next.map(|cursor| at.clone().with("cursor", cursor).href()),
        }
    }
}
