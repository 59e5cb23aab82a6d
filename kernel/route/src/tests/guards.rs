//! Conditions.

use super::facts;
use crate::guard::{Facts, Guard, Scope, Value, ways};

fn read(text: &str) -> Result<Guard, String> {
    let steps = ["visit".to_owned()];
    let facts = facts();
    Guard::read(
        text,
        &Scope {
            facts: &facts,
            steps: &steps,
            prefix: "",
        },
    )
}

#[test]
fn facts_and_outcomes_of_steps_are_asked() {
    let guard = read("n > 50 && !agreed.visit || risk in ['high']").expect("a condition");
    let mut facts = Facts::from([
        ("n".to_owned(), Value::Number(51)),
        ("risk".to_owned(), Value::Choice("low".to_owned())),
    ]);
    assert_eq!(
        guard.holds(&facts),
        Ok(true),
        "what was not done was not agreed"
    );
    facts.insert("agreed.visit".to_owned(), Value::YesNo(true));
    assert_eq!(guard.holds(&facts), Ok(false));
    facts.remove("n");
    assert_eq!(guard.holds(&facts), Err("n".to_owned()));
}

#[test]
fn what_is_wrong_is_said() {
    for (text, says) in [
        ("n >", "写法"),
        ("m > 3", "没有“m”"),
        ("n", "是或否"),
        ("risk == 'middle'", "没有“middle”这个选项"),
        ("agreed.nobody", "没有键为“nobody”的环节"),
        ("n + 1 > 3", "不支持"),
        ("n > n", "写明的整数"),
        ("risk > 3", "不支持"),
    ] {
        let why = read(text).expect_err(text);
        assert!(why.contains(says), "{text}: {why}");
    }
}

#[test]
fn ways_that_no_facts_open_are_seen() {
    let guards: Vec<Guard> = ["n > 50", "n > 60", "n <= 50"]
        .iter()
        .map(|text| read(text).expect("a condition"))
        .collect();
    let guards: Vec<Option<&Guard>> = guards.iter().map(Some).collect();
    let ways = ways(&guards, &facts()).expect("few facts");
    assert!(ways.taken[0].is_some());
    assert_eq!(ways.taken[1], None, "the first is taken before");
    assert!(ways.taken[2].is_some());
    assert_eq!(ways.none, None, "one of them always holds");
    let gap = ways_of("n < 50");
    assert_eq!(
        gap.none.and_then(|facts| facts.get("n").cloned()),
        Some(Value::Number(50))
    );
}

fn ways_of(text: &str) -> crate::guard::Ways {
    let guard = read(text).expect("a condition");
    ways(&[Some(&guard)], &facts()).expect("few facts")
}
