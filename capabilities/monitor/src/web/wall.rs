//! 指挥大屏: the board's figures of today, to be read from five metres; fetched again when something was recorded.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::OrgId;
use jiff::{Timestamp, ToSpan as _};
use ui::charts::{Chart, Kind, Mark, Series, Tone, Unit};
use ui::format;
use web::{Query, Visit};

use super::figures::{Stat, done_stats, gather};
use super::params::{Filter, Params, address_of};
use crate::figures::{Grain, Period, Selection, Span, query};
use crate::words::{LightWord, time_left};
use crate::{Monitor, board, overview};

/// Cases and bodies named on the screen.
const NAMED: usize = 5;
/// The bar of lights is so long.
const BAR: i64 = 1000;

#[derive(Template)]
#[template(path = "staff/wall.html")]
struct WallPage {
    page: ui::Page,
    now: Timestamp,
    day: String,
    clock: String,
    today: Vec<Stat>,
    hours: Chart,
    lights: Vec<Light>,
    open: i64,
    urgent: Vec<Urgent>,
    bodies: Vec<Body>,
    funnel: Chart,
}

struct Light {
    label: &'static str,
    class: &'static str,
    n: i64,
    href: String,
    x: i64,
    width: i64,
}

struct Urgent {
    href: String,
    light: &'static str,
    words: String,
    title: String,
    org: String,
}

struct Body {
    name: String,
    over: i64,
    today: i64,
    tomorrow: i64,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let app = &monitor.app;
    let mut filter = params.read(app.today())?;
    filter.period = Period::of(Grain::Day, filter.today);
    let overview = gather(&visit, &monitor, &filter).await?;
    // How far cases have come is told for the month: of today's hardly any can have.
    let month = Filter {
        period: Period::of(Grain::Month, filter.today),
        ..filter.clone()
    };
    let (actor, selection) = (visit.actor()?.clone(), filter.selection.clone());
    let today = Span::day(filter.today);
    let week_ago = Span::day(filter.today.saturating_sub(7.days()));
    let (hours, before, funnel) = app
        .db
        .read(move |tx| -> web::Result<_> {
            Ok((
                query::hours(tx, &actor, &selection, today)?,
                query::hours(tx, &actor, &selection, week_ago)?,
                overview::funnel(tx, &actor, &month)?,
            ))
        })
        .await?;
    let calendar = app.calendar();
    let now = overview.now;
    let names: BTreeMap<OrgId, String> = overview
        .orgs
        .iter()
        .map(|org| (org.id, org.name.clone()))
        .collect();
    let stats = done_stats(&overview, &filter.selection);
    let clock = format::datetime_dense(now);
    Ok(web::render(
        &visit,
        WallPage {
            page: visit.page("指挥大屏").with_nav("board"),
            now,
            day: format::date_long(ui::Lang::Zh, filter.today),
            clock: clock.rsplit(' ').next().unwrap_or_default().to_owned(),
            today: stats
                .into_iter()
                .filter(|stat| ["submitted", "accepted", "decided", "delivered"].contains(&stat.id))
                .collect(),
            hours: by_hour(
                &filter.selection,
                [(today, &hours), (week_ago, &before)],
                now,
            ),
            lights: lights(&overview.open, &filter.selection),
            open: overview.open.total(),
            urgent: overview
                .urgent
                .iter()
                .take(NAMED)
                .map(|watched| Urgent {
                    href: super::case_page(watched.case_id),
                    light: LightWord::of(watched.due_at, watched.near_at, now).class(),
                    words: time_left(watched.due_at, now, &calendar),
                    title: watched.title.clone(),
                    org: board::name_of(&names, watched.org),
                })
                .collect(),
            bodies: overview
                .pressed
                .into_iter()
                .take(NAMED)
                .map(|one| Body {
                    name: one.name,
                    over: one.over,
                    today: one.today,
                    tomorrow: one.tomorrow,
                })
                .collect(),
            funnel: Chart {
                title: "本月收件办到哪一步".to_owned(),
                ..funnel
            },
        },
    ))
}

/// Today's submissions by hour as bars, those of a week ago beside them.
fn by_hour(selection: &Selection, days: [(Span, &BTreeMap<i64, i64>); 2], now: Timestamp) -> Chart {
    let hour_now = crate::figures::hour_of_week(now) % 24;
    let shown = |hours: &BTreeMap<i64, i64>| {
        let mut by_hour = [0; 24];
        for (slot, n) in hours {
            by_hour[(slot % 24) as usize] += n;
        }
        by_hour
    };
    let counts = days.map(|(_, hours)| shown(hours));
    // Office hours always, others where something happened.
    let from = (0..8)
        .find(|hour| counts.iter().any(|day| day[*hour] > 0))
        .unwrap_or(8);
    let to = (18..24)
        .rfind(|hour| counts.iter().any(|day| day[*hour] > 0))
        .unwrap_or(17);
    let series = days
        .into_iter()
        .zip(counts)
        .enumerate()
        .map(|(index, ((span, hours), counts))| Series {
            label: if index == 0 { "今天" } else { "上周同日" }.to_owned(),
            tone: Tone::nth(index),
            marks: (from..=to)
                .map(|hour| {
                    let slot = hours
                        .keys()
                        .find(|slot| *slot % 24 == hour as i64)
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    let (first, last) = (span.from.to_string(), span.last().to_string());
                    let more = [
                        ("measure", "submitted"),
                        ("from", first.as_str()),
                        ("to", last.as_str()),
                        ("hour", slot.as_str()),
                    ];
                    let is_to_come = index == 0 && hour as i64 > hour_now;
                    Mark {
                        value: (!is_to_come).then_some(counts[hour]),
                        href: match counts[hour] {
                            0 => String::new(),
                            _ => address_of("/staff/board/records", selection, &more),
                        },
                        provisional: index == 0 && hour as i64 == hour_now,
                    }
                })
                .collect(),
        })
        .collect();
    Chart {
        id: "by-hour".to_owned(),
        kind: Kind::Bars,
        title: "各时段收件（件）".to_owned(),
        unit: Unit::whole("件"),
        head: "时段".to_owned(),
        categories: (from..=to).map(|hour| format!("{hour}时")).collect(),
        series,
    }
}

fn lights(counts: &cases::queue::Counts, selection: &Selection) -> Vec<Light> {
    let total = counts.total().max(1);
    let mut before = 0;
    LightWord::ALL
        .into_iter()
        .rev()
        .map(|light| {
            let n = light.of_counts(counts);
            let x = before * BAR / total;
            before += n;
            // One of many can still be seen.
            let least = if n > 0 { 8 } else { 0 };
            Light {
                label: light.label(),
                class: light.class(),
                n,
                href: super::params::open(selection, Some(light), None),
                x: x.min(BAR - least),
                width: (before * BAR / total - x).max(least),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cases::queue::Counts;

    use super::{BAR, lights};
    use crate::figures::Selection;

    #[test]
    fn one_of_many_can_still_be_seen() {
        let counts = Counts {
            over: 1,
            ok: 100_000,
            ..Counts::default()
        };
        let lights = lights(&counts, &Selection::default());
        let over = lights
            .iter()
            .find(|light| light.class == "over")
            .expect("there is one");
        assert!(over.width >= 8 && over.x + over.width <= BAR);
        assert_eq!(lights.iter().filter(|light| light.width == 0).count(), 2);
    }
}
