//! Public figures: how many ratings of each level, by body and overall. Ratings are public (国办发〔2019〕51号),
//! raters are not.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use web::{Problem, Query, Visit};

use super::{grouped, org_names, percent};
use crate::Ratings;
use crate::error::Error;
use crate::model::Level;
use crate::store::{self, Counts};

/// Months offered.
const MONTHS: usize = 12;

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    month: Option<String>,
}

#[derive(Template)]
#[template(path = "rating/summary.html")]
struct SummaryPage {
    page: ui::Page,
    months: Vec<(String, String)>,
    month: String,
    period: String,
    total: String,
    good_rate: String,
    bad: String,
    bars: Vec<Bar>,
    orgs: Vec<OrgLine>,
}

/// One level's bar.
struct Bar {
    label: &'static str,
    stars: &'static str,
    n: String,
    share: String,
    /// Of 10,000.
    width: i64,
}

struct OrgLine {
    name: String,
    total: String,
    levels: [String; 5],
    good_rate: String,
}

pub(crate) async fn get(
    visit: Visit,
    State(ratings): State<Ratings>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let months = months(ratings.app.today());
    let (from, to, month) = match &params.month {
        None => (months[MONTHS - 1].clone(), months[0].clone(), String::new()),
        Some(month) if months.contains(month) => (month.clone(), month.clone(), month.clone()),
        Some(_) => {
            return Err(
                Problem::bad_request("query_invalid", "只能查看最近12个月的评价")
                    .and_field("month", "请从列表中选择月份"),
            );
        }
    };
    let (first, last) = (from.clone(), to.clone());
    let (counts, names) = ratings
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let counts = store::counts(tx, &first, &last)?;
            Ok((counts, org_names(tx)?))
        })
        .await?;
    let mut all = Counts::default();
    let mut lines: Vec<(i64, OrgLine)> = Vec::with_capacity(counts.len());
    for (org, counts) in &counts {
        for level in Level::ALL {
            all.add(level, counts.of(level));
        }
        let name = names.get(org).cloned().unwrap_or_else(|| "—".to_owned());
        lines.push((counts.total(), line(name, counts)));
    }
    lines.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.name.cmp(&other.name)));
    let page = visit.page("好差评");
    let period = if month.is_empty() {
        page.tf("{from}至{to}", &[("from", &from), ("to", &to)])
    } else {
        month.clone()
    };
    let mut options = vec![(String::new(), page.t("最近12个月").to_owned())];
    options.extend(months.into_iter().map(|month| (month.clone(), month)));
    Ok(web::render(
        &visit,
        SummaryPage {
            months: options,
            month,
            period,
            total: grouped(all.total()),
            good_rate: percent(all.good_rate()),
            bad: grouped(all.bad()),
            bars: bars(&all),
            orgs: lines.into_iter().map(|(_, line)| line).collect(),
            page,
        },
    ))
}

/// This month and those before it, newest first.
fn months(today: Date) -> Vec<String> {
    let (mut year, mut month) = (today.year(), today.month());
    let mut found = Vec::with_capacity(MONTHS);
    for _ in 0..MONTHS {
        found.push(format!("{year:04}-{month:02}"));
        if month == 1 {
            (year, month) = (year - 1, 12);
        } else {
            month -= 1;
        }
    }
    found
}

fn bars(all: &Counts) -> Vec<Bar> {
    let total = all.total();
    Level::ALL
        .into_iter()
        .map(|level| {
            let n = all.of(level);
            let share = (total > 0).then(|| n * 10_000 / total);
            Bar {
                label: level.label(),
                stars: level.stars(),
                n: grouped(n),
                share: percent(share),
                width: share.unwrap_or_default(),
            }
        })
        .collect()
}

fn line(name: String, counts: &Counts) -> OrgLine {
    OrgLine {
        name,
        total: grouped(counts.total()),
        levels: Level::ALL.map(|level| grouped(counts.of(level))),
        good_rate: percent(counts.good_rate()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::months;

    #[test]
    fn twelve_months_cross_the_year() {
        let months = months(date(2026, 2, 28));
        assert_eq!(months.len(), 12);
        assert_eq!(months[0], "2026-02");
        assert_eq!(months[2], "2025-12");
        assert_eq!(months[11], "2025-03");
    }
}
