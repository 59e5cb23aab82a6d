//! What is asked of the figures, and the lists it is answered from.

use std::collections::BTreeMap;

use base::ids::OrgId;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::Problem;

use crate::figures::{
    Change, Counted, Figure, List, Ratio, Rounding, Scope, Switches, Theme, VERSION, change, count,
};
use crate::pages::{Doors, links};
use crate::snapshot::Snapshot;

/// What is looked at; everything missing or empty stands as usual.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// The day whose list is counted; today where it is missing.
    pub(crate) on: Option<String>,
    /// The earlier day it is compared with.
    pub(crate) before: Option<String>,
    pub(crate) region: Option<String>,
    /// Key of a body.
    pub(crate) org: Option<String>,
    pub(crate) exclude_instant: Option<String>,
    pub(crate) working_days_only: Option<String>,
    pub(crate) once_per_base: Option<String>,
    pub(crate) rounding: Option<String>,
    /// `counted`, `rest` or `unknown`, for the items.
    pub(crate) which: Option<String>,
    /// How many items come before this page.
    pub(crate) from: Option<String>,
    /// For the export.
    pub(crate) figure: Option<String>,
    pub(crate) part: Option<String>,
    pub(crate) format: Option<String>,
}

/// What was asked, understood.
pub(crate) struct View {
    pub(crate) on: Date,
    pub(crate) before: Option<Date>,
    pub(crate) scope: Scope,
    /// What the scope is called.
    pub(crate) scope_words: String,
    pub(crate) switches: Switches,
    pub(crate) rounding: Rounding,
    now: List,
    then: Option<List>,
}

/// One figure of one scope.
pub(crate) struct Line {
    pub(crate) figure: Figure,
    pub(crate) now: Counted,
    /// The themes it counts, where it counts themes.
    pub(crate) themes: Vec<Theme>,
    pub(crate) before: Option<Ratio>,
    pub(crate) change: Change,
}

pub(super) fn text(value: Option<&String>) -> &str {
    value.map_or("", |value| value.trim())
}

fn day(field: &'static str, value: Option<&String>) -> web::Result<Option<Date>> {
    match text(value) {
        "" => Ok(None),
        day => day.parse().map(Some).map_err(|_| {
            Problem::bad_request("query_invalid", "日期请写成2026-05-21的形式")
                .and_field(field, "日期请写成2026-05-21的形式")
        }),
    }
}

impl Asked {
    fn switches(&self) -> Switches {
        let on = |value: Option<&String>| matches!(text(value), "1" | "true");
        Switches {
            exclude_instant: on(self.exclude_instant.as_ref()),
            working_days_only: on(self.working_days_only.as_ref()),
            once_per_base: on(self.once_per_base.as_ref()),
        }
    }

    /// The address of another page with the same view.
    pub(super) fn address(&self, path: &str, extra: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("on", text(self.on.as_ref())),
            ("before", text(self.before.as_ref())),
            ("region", text(self.region.as_ref())),
            ("org", text(self.org.as_ref())),
            ("exclude_instant", text(self.exclude_instant.as_ref())),
            ("working_days_only", text(self.working_days_only.as_ref())),
            ("once_per_base", text(self.once_per_base.as_ref())),
            ("rounding", text(self.rounding.as_ref())),
        ];
        pairs.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
        pairs.extend_from_slice(extra);
        links::with_query(path, &pairs)
    }

    /// Reads the lists that are asked for.
    pub(crate) async fn view(&self, doors: &Doors) -> web::Result<View> {
        let today = doors.app.today();
        let on = day("on", self.on.as_ref())?.unwrap_or(today).min(today);
        let before = day("before", self.before.as_ref())?;
        if before.is_some_and(|before| before >= on) {
            return Err(
                Problem::bad_request("query_invalid", "对比日应早于统计日，请重新选择")
                    .and_field("before", "对比日应早于统计日"),
            );
        }
        let snapshot = doors.catalog.snapshot();
        let (org, org_name) = match text(self.org.as_ref()) {
            "" => (None, None),
            key => {
                let org = snapshot
                    .org_by_key(key)
                    .ok_or_else(|| Problem::not_found("没有找到这个实施主体"))?;
                (Some(org.id), Some(org.name.clone()))
            }
        };
        let region = text(self.region.as_ref()).to_owned();
        let scope_words = match (org_name, region.as_str()) {
            (Some(name), _) => name,
            (None, "") => "全部实施主体".to_owned(),
            (None, _) => region_name(doors, &region).await?,
        };
        let now = List::read(&doors.app.db, &doors.figures, on).await?;
        let then = match before {
            Some(before) => Some(List::read(&doors.app.db, &doors.figures, before).await?),
            None => None,
        };
        Ok(View {
            on,
            before,
            scope: Scope { region, org },
            scope_words,
            switches: self.switches(),
            rounding: Rounding::from_word(text(self.rounding.as_ref())).unwrap_or_default(),
            now,
            then,
        })
    }
}

pub(super) async fn region_name(doors: &Doors, code: &str) -> web::Result<String> {
    let asked = code.to_owned();
    let name = doors
        .app
        .db
        .read(move |tx| people::regions::name(tx, &asked))
        .await?;
    name.ok_or_else(|| Problem::not_found("没有找到这个区划"))
}

impl View {
    /// A figure of this view, or of a part of it.
    pub(crate) fn line(&self, figure: Figure, scope: &Scope) -> Line {
        if figure == Figure::OneThingCount {
            return self.themes(scope);
        }
        let then = self.then.as_ref().map(|list| list.within(scope));
        let now = count(
            figure,
            &self.now.within(scope),
            then.as_deref(),
            self.switches,
        );
        // A reduction is a comparison already.
        let before = then
            .filter(|_| figure != Figure::ItemReductionRate)
            .map(|list| count(figure, &list, None, self.switches).ratio);
        let change = before.map_or(Change::Unknown, |before| {
            change(figure, before, now.ratio, self.rounding)
        });
        Line {
            figure,
            now,
            themes: Vec::new(),
            before,
            change,
        }
    }

    fn themes(&self, scope: &Scope) -> Line {
        let themes = self.now.themes_within(scope);
        let ratio = Ratio::count(themes.len());
        let before = self
            .then
            .as_ref()
            .map(|list| Ratio::count(list.themes_within(scope).len()));
        let figure = Figure::OneThingCount;
        Line {
            figure,
            now: Counted {
                ratio,
                items: Vec::new(),
                rest: Vec::new(),
                unknown: Vec::new(),
            },
            themes,
            before,
            change: before.map_or(Change::Unknown, |before| {
                change(figure, before, ratio, self.rounding)
            }),
        }
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        Figure::ALL
            .iter()
            .map(|figure| self.line(*figure, &self.scope))
            .collect()
    }

    /// The bodies of the view, by key.
    pub(crate) fn bodies(&self, snapshot: &Snapshot) -> Vec<(OrgId, String, String)> {
        let mut bodies: BTreeMap<String, (OrgId, String)> = BTreeMap::new();
        let lists = [Some(&self.now), self.then.as_ref()];
        for fact in lists
            .into_iter()
            .flatten()
            .flat_map(|list| list.within(&self.scope))
        {
            if let Some(org) = snapshot.org(fact.org) {
                bodies
                    .entry(org.key.clone())
                    .or_insert_with(|| (org.id, org.name.clone()));
            }
        }
        bodies
            .into_iter()
            .map(|(key, (id, name))| (id, key, name))
            .collect()
    }

    /// The regions its items are exercised at.
    pub(crate) fn regions(&self) -> Vec<String> {
        let mut regions: Vec<String> = self
            .now
            .within(&self.scope)
            .iter()
            .map(|fact| fact.region.clone())
            .collect();
        regions.sort();
        regions.dedup();
        regions
    }

    /// The view as a heading: 2026年5月21日，全部实施主体.
    pub(super) fn words(&self, page: &Page) -> String {
        let mut words = vec![page.date(self.on), self.scope_words.clone()];
        if let Some(before) = self.before {
            words.push(format!("对比{}", page.date(before)));
        }
        let switches = self.switches.words();
        if !switches.is_empty() {
            words.push(switches);
        }
        words.push(format!("末位{}", self.rounding.label()));
        words.push(format!("口径第{VERSION}版"));
        words.join("，")
    }

    pub(super) fn value(&self, figure: Figure, ratio: Ratio) -> String {
        ratio.print(figure.kind(), self.rounding)
    }
}
