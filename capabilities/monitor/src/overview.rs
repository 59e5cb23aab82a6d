//! Everything a board shows, gathered in one read: figures, charts, and what falls due next.
//!
//! The page, its spreadsheets and the wall screen are made from the same [`Overview`], so they cannot differ.

use std::collections::BTreeMap;

use base::ids::OrgId;
use cases::board::{Standing, Watched};
use cases::queue::Counts;
use casework::{Actor, Permission};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use people::Org;
use store::Tx;
use ui::charts::{Chart, Kind, Mark, Node, Series, Tone, Tree, Unit};
use web::Result;

use crate::board;
use crate::figures::query::{self, Sum};
use crate::figures::{Grain, Measure, Period, Selection, Span};
use crate::web::params::{
    DueWord, Filter, MeasureWord, PartWord, address_of, open, open_cases, records,
};
use crate::words::LightWord;

/// Bodies that a chart of bodies shows.
const BODIES: usize = 10;
/// Cases named in the list of what falls due.
const URGENT: usize = 10;
/// Items to choose from.
const ITEMS: i64 = 300;
/// Days that the line of a single day shows.
const DAYS: i32 = 14;

/// What a supervisor sees.
pub(crate) struct Overview {
    pub(crate) now: Timestamp,
    pub(crate) period: Period,
    /// As much of the period before as has passed of this one.
    pub(crate) compared: Span,
    pub(crate) open: Counts,
    pub(crate) submitted: Compared,
    pub(crate) accepted: Compared,
    pub(crate) decided: Compared,
    pub(crate) delivered: Compared,
    pub(crate) dropped: Compared,
    /// By body, the one with most overdue first; of those with a case overdue or due by tomorrow.
    pub(crate) pressed: Vec<Pressed>,
    /// The most urgent of them.
    pub(crate) urgent: Vec<Watched>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) regions: Tree,
    /// Bodies of the scope.
    pub(crate) orgs: Vec<Org>,
    /// Code and name.
    pub(crate) region_choices: Vec<(String, String)>,
    pub(crate) items: Vec<String>,
    /// Entries of the feed that are not counted yet.
    pub(crate) uncounted: i64,
}

/// A measure in the period and in the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Compared {
    pub(crate) sum: Sum,
    pub(crate) before: Sum,
}

/// What a body has overdue and falling due.
pub(crate) struct Pressed {
    pub(crate) org: OrgId,
    pub(crate) name: String,
    pub(crate) over: i64,
    pub(crate) today: i64,
    pub(crate) tomorrow: i64,
}

/// Gathers it all, in the caller's transaction.
pub(crate) fn gather(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    place: &str,
    now: Timestamp,
) -> Result<Overview> {
    let selection = &filter.selection;
    let span = filter.period.span;
    let compared = filter.period.compared(filter.today);
    let orgs: Vec<Org> = board::orgs(tx)?
        .into_iter()
        .filter(|org| board::covers(actor, Permission::Supervise, org))
        .collect();
    let standing = cases::board::standing(tx, actor, &open_cases(selection, None, now), now)
        .map_err(board::problem)?;
    let mut compare = |measure| -> Result<Compared> {
        Ok(Compared {
            sum: query::sum(tx, actor, selection, measure, span)?,
            before: query::sum(tx, actor, selection, measure, compared)?,
        })
    };
    let submitted = compare(Measure::Submitted)?;
    let accepted = compare(Measure::Accepted)?;
    let decided = compare(Measure::Decided)?;
    let delivered = compare(Measure::Delivered)?;
    let dropped = compare(Measure::Dropped)?;
    let names: BTreeMap<OrgId, String> =
        orgs.iter().map(|org| (org.id, org.name.clone())).collect();
    let pressed = pressed(tx, actor, selection, &names, &standing, now)?;
    let urgent = urgent(tx, actor, selection, now)?;
    let charts = vec![
        flow(tx, actor, filter)?,
        standing_by_org(selection, &names, &standing),
        time(tx, actor, filter, &names)?,
        funnel(tx, actor, filter)?,
        hours(tx, actor, filter)?,
    ];
    let regions = regions(tx, actor, filter, &standing)?;
    Ok(Overview {
        now,
        period: filter.period,
        compared,
        open: sum_of(&standing),
        submitted,
        accepted,
        decided,
        delivered,
        dropped,
        pressed,
        urgent,
        charts,
        regions,
        region_choices: region_choices(tx, actor, place)?,
        items: query::items(tx, ITEMS)?,
        orgs,
        uncounted: store::feed::head(tx)?
            - store::feed::bookmark(tx, crate::figures::follow::CONSUMER)?,
    })
}

fn sum_of(standing: &[Standing]) -> Counts {
    standing.iter().fold(Counts::default(), |sum, one| Counts {
        over: sum.over + one.counts.over,
        near: sum.near + one.counts.near,
        ok: sum.ok + one.counts.ok,
        held: sum.held + one.counts.held,
    })
}

fn by_org(standing: &[Standing]) -> BTreeMap<OrgId, Counts> {
    let mut sums: BTreeMap<OrgId, Vec<Standing>> = BTreeMap::new();
    for one in standing {
        sums.entry(one.org).or_default().push(one.clone());
    }
    sums.into_iter()
        .map(|(org, standing)| (org, sum_of(&standing)))
        .collect()
}

/// The same selection for one body.
fn within(selection: &Selection, org: OrgId) -> Selection {
    Selection {
        org: Some(org),
        ..selection.clone()
    }
}

fn pressed(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    names: &BTreeMap<OrgId, String>,
    standing: &[Standing],
    now: Timestamp,
) -> Result<Vec<Pressed>> {
    let mut due = |word| -> Result<BTreeMap<OrgId, Counts>> {
        let filter = open_cases(selection, Some(word), now);
        let standing = cases::board::standing(tx, actor, &filter, now).map_err(board::problem)?;
        Ok(by_org(&standing))
    };
    let (today, tomorrow) = (due(DueWord::Today)?, due(DueWord::Tomorrow)?);
    let total = |counts: &BTreeMap<OrgId, Counts>, org| counts.get(&org).map_or(0, Counts::total);
    let mut pressed: Vec<Pressed> = by_org(standing)
        .into_iter()
        .map(|(org, counts)| Pressed {
            org,
            name: board::name_of(names, org),
            over: counts.over,
            today: total(&today, org),
            tomorrow: total(&tomorrow, org),
        })
        .filter(|one| one.over + one.today + one.tomorrow > 0)
        .collect();
    pressed.sort_by(|one, other| {
        let key = |one: &Pressed| (one.over, one.today, one.tomorrow);
        key(other)
            .cmp(&key(one))
            .then_with(|| one.name.cmp(&other.name))
    });
    Ok(pressed)
}

/// Overdue, or due by the end of tomorrow; the longest overdue first.
fn urgent(
    tx: &mut Tx<'_>,
    actor: &Actor,
    selection: &Selection,
    now: Timestamp,
) -> Result<Vec<Watched>> {
    let mut filter = open_cases(selection, Some(DueWord::Tomorrow), now);
    filter.due_after = None;
    filter.limit = URGENT;
    cases::board::list(tx, actor, &filter, now).map_err(board::problem)
}

/// The days or months of a line: name, what it covers, whether it is not over yet; days to come have no number.
fn points(period: Period, today: Date) -> Vec<(String, Span, bool)> {
    if period.grain == Grain::Year {
        return (0..12)
            .map(|month| {
                let first = period.span.from.saturating_add(month.months());
                let span = Period::of(Grain::Month, first).span;
                (format!("{}月", first.month()), span, span.to > today)
            })
            .collect();
    }
    let span = match period.grain {
        Grain::Day => Span {
            from: period.span.from.saturating_sub((DAYS - 1).days()),
            to: period.span.to,
        },
        _ => period.span,
    };
    span.each()
        .map(|day| {
            let name = format!("{}月{}日", day.month(), day.day());
            (name, Span::day(day), day >= today)
        })
        .collect()
}

/// 收件与决定 by day or month.
fn flow(tx: &mut Tx<'_>, actor: &Actor, filter: &Filter) -> Result<Chart> {
    let points = points(filter.period, filter.today);
    let whole = Span {
        from: points
            .first()
            .map_or(filter.today, |(_, span, _)| span.from),
        to: points.last().map_or(filter.today, |(_, span, _)| span.to),
    };
    let by_month = filter.period.grain == Grain::Year;
    let mut series = Vec::new();
    for (index, word) in [MeasureWord::Submitted, MeasureWord::Decided]
        .into_iter()
        .enumerate()
    {
        let (measure, selection) = (word.measure(), &filter.selection);
        let sums = if by_month {
            query::by_month(tx, actor, selection, measure, whole)?
        } else {
            query::by_day(tx, actor, selection, measure, whole)?
        };
        let marks = points
            .iter()
            .map(|(_, span, provisional)| {
                let key = if by_month {
                    query::month(span.from)
                } else {
                    query::day(span.from)
                };
                Mark {
                    value: (span.from <= filter.today)
                        .then(|| sums.get(&key).map_or(0, |sum| sum.n)),
                    href: records(selection, word, None, *span),
                    provisional: *provisional,
                }
            })
            .collect();
        series.push(Series {
            label: word.label().to_owned(),
            tone: Tone::nth(index),
            marks,
        });
    }
    let title = match filter.period.grain {
        Grain::Day => format!("近{DAYS}天收件与决定"),
        Grain::Year => "各月收件与决定".to_owned(),
        _ => "每天收件与决定".to_owned(),
    };
    Ok(Chart {
        id: "flow".to_owned(),
        kind: Kind::Line,
        title,
        unit: Unit::whole("件"),
        head: if by_month { "月份" } else { "日期" }.to_owned(),
        categories: points.into_iter().map(|(name, _, _)| name).collect(),
        series,
    })
}

/// 在办件时限状态 by body.
fn standing_by_org(
    selection: &Selection,
    names: &BTreeMap<OrgId, String>,
    standing: &[Standing],
) -> Chart {
    let mut bodies: Vec<(OrgId, Counts)> = by_org(standing).into_iter().collect();
    bodies.sort_by_key(|(org, counts)| (-counts.total(), *org));
    bodies.truncate(BODIES);
    let series = LightWord::ALL
        .into_iter()
        .map(|light| Series {
            label: light.label().to_owned(),
            tone: match light {
                LightWord::Over => Tone::Over,
                LightWord::Near => Tone::Near,
                LightWord::Ok => Tone::Ok,
                LightWord::Held => Tone::Held,
            },
            marks: bodies
                .iter()
                .map(|(org, counts)| {
                    let href = open(&within(selection, *org), Some(light), None);
                    Mark::new(light.of_counts(counts), href)
                })
                .collect(),
        })
        .collect();
    Chart {
        id: "standing".to_owned(),
        kind: Kind::StackedRows,
        title: "各机构在办件".to_owned(),
        unit: Unit::whole("件"),
        head: "机构".to_owned(),
        categories: bodies
            .iter()
            .map(|(org, _)| board::name_of(names, *org))
            .collect(),
        series,
    }
}

/// 平均用时与承诺时限 by body, the slowest first.
fn time(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    names: &BTreeMap<OrgId, String>,
) -> Result<Chart> {
    let (selection, span) = (&filter.selection, filter.period.span);
    let bodies: Vec<OrgId> = match selection.org {
        Some(org) => vec![org],
        None => names.keys().copied().collect(),
    };
    let sums = query::by_org(tx, actor, selection, &bodies, Measure::Decided, span)?;
    let mut bodies: Vec<(OrgId, Sum)> = sums.into_iter().filter(|(_, sum)| sum.timed > 0).collect();
    bodies.sort_by_key(|(org, sum)| (-tenths(sum.used, sum.timed), *org));
    bodies.truncate(BODIES);
    let marks = |value: fn(&Sum) -> i64| {
        bodies
            .iter()
            .map(|(org, sum)| {
                let of = within(selection, *org);
                let href = records(&of, MeasureWord::Decided, Some(PartWord::Timed), span);
                Mark::new(tenths(value(sum), sum.timed), href)
            })
            .collect()
    };
    Ok(Chart {
        id: "time".to_owned(),
        kind: Kind::Against,
        title: "平均用时与承诺时限".to_owned(),
        unit: Unit::tenths("个工作日"),
        head: "机构".to_owned(),
        categories: bodies
            .iter()
            .map(|(org, _)| board::name_of(names, *org))
            .collect(),
        series: vec![
            Series {
                label: "用时".to_owned(),
                tone: Tone::Main,
                marks: marks(|sum| sum.used),
            },
            Series {
                label: "承诺".to_owned(),
                tone: Tone::Second,
                marks: marks(|sum| sum.promised),
            },
        ],
    })
}

/// `sum / count` in tenths, rounded.
pub(crate) fn tenths(sum: i64, count: i64) -> i64 {
    if count == 0 {
        return 0;
    }
    (sum * 20 + count) / (count * 2)
}

/// How far the cases submitted in the period have come.
pub(crate) fn funnel(tx: &mut Tx<'_>, actor: &Actor, filter: &Filter) -> Result<Chart> {
    let (selection, span) = (&filter.selection, filter.period.span);
    let steps = [
        ("收件", Measure::Submitted, None),
        ("已受理", Measure::AcceptedOf, Some(PartWord::Accepted)),
        ("已作出决定", Measure::DecidedOf, Some(PartWord::Decided)),
        ("已办结", Measure::DeliveredOf, Some(PartWord::Delivered)),
    ];
    let mut marks = Vec::new();
    for (_, measure, part) in steps {
        let sum = query::sum(tx, actor, selection, measure, span)?;
        marks.push(Mark::new(
            sum.n,
            records(selection, MeasureWord::Submitted, part, span),
        ));
    }
    Ok(Chart {
        id: "funnel".to_owned(),
        kind: Kind::Funnel,
        title: "本期收件办到哪一步".to_owned(),
        unit: Unit::whole("件"),
        head: "环节".to_owned(),
        categories: steps
            .iter()
            .map(|(name, _, _)| (*name).to_owned())
            .collect(),
        series: vec![Series {
            label: "数量".to_owned(),
            tone: Tone::Main,
            marks,
        }],
    })
}

/// 收件 by weekday and hour.
fn hours(tx: &mut Tx<'_>, actor: &Actor, filter: &Filter) -> Result<Chart> {
    let (selection, span) = (&filter.selection, filter.period.span);
    let counted = query::hours(tx, actor, selection, span)?;
    let (from, to) = (span.from.to_string(), span.last().to_string());
    let series = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
        .into_iter()
        .zip(0_i64..)
        .map(|(name, weekday)| Series {
            label: name.to_owned(),
            tone: Tone::Main,
            marks: (0..24)
                .map(|hour| {
                    let slot = (weekday * 24 + hour).to_string();
                    let n = counted.get(&(weekday * 24 + hour)).copied().unwrap_or(0);
                    let more = [
                        ("measure", "submitted"),
                        ("from", from.as_str()),
                        ("to", to.as_str()),
                        ("hour", slot.as_str()),
                    ];
                    let href = if n == 0 {
                        String::new()
                    } else {
                        address_of("/staff/board/records", selection, &more)
                    };
                    Mark::new(n, href)
                })
                .collect(),
        })
        .collect();
    Ok(Chart {
        id: "hours".to_owned(),
        kind: Kind::Heat,
        title: "收件时段".to_owned(),
        unit: Unit::whole("件"),
        head: "时段".to_owned(),
        categories: (0..24).map(|hour| format!("{hour}时")).collect(),
        series,
    })
}

/// Submissions and overdue cases by region: counties, and towns inside them.
fn regions(tx: &mut Tx<'_>, actor: &Actor, filter: &Filter, standing: &[Standing]) -> Result<Tree> {
    let (selection, span) = (&filter.selection, filter.period.span);
    let submitted = query::by_region(tx, actor, selection, Measure::Submitted, span)?;
    let mut codes: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    // Villages count for their town.
    let town = |code: &'_ str| code.len().min(9);
    for (code, sum) in &submitted {
        codes.entry(&code[..town(code)]).or_default().0 += sum.n;
    }
    for one in standing {
        let code = &one.region[..town(&one.region)];
        codes.entry(code).or_default().1 += one.counts.over;
    }
    let mut counties: BTreeMap<&str, Vec<(&str, i64, i64)>> = BTreeMap::new();
    for (code, (size, over)) in codes {
        let county = code.get(..6).unwrap_or(code);
        counties.entry(county).or_default().push((code, size, over));
    }
    let mut nodes = Vec::new();
    for (county, parts) in counties {
        // A city's code also begins those of its counties, so its own cases are told apart.
        let is_city = county.ends_with("00");
        let mut node = node(tx, selection, county, is_city, span)?;
        node.size = parts.iter().map(|(_, size, _)| size).sum();
        node.shade = parts.iter().map(|(_, _, over)| over).sum();
        let has_towns = parts.iter().any(|(code, ..)| *code != county);
        for (code, size, over) in parts {
            if has_towns && !is_city {
                node.inside.push(Node {
                    size,
                    shade: over,
                    ..self::node(tx, selection, code, code == county, span)?
                });
            }
        }
        nodes.push(node);
    }
    nodes.sort_by_key(|node| -node.size);
    Ok(Tree {
        id: "regions".to_owned(),
        title: "各区划收件与超期".to_owned(),
        head: "区划".to_owned(),
        size: ("收件".to_owned(), Unit::whole("件")),
        shade: ("在办超期".to_owned(), Unit::whole("件")),
        nodes,
    })
}

/// A region and the cases submitted there; `alone`: without those of regions below it.
fn node(
    tx: &mut Tx<'_>,
    selection: &Selection,
    code: &str,
    alone: bool,
    span: Span,
) -> Result<Node> {
    let of = Selection {
        region: Some(code.to_owned()),
        alone,
        ..selection.clone()
    };
    let name = people::regions::name(tx, code)?.unwrap_or_else(|| code.to_owned());
    Ok(Node {
        label: if alone { format!("{name}本级") } else { name },
        href: records(&of, MeasureWord::Submitted, None, span),
        ..Node::default()
    })
}

/// The regions a supervisor may choose: those of their grants, and the next below.
fn region_choices(tx: &mut Tx<'_>, actor: &Actor, place: &str) -> Result<Vec<(String, String)>> {
    let Actor::Staff(staff) = actor else {
        return Ok(Vec::new());
    };
    let mut choices = BTreeMap::new();
    for grant in &staff.grants {
        if !grant.role.permissions().contains(&Permission::Supervise) {
            continue;
        }
        let top = if grant.region.is_empty() {
            place
        } else {
            &grant.region
        };
        if let Some(name) = people::regions::name(tx, top)? {
            choices.insert(top.to_owned(), name);
        }
        for region in people::regions::children(tx, Some(top))? {
            choices.insert(region.code, region.name);
        }
    }
    Ok(choices.into_iter().collect())
}
