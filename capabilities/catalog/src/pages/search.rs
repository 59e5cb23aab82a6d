//! Searching, and suggestions while somebody types.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use ui::Page;
use web::{Json, Query, Visit};

use super::rows::Row;
use super::{Doors, links};
use crate::search::QUERY_CHARS_MAX;
use crate::snapshot::{Answer, Snapshot, Wanted};
use crate::topics::{Audience, Topics};

/// Answers on one page.
const PAGE: usize = 20;
/// Choices shown to narrow the answers by.
const FACETS: usize = 8;
/// Suggestions while typing.
const SUGGESTIONS: usize = 8;

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
}

#[derive(Template)]
#[template(path = "catalog/search.html")]
struct Results {
    page: Page,
    q: String,
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
    similar: Vec<(String, String)>,
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
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let snapshot = doors.catalog.snapshot();
    Ok(web::render(&visit, results(&visit, &snapshot, &asked)))
}

fn results(visit: &Visit, snapshot: &Snapshot, asked: &Asked) -> Results {
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
    };
    let answers = snapshot.search(&q, &wanted);
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
    let last = answers.len().div_ceil(PAGE).max(1);
    let number = asked
        .page
        .as_deref()
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(1)
        .clamp(1, last);
    let rows = answers
        .iter()
        .skip((number - 1) * PAGE)
        .take(PAGE)
        .map(|answer| Row::of_answer(&page, snapshot, answer))
        .collect();
    let nothing = answers.is_empty();
    Results {
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

/// Names that begin to answer what is being typed, as a JSON list.
pub(super) async fn suggest(
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> Json<Vec<String>> {
    let q = asked.q.unwrap_or_default();
    if q.trim().is_empty() {
        return Json(Vec::new());
    }
    let answers = doors.catalog.snapshot().search(&q, &Wanted::default());
    Json(
        answers
            .into_iter()
            .take(SUGGESTIONS)
            .map(|answer| answer.brief.name.clone())
            .collect(),
    )
}
