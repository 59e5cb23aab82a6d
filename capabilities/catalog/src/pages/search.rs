//! Searching, and suggestions while somebody types.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use ui::Page;
use web::{Json, Query, Visit};

use super::region::Chosen;
use super::rows::Row;
use super::{Doors, asker, links};
use crate::search::QUERY_CHARS_MAX;
use crate::search::text::normalise;
use crate::snapshot::{Answer, Asker, Snapshot, Wanted};
use crate::surroundings::HallNow;
use crate::topics::{Audience, Topics};

/// Answers on one page.
const PAGE: usize = 20;
/// In 关怀版, where fewer things stand on a page.
const CARE_PAGE: usize = 8;
/// Choices shown to narrow the answers by.
const FACETS: usize = 8;
/// Suggestions while typing.
const SUGGESTIONS: usize = 8;
/// Of them at most so many that are no items.
const OTHER_SUGGESTIONS: usize = 3;
/// 一件事 shown above the answers.
const BUNDLES: usize = 2;
/// Themes shown where nothing was found.
const THEMES: usize = 6;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: Option<String>,
    audience: Option<String>,
    /// Key of a theme.
    theme: Option<String>,
    /// Key of a body.
    dept: Option<String>,
    page: Option<String>,
    /// `1`: exactly as typed, without reading past slips.
    exact: Option<String>,
}

#[derive(Template)]
#[template(path = "catalog/search.html")]
struct Results {
    page: Page,
    q: String,
    /// 一件事 that may be meant: address, name.
    bundles: Vec<(String, String)>,
    audience: &'static str,
    theme: String,
    dept: String,
    /// Tabs: address, words, current.
    views: Vec<(String, &'static str, bool)>,
    facets: Vec<Facet>,
    chosen: Vec<(String, String)>,
    total: usize,
    /// There may be more than were ranked.
    capped: bool,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
    /// What the question was taken for.
    read_as: Option<String>,
    /// The same question as it stands.
    exactly: String,
    similar: Vec<(String, String)>,
    /// Themes and life events near the question: address, name.
    near: Vec<(String, String)>,
    popular: Vec<Row>,
}

struct Facet {
    title: &'static str,
    /// Address, words, how many.
    choices: Vec<(String, String, usize)>,
}

pub(super) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let snapshot = doors.catalog.snapshot();
    let region = chosen.region(&doors).await?;
    let who = asker(&visit, region.as_deref());
    let mut results = results(&visit, &snapshot, &asked, who);
    results.bundles = bundles(&doors, &results.q).await?;
    // What was narrowed down to nothing is no gap in the catalogue.
    if results.total == 0 && results.bundles.is_empty() && results.unnarrowed() {
        doors.catalog.missed(&results.q, doors.app.today());
    }
    Ok(web::render(&visit, results))
}

/// 一件事 called as the question is, or the question as them: address, name.
async fn bundles(doors: &Doors, q: &str) -> web::Result<Vec<(String, String)>> {
    let q = normalise(q);
    if q.chars().count() < 2 {
        return Ok(Vec::new());
    }
    let all = doors.app.db.read(crate::store::bundles).await?;
    Ok(all
        .into_iter()
        .map(|published| published.bundle)
        .filter(|bundle| {
            bundle
                .aliases
                .iter()
                .chain([&bundle.name])
                .map(|name| normalise(name))
                .any(|name| name.contains(&q) || q.contains(&name))
        })
        .take(BUNDLES)
        .map(|bundle| (links::bundle(&bundle.key), bundle.name))
        .collect())
}

impl Results {
    fn unnarrowed(&self) -> bool {
        self.audience.is_empty() && self.theme.is_empty() && self.dept.is_empty()
    }
}

fn results(visit: &Visit, snapshot: &Snapshot, asked: &Asked, who: Asker) -> Results {
    let q: String = asked
        .q
        .as_deref()
        .map(base::text::single_line)
        .unwrap_or_default()
        .chars()
        .take(QUERY_CHARS_MAX)
        .collect();
    let audience = asked.audience.as_deref().and_then(Audience::from_word);
    let theme = asked
        .theme
        .as_deref()
        .and_then(|key| Topics::shipped().theme(key));
    let org = asked
        .dept
        .as_deref()
        .and_then(|key| snapshot.org_by_key(key));
    let wanted = Wanted {
        audience,
        theme: theme.map(|theme| theme.name.clone()),
        org: org.map(|org| org.id),
        region: None,
        asker: who,
    };
    let found = if asked.exact.is_some() {
        snapshot.ask_exactly(&q, &wanted)
    } else {
        snapshot.ask(&q, &wanted)
    };
    let (answers, read_as) = (found.list, found.read_as);
    let title = if q.is_empty() {
        "全部事项"
    } else {
        "搜索结果"
    };
    let nav = audience.map_or("search", Audience::word);
    let page = visit.page(title).with_nav(nav);
    let link = Link {
        q: &q,
        audience: audience.map_or("", Audience::word),
        theme: theme.map_or("", |theme| &theme.key),
        dept: org.map_or("", |org| &org.key),
    };
    let size = if visit.care { CARE_PAGE } else { PAGE };
    let last = answers.len().div_ceil(size).max(1);
    let number = asked
        .page
        .as_deref()
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(1)
        .clamp(1, last);
    let rows = answers
        .iter()
        .skip((number - 1) * size)
        .take(size)
        .map(|answer| Row::of_answer(&page, snapshot, answer))
        .collect();
    let nothing = answers.is_empty();
    Results {
        bundles: Vec::new(),
        views: views(&link),
        facets: facets(snapshot, &answers, &link),
        chosen: chosen(
            &link,
            theme.map(|theme| theme.name.as_str()),
            org.map(|org| org.name.as_str()),
        ),
        total: answers.len(),
        capped: answers
            .iter()
            .map(|answer| 1 + answer.others.len())
            .sum::<usize>()
            >= crate::search::CANDIDATES_MAX
            && !q.is_empty(),
        rows,
        newer: (number > 1).then(|| link.page(1)),
        older: (number < last).then(|| link.page(number + 1)),
        read_as,
        exactly: format!("{}&exact=1", link.address("")),
        near: if nothing {
            near(&page, snapshot, &q)
        } else {
            Vec::new()
        },
        similar: if nothing && !q.is_empty() {
            snapshot
                .similar(&q, &Wanted::default())
                .into_iter()
                .map(|name| (links::search(&[("q", &name)]), name))
                .collect()
        } else {
            Vec::new()
        },
        popular: if nothing {
            snapshot
                .popular(5)
                .iter()
                .map(|brief| Row::of(&page, snapshot, brief))
                .collect()
        } else {
            Vec::new()
        },
        audience: link.audience_word(),
        theme: link.theme.to_owned(),
        dept: link.dept.to_owned(),
        q: q.clone(),
        page,
    }
}

/// The search as it stands, for links that change one thing about it.
#[derive(Clone, Copy)]
struct Link<'a> {
    q: &'a str,
    audience: &'static str,
    theme: &'a str,
    dept: &'a str,
}

impl Link<'_> {
    fn address(&self, page: &str) -> String {
        links::search(&[
            ("q", self.q),
            ("audience", self.audience),
            ("theme", self.theme),
            ("dept", self.dept),
            ("page", page),
        ])
    }

    fn page(&self, number: usize) -> String {
        if number == 1 {
            self.address("")
        } else {
            self.address(&number.to_string())
        }
    }

    fn audience_word(&self) -> &'static str {
        self.audience
    }
}

fn views(link: &Link<'_>) -> Vec<(String, &'static str, bool)> {
    [("", "全部"), ("person", "个人办事"), ("corp", "企业办事")]
        .into_iter()
        .map(|(audience, words)| {
            let there = Link {
                audience,
                // A theme belongs to one audience.
                theme: if audience == link.audience {
                    link.theme
                } else {
                    ""
                },
                ..*link
            };
            (there.address(""), words, audience == link.audience)
        })
        .collect()
}

/// What the answers can be narrowed to, the most frequent first.
fn facets(snapshot: &Snapshot, answers: &[Answer], link: &Link<'_>) -> Vec<Facet> {
    let mut facets = Vec::new();
    if link.theme.is_empty() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for answer in answers {
            let body = &answer.brief.body;
            let mut names: Vec<&String> =
                body.themes_person.iter().chain(&body.themes_corp).collect();
            names.dedup();
            for name in names {
                *counts.entry(name.as_str()).or_default() += 1;
            }
        }
        let choices = most(counts)
            .into_iter()
            .filter_map(|(name, count)| {
                let topic = Topics::shipped().themes.iter().find(|theme| {
                    theme.name == name
                        && (link.audience.is_empty() || theme.audience.word() == link.audience)
                })?;
                let there = Link {
                    theme: &topic.key,
                    ..*link
                };
                Some((there.address(""), name.to_owned(), count))
            })
            .collect();
        facets.push(Facet {
            title: "按主题",
            choices,
        });
    }
    if link.dept.is_empty() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for answer in answers {
            for brief in std::iter::once(&answer.brief).chain(&answer.others) {
                if let Some(org) = snapshot.org(brief.org_id) {
                    *counts.entry(org.key.as_str()).or_default() += 1;
                }
            }
        }
        let choices = most(counts)
            .into_iter()
            .filter_map(|(key, count)| {
                let org = snapshot.org_by_key(key)?;
                let there = Link { dept: key, ..*link };
                Some((there.address(""), org.name.clone(), count))
            })
            .collect();
        facets.push(Facet {
            title: "按部门",
            choices,
        });
    }
    facets.retain(|facet| facet.choices.len() > 1);
    facets
}

fn most(counts: BTreeMap<&str, usize>) -> Vec<(&str, usize)> {
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(FACETS);
    counts
}

/// What was narrowed to, with the address that takes it away.
fn chosen(link: &Link<'_>, theme: Option<&str>, org: Option<&str>) -> Vec<(String, String)> {
    let mut chosen = Vec::new();
    if let Some(theme) = theme {
        let without = Link { theme: "", ..*link };
        chosen.push((without.address(""), theme.to_owned()));
    }
    if let Some(org) = org {
        let without = Link { dept: "", ..*link };
        chosen.push((without.address(""), org.to_owned()));
    }
    chosen
}

/// Themes and life events to go on from: those that share a character with the question, else the largest.
fn near(page: &Page, snapshot: &Snapshot, q: &str) -> Vec<(String, String)> {
    let topics = Topics::shipped();
    let events = topics.life_events.iter().map(|event| {
        let count = snapshot.of_life_event(&event.name).len();
        (links::life_event(&event.key), event, count)
    });
    let themes = topics.themes.iter().map(|theme| {
        let count = snapshot.of_theme(&theme.name, theme.audience).len();
        (links::theme(&theme.key), theme, count)
    });
    let mut near: Vec<_> = events
        .chain(themes)
        .filter(|(_, _, count)| *count > 0)
        .collect();
    near.sort_by_key(|(_, topic, count)| {
        let words = topic.keywords.iter().map(String::as_str);
        let shared = std::iter::once(topic.name.as_str())
            .chain(words)
            .flat_map(str::chars)
            .filter(|c| q.contains(*c))
            .count();
        std::cmp::Reverse((shared, *count))
    });
    near.into_iter()
        .take(THEMES)
        .map(|(href, topic, _)| (href, page.t(&topic.name).to_owned()))
        .collect()
}

/// Something that begins to answer what is being typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Suggestion {
    name: String,
    href: String,
    /// `item`, `theme`, `life`, `department` or `hall`.
    kind: &'static str,
    /// Said beside the name: the everyday phrase that was meant, the body, whether a hall is open.
    note: String,
}

/// Suggestions for what is being typed, as JSON.
pub(super) async fn suggest(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
    Query(asked): Query<Asked>,
) -> web::Result<Json<Vec<Suggestion>>> {
    let q: String = asked
        .q
        .as_deref()
        .map(base::text::single_line)
        .unwrap_or_default()
        .chars()
        .take(QUERY_CHARS_MAX)
        .collect();
    if q.is_empty() {
        return Ok(Json(Vec::new()));
    }
    let region = chosen.region(&doors).await?;
    let snapshot = doors.catalog.snapshot();
    let wanted = Wanted {
        asker: asker(&visit, region.as_deref()),
        ..Wanted::default()
    };
    let others = others(&visit, &snapshot, &doors.halls(visit.lang).await, &q);
    let items = snapshot
        .search(&q, &wanted)
        .into_iter()
        .map(|answer| Suggestion {
            note: answer
                .alias
                .unwrap_or_else(|| snapshot.org_name(answer.brief.org_id).to_owned()),
            name: answer.brief.name.clone(),
            href: links::item(answer.brief.item_id),
            kind: "item",
        })
        .take(SUGGESTIONS - others.len());
    Ok(Json(items.chain(others).collect()))
}

/// Themes, life events, departments and halls whose name holds what is typed.
fn others(visit: &Visit, snapshot: &Snapshot, halls: &[HallNow], q: &str) -> Vec<Suggestion> {
    let q = normalise(q);
    if q.chars().count() < 2 {
        return Vec::new();
    }
    let topics = Topics::shipped();
    let say = |zh: &str| ui::i18n::translate(visit.lang, zh).to_owned();
    let events = topics
        .life_events
        .iter()
        .filter(|event| event.name.contains(&q) && !snapshot.of_life_event(&event.name).is_empty())
        .map(|event| Suggestion {
            name: say(&event.name),
            href: links::life_event(&event.key),
            kind: "life",
            note: say("人生事件"),
        });
    let themes = topics
        .themes
        .iter()
        .filter(|theme| {
            theme.name.contains(&q) && !snapshot.of_theme(&theme.name, theme.audience).is_empty()
        })
        .map(|theme| Suggestion {
            name: say(&theme.name),
            href: links::theme(&theme.key),
            kind: "theme",
            note: say(theme.audience.label()),
        });
    let halls = halls
        .iter()
        .filter(|hall| normalise(&hall.name).contains(&q) || normalise(&hall.address).contains(&q))
        .map(|hall| Suggestion {
            name: hall.name.clone(),
            href: hall.href.clone(),
            kind: "hall",
            note: hall.words.clone(),
        });
    let departments = snapshot
        .orgs_with_items()
        .into_iter()
        .filter(|(org, _)| org.name.contains(&q))
        .map(|(org, _)| Suggestion {
            name: org.name.clone(),
            href: links::department(&org.key),
            kind: "department",
            note: say("部门"),
        });
    events
        .chain(themes)
        .chain(halls)
        .chain(departments)
        .take(OTHER_SUGGESTIONS)
        .collect()
}
