//! What ships in `data/smart`: sources, rule sets, offers.

use std::sync::LazyLock;

use casework::Actor;
use jiff::Timestamp;
use store::Tx;
use web::App;

use crate::desk;
use crate::error::Error;
use crate::model::{Mode, RuleSet, Source};
use crate::offers::Proactive;
use crate::state::of_base;
use crate::store as records;

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    base::json::read(include_bytes!("../../../data/smart/sources.json"))
        .expect("the shipped sources are read by a test")
});

static RULES: LazyLock<Vec<RuleSet>> = LazyLock::new(|| {
    base::json::read(include_bytes!("../../../data/smart/rules.json"))
        .expect("the shipped rules are read by a test")
});

static PROACTIVE: LazyLock<Vec<Proactive>> = LazyLock::new(|| {
    base::json::read(include_bytes!("../../../data/smart/offers.json"))
        .expect("the shipped offers are read by a test")
});

/// Sources as they ship: kept here, without an address.
pub fn sources() -> &'static [Source] {
    &SOURCES
}

pub fn rules() -> &'static [RuleSet] {
    &RULES
}

pub fn proactive() -> &'static [Proactive] {
    &PROACTIVE
}

/// Puts the shipped sources and rule sets in force: drafted by one, published by another. `url` is the base address
/// of sources that are asked over HTTP; empty: registers kept here.
pub fn install(
    tx: &mut Tx<'_>,
    app: &App,
    (editor, reviewer, admin): (&Actor, &Actor, &Actor),
    url: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const WHY: &str = "装入随平台提供的规则和数据源";
    for source in sources() {
        let source = Source {
            url: url.to_owned(),
            ..source.clone()
        };
        desk::change_source(tx, admin, (app.ids.next_uuid(now), now), &source, WHY)?;
    }
    for set in rules() {
        let version = desk::draft(tx, editor, (app.ids.next_uuid(now), now), set, WHY)?;
        let which = (set.base_code.as_str(), version);
        desk::review(tx, reviewer, (app.ids.next_uuid(now), now), which, true, "")?;
    }
    Ok(())
}

/// Sets every shipped rule set to a mode at once, with the reason on record: a city that begins with rules that were
/// tried elsewhere.
pub fn begin_with(
    tx: &mut Tx<'_>,
    app: &App,
    admin: &Actor,
    mode: Mode,
    why: &str,
    now: Timestamp,
) -> Result<(), Error> {
    for set in rules() {
        let scope = of_base(&set.base_code);
        records::set_mode(tx, &scope, mode)?;
        let detail = format!("{}：{why}", mode.label());
        let id = app.ids.next_uuid(now);
        records::act(tx, admin, (id, now), "mode", &scope, &detail)?;
    }
    records::bump(tx)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{proactive, rules, sources};
    use crate::model::Source;
    use crate::rules::Compiled;

    #[test]
    fn what_ships_is_sound() {
        let known: BTreeMap<String, Source> = sources()
            .iter()
            .map(|source| (source.key.clone(), source.clone()))
            .collect();
        assert!(rules().len() >= 7);
        for set in rules() {
            let compiled = Compiled::new(set.clone(), &known);
            assert!(compiled.is_ok(), "{}: {:?}", set.name, compiled.err());
            // Every rule that is compared with a source says by which law.
            for rule in &set.rules {
                assert!(!rule.legal_basis.is_empty(), "{}: {}", set.name, rule.name);
            }
        }
        for what in proactive() {
            assert!(known.contains_key(&what.source) && known.contains_key(&what.account));
            assert!(rules().iter().any(|set| set.base_code == what.base_code));
        }
    }
}
