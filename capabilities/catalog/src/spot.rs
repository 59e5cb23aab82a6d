//! 指南抽查: which guides are drawn, and what of them is looked at.
//!
//! Drawing is reproducible: every item of the population gets the SM3 of `seed:item_id`, and the items with the
//! smallest ones are drawn. Whoever knows the seed and the list draws the same items.

use base::crypto::{Digest, sm3};
use base::ids::ItemId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Guides of one check.
pub const SIZE_MAX: usize = 500;
/// Characters of a title, a seed, a note.
pub const TEXT_CHARS_MAX: usize = 100;

/// The sections of a guide that a checker marks 准确 or 有误.
pub const SECTIONS: [(&str, &str); 10] = [
    ("basic", "基本信息"),
    ("legal_basis", "设定依据"),
    ("accept_conditions", "受理条件"),
    ("materials", "申请材料"),
    ("steps", "办理流程"),
    ("limits", "办理时限"),
    ("fees", "收费"),
    ("places", "办理地点和时间"),
    ("phones", "咨询和监督电话"),
    ("result", "办理结果"),
];

/// A section that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// 指南的部分，例如materials
    pub section: String,
    /// 错在哪里
    pub note: String,
}

/// What is wrong with marks: the section's field and the message.
pub fn problems(wrong: &[Wrong]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (index, mark) in wrong.iter().enumerate() {
        let field = format!("note_{}", mark.section);
        if SECTIONS.iter().all(|(section, _)| *section != mark.section) {
            found.push((field.clone(), "没有这个部分".to_owned()));
        }
        if wrong[..index]
            .iter()
            .any(|before| before.section == mark.section)
        {
            found.push((field.clone(), "这个部分写了两次".to_owned()));
        }
        if mark.note.trim().is_empty() {
            found.push((field, "请写明错在哪里".to_owned()));
        } else if mark.note.chars().count() > TEXT_CHARS_MAX {
            found.push((field, format!("最长{TEXT_CHARS_MAX}个字，请缩短")));
        }
    }
    found
}

/// The items drawn, in the order they are checked.
pub fn draw(seed: &str, population: &[ItemId], size: usize) -> Vec<ItemId> {
    let mut lots: Vec<(Digest, ItemId)> = population
        .iter()
        .map(|item_id| (sm3(format!("{seed}:{item_id}").as_bytes()), *item_id))
        .collect();
    lots.sort_unstable();
    lots.into_iter()
        .take(size)
        .map(|(_, item_id)| item_id)
        .collect()
}

/// SM3 over the population in the order of ids: proves what was drawn from.
pub fn population_digest(population: &[ItemId]) -> Digest {
    let mut ids = population.to_vec();
    ids.sort_unstable();
    let mut text = String::new();
    for item_id in ids {
        text.push_str(&format!("{item_id}\n"));
    }
    sm3(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use base::ids::IdSource;
    use jiff::Timestamp;

    use super::*;

    fn items(count: usize) -> Vec<ItemId> {
        let ids = IdSource::seeded(8);
        (0..count)
            .map(|_| ids.next(Timestamp::UNIX_EPOCH))
            .collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_items() {
        let all = items(200);
        let drawn = draw("2026-05", &all, 20);
        assert_eq!(drawn.len(), 20);
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(draw("2026-05", &turned, 20), drawn);
        assert_ne!(draw("2026-06", &all, 20), drawn);
        assert_eq!(population_digest(&turned), population_digest(&all));
        assert_ne!(population_digest(&all[1..]), population_digest(&all));
        // A longer draw begins with the shorter one.
        assert_eq!(draw("2026-05", &all, 30)[..20], drawn[..]);
        assert_eq!(draw("x", &all[..3], 20).len(), 3);
    }

    #[test]
    fn every_item_has_its_chance() {
        let all = items(20);
        let mut times = vec![0; all.len()];
        for n in 0..400 {
            for item in draw(&n.to_string(), &all, 5) {
                let place = all.iter().position(|known| *known == item);
                times[place.expect("of the list")] += 1;
            }
        }
        // 100 expected of each; a fair draw stays far within these bounds.
        assert!(
            times.iter().all(|times| (60..=140).contains(times)),
            "{times:?}"
        );
    }

    #[test]
    fn marks_name_a_section_and_say_what_is_wrong() {
        let mark = |section: &str, note: &str| Wrong {
            section: section.into(),
            note: note.into(),
        };
        assert_eq!(problems(&[mark("phones", "电话已停用")]), []);
        assert_eq!(problems(&[mark("phones", " ")]).len(), 1);
        assert_eq!(problems(&[mark("colour", "x")]).len(), 1);
        assert_eq!(problems(&[mark("fees", "x"), mark("fees", "y")]).len(), 1);
    }
}
