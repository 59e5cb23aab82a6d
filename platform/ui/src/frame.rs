//! The parts of a page's frame, each compiled once: a layout only names them.
//!
//! A template is written out again wherever it is included, and two hundred pages have the same head. What stands
//! around a page's own words is therefore a template of its own, and `layout/*.html` hold what differs.

use askama::{Template, filters::HtmlSafe};

use crate::Page;

macro_rules! parts {
    ($($(#[$said:meta])* $part:ident, $method:ident, $path:tt;)*) => {
        $($(#[$said])*
        #[derive(Template)]
        #[template(path = $path)]
        pub struct $part<'a> {
            page: &'a Page,
        }

        impl HtmlSafe for $part<'_> {})*

        impl Page {
            $($(#[$said])*
            pub fn $method(&self) -> $part<'_> {
                $part { page: self }
            }
            )*
        }
    };
}

parts! {
    /// From the document's first line to the end of what every page has in its `head`.
    DocumentHead, document_head, "layout/_document_head.html";
    /// Name, navigation and tools of a citizens' page, or the head of a machine in a hall.
    PublicHead, public_head, "layout/_head.html";
    /// Where one is, reading aloud, and what was just done, above a citizens' page.
    PublicLead, public_lead, "layout/_lead.html";
    /// The foot of a citizens' page, or the keys of a machine in a hall.
    PublicFoot, public_foot, "layout/_foot.html";
    /// The bar at the foot of a phone.
    Tabbar, tabbar, "layout/_tabbar.html";
    /// The top of the workbench and its menu.
    StaffHead, staff_head, "layout/_staff_head.html";
    /// Where one is and what was just done, above a page of the workbench.
    StaffLead, staff_lead, "layout/_staff_lead.html";
}
