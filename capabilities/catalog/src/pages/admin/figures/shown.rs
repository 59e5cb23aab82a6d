//! Figures as a page shows them: a line each, and the form above.

use web::export::Cell;

use super::view::{Asked, Line, View, text};
use super::{PATH, UNKNOWN};
use crate::figures::{Figure, Rounding};
use crate::pages::Doors;

/// A line as the page shows it.
pub(super) struct Shown {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) formula: &'static str,
    pub(super) value: String,
    pub(super) unit: &'static str,
    pub(super) numerator: String,
    pub(super) denominator: String,
    /// How many items are left out because they do not say what it is made of.
    pub(super) unknown: usize,
    /// Where the items are listed, and those left out.
    pub(super) items: String,
    pub(super) left_out: String,
    pub(super) before: String,
    pub(super) change: String,
}

impl Shown {
    pub(super) fn of(view: &View, line: &Line, label: String, href: String, items: Lists) -> Shown {
        let ratio = line.now.ratio;
        Shown {
            label,
            href,
            formula: line.figure.formula(),
            value: view.value(line.figure, ratio),
            unit: line.figure.unit(),
            numerator: ratio.numerator.print(view.rounding),
            denominator: ratio
                .denominator
                .map_or_else(String::new, |below| below.print(view.rounding)),
            unknown: line.now.unknown.len(),
            items: items.counted,
            left_out: items.unknown,
            before: line
                .before
                .map_or_else(String::new, |before| view.value(line.figure, before)),
            change: line
                .before
                .map_or_else(String::new, |_| line.change.print()),
        }
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        [
            &self.label,
            &self.value,
            &self.numerator,
            &self.denominator,
            &self.before,
            &self.change,
        ]
        .into_iter()
        .map(|text| Cell::from(text.as_str()))
        .chain([Cell::Number(
            i64::try_from(self.unknown).unwrap_or(i64::MAX),
        )])
        .collect()
    }
}

/// Where the items of a line are listed: those it counts, and those it leaves out.
pub(super) struct Lists {
    pub(super) counted: String,
    pub(super) unknown: String,
}

impl Lists {
    pub(super) fn of(asked: &Asked, figure: Figure, pairs: &[(&str, &str)]) -> Lists {
        let path = format!("{PATH}/{}/items", figure.word());
        let mut left_out = pairs.to_vec();
        left_out.push(("which", UNKNOWN));
        Lists {
            counted: asked.address(&path, pairs),
            unknown: asked.address(&path, &left_out),
        }
    }
}

/// The fields of the form above the figures.
pub(super) struct Fields {
    pub(super) on: String,
    pub(super) before: String,
    pub(super) org: String,
    pub(super) region: String,
    pub(super) orgs: Vec<(String, String)>,
    pub(super) regions: Vec<(String, String)>,
    pub(super) exclude_instant: bool,
    pub(super) working_days_only: bool,
    pub(super) once_per_base: bool,
    pub(super) rounding: &'static str,
    pub(super) roundings: Vec<(&'static str, &'static str)>,
}

impl Fields {
    pub(super) async fn of(doors: &Doors, view: &View, asked: &Asked) -> web::Result<Fields> {
        let snapshot = doors.catalog.snapshot();
        let with_items = snapshot.orgs_with_items();
        let mut codes: Vec<String> = with_items
            .iter()
            .map(|(org, _)| org.region.clone())
            .collect();
        codes.sort();
        codes.dedup();
        let named = doors
            .app
            .db
            .read(move |tx| -> Result<_, people::Error> {
                let mut named = vec![(String::new(), "全部区划".to_owned())];
                for code in codes {
                    if let Some(name) = people::regions::name(tx, &code)? {
                        named.push((code, name));
                    }
                }
                Ok(named)
            })
            .await?;
        let mut orgs = vec![(String::new(), "全部实施主体".to_owned())];
        orgs.extend(
            with_items
                .into_iter()
                .map(|(org, count)| (org.key.clone(), format!("{}（{count}）", org.name))),
        );
        Ok(Fields {
            on: view.on.to_string(),
            before: view.before.map_or_else(String::new, |day| day.to_string()),
            org: text(asked.org.as_ref()).to_owned(),
            region: text(asked.region.as_ref()).to_owned(),
            orgs,
            regions: named,
            exclude_instant: view.switches.exclude_instant,
            working_days_only: view.switches.working_days_only,
            once_per_base: view.switches.once_per_base,
            rounding: view.rounding.word(),
            roundings: Rounding::ALL
                .map(|rounding| (rounding.word(), rounding.label()))
                .into(),
        })
    }
}
