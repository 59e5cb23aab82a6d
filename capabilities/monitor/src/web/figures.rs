//! 督查看板: how many open cases of each light, by body. Every figure leads to the cases it counts.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cases::queue::Counts;
use jiff::Timestamp;
use web::Visit;

use super::address;
use crate::Monitor;
use crate::board::{self, OrgFigures};
use crate::words::LightWord;

#[derive(Template)]
#[template(path = "staff/board.html")]
struct BoardPage {
    page: ui::Page,
    now: Timestamp,
    total: Vec<Figure>,
    all: i64,
    lines: Vec<Line>,
}

struct Figure {
    label: &'static str,
    class: &'static str,
    n: i64,
    href: String,
}

struct Line {
    name: String,
    href: String,
    all: i64,
    figures: Vec<Figure>,
    bar: Vec<Piece>,
    bar_words: String,
}

/// A piece of a bar whose length is 1000.
struct Piece {
    x: i64,
    width: i64,
    fill: &'static str,
}

pub(crate) async fn get(visit: Visit, State(monitor): State<Monitor>) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let now = monitor.app.now();
    let figures = monitor
        .app
        .db
        .read(move |tx| board::figures(tx, &actor, now))
        .await?;
    let total = board::total(&figures);
    // Bars compare bodies, so all have the longest one's measure.
    let longest = figures
        .iter()
        .map(|one| one.counts.total())
        .max()
        .unwrap_or(0);
    Ok(web::render(
        &visit,
        BoardPage {
            page: visit.page("督查看板").with_nav("board"),
            now,
            all: total.total(),
            total: figures_of(&total, ""),
            lines: figures.iter().map(|one| line(one, longest)).collect(),
        },
    ))
}

/// Tells open boards that something was recorded.
pub(crate) async fn live(State(monitor): State<Monitor>) -> web::Result<Response> {
    web::sse::changes(&monitor.app)
}

fn line(figures: &OrgFigures, longest: i64) -> Line {
    let org = figures.org.to_string();
    let counts = figures.counts;
    Line {
        name: figures.name.clone(),
        href: address("/staff/board/cases", &[("org", &org)]),
        all: counts.total(),
        figures: figures_of(&counts, &org),
        bar: bar(&counts, longest),
        bar_words: LightWord::ALL
            .map(|light| format!("{}{}件", light.label(), count(&counts, light)))
            .join("，"),
    }
}

fn figures_of(counts: &Counts, org: &str) -> Vec<Figure> {
    LightWord::ALL
        .into_iter()
        .map(|light| Figure {
            label: light.label(),
            class: light.class(),
            n: count(counts, light),
            href: address(
                "/staff/board/cases",
                &[("org", org), ("light", light.word())],
            ),
        })
        .collect()
}

fn count(counts: &Counts, light: LightWord) -> i64 {
    match light {
        LightWord::Over => counts.over,
        LightWord::Near => counts.near,
        LightWord::Ok => counts.ok,
        LightWord::Held => counts.held,
    }
}

fn bar(counts: &Counts, longest: i64) -> Vec<Piece> {
    let mut before = 0;
    LightWord::ALL
        .into_iter()
        .filter_map(|light| {
            let n = count(counts, light);
            let x = before * 1000 / longest.max(1);
            before += n;
            let end = before * 1000 / longest.max(1);
            (n > 0).then(|| Piece {
                x,
                width: (end - x).max(2),
                fill: match light {
                    LightWord::Over => "var(--zhu)",
                    LightWord::Near => "var(--amber-fill)",
                    LightWord::Ok => "var(--green-fill)",
                    LightWord::Held => "var(--ink-3)",
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cases::queue::Counts;

    use super::bar;

    #[test]
    fn the_pieces_of_a_bar_follow_one_another() {
        let counts = Counts {
            over: 1,
            near: 0,
            ok: 2,
            held: 1,
        };
        let pieces: Vec<(i64, i64)> = bar(&counts, 8)
            .iter()
            .map(|piece| (piece.x, piece.width))
            .collect();
        assert_eq!(pieces, [(0, 125), (125, 250), (375, 125)]);
        assert!(bar(&Counts::default(), 0).is_empty());
    }

    #[test]
    fn one_of_many_can_still_be_seen() {
        let counts = Counts {
            over: 1,
            ..Counts::default()
        };
        assert_eq!(bar(&counts, 100_000)[0].width, 2);
    }
}
