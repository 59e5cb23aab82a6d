//! Which member comes after which: levels that run side by side, or the circle that makes an order impossible.

use std::collections::BTreeSet;

use super::Part;

/// For each part, the parts that come before it: as the bundle says, and because they produce one of its materials.
pub(super) fn edges(parts: &[Part<'_>]) -> Vec<BTreeSet<usize>> {
    let place = |base_code: &str| {
        parts
            .iter()
            .position(|part| part.member.base_code == base_code)
    };
    parts
        .iter()
        .enumerate()
        .map(|(own, part)| {
            let said = part.member.depends_on.iter().map(String::as_str);
            let produced = part.member.produced.iter().map(|made| made.by.as_str());
            let defined = part
                .item
                .materials
                .iter()
                .map(|material| material.produced_by.as_str());
            said.chain(produced)
                .chain(defined)
                .filter_map(place)
                .filter(|before| *before != own)
                .collect()
        })
        .collect()
}

/// The members level by level: those of one level wait for none of their own, and run side by side.
///
/// # Errors
/// The circle: each waits for the next, the last for the first.
pub(super) fn levels(edges: &[BTreeSet<usize>]) -> Result<Vec<Vec<usize>>, Vec<usize>> {
    let mut done = BTreeSet::new();
    let mut levels = Vec::new();
    while done.len() < edges.len() {
        let level: Vec<usize> = (0..edges.len())
            .filter(|place| !done.contains(place) && edges[*place].is_subset(&done))
            .collect();
        if level.is_empty() {
            return Err(circle(edges, &done));
        }
        done.extend(level.iter().copied());
        levels.push(level);
    }
    Ok(levels)
}

/// Some circle among those that are not done: each of them waits for another one of them.
fn circle(edges: &[BTreeSet<usize>], done: &BTreeSet<usize>) -> Vec<usize> {
    let mut walked: Vec<usize> = Vec::new();
    let mut at = (0..edges.len()).find(|place| !done.contains(place));
    while let Some(place) = at {
        if let Some(begin) = walked.iter().position(|known| *known == place) {
            walked.drain(..begin);
            break;
        }
        walked.push(place);
        at = edges[place]
            .iter()
            .copied()
            .find(|before| !done.contains(before));
    }
    walked
}

/// The day each part is done at the latest, and the longest chain.
pub(super) fn chain(
    edges: &[BTreeSet<usize>],
    levels: &[Vec<usize>],
    days: &[u32],
) -> (Vec<u32>, Vec<usize>) {
    let mut ends = vec![0; days.len()];
    for place in levels.iter().flatten() {
        let start = edges[*place].iter().map(|before| ends[*before]).max();
        ends[*place] = start.unwrap_or(0) + days[*place];
    }
    let mut longest = Vec::new();
    let mut at = (0..days.len()).rev().max_by_key(|place| ends[*place]);
    while let Some(place) = at {
        longest.push(place);
        at = edges[place]
            .iter()
            .copied()
            .max_by_key(|before| ends[*before]);
    }
    longest.reverse();
    (ends, longest)
}
