//! The rule set as a form: one row a fact, one row a rule, each text as it was typed, so that what is refused is shown
//! again with what is wrong beside it. No database here.

use ::web::Fields;

use crate::model::{FactDef, Kind, Origin, Otherwise, Rule, RuleKind, RuleSet, Subject, Trust};
use crate::rules::{FACTS_MAX, Finding, RULES_MAX};

/// Id of a control, and what is wrong with it.
pub(super) type Wrong = (String, String);

/// A rule set as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) name: String,
    pub(super) reason: String,
    pub(super) opinion: String,
    pub(super) legal_basis: String,
    pub(super) refusal_basis: String,
    pub(super) sample_per_mille: String,
    pub(super) facts: Vec<FactRow>,
    pub(super) rules: Vec<RuleRow>,
}

/// A fact as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FactRow {
    pub(super) key: String,
    pub(super) label: String,
    pub(super) kind: String,
    /// One origin a line, see [`origin`].
    pub(super) from: String,
    pub(super) max_age_hours: String,
    pub(super) trust: String,
    pub(super) personal: bool,
    pub(super) purpose: String,
    pub(super) legal_basis: String,
}

/// A rule as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RuleRow {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) when: String,
    pub(super) says: String,
    pub(super) legal_basis: String,
    pub(super) otherwise: String,
}

impl Rows {
    pub(super) fn of(set: &RuleSet) -> Rows {
        Rows {
            name: set.name.clone(),
            reason: set.reason.clone(),
            opinion: set.opinion.clone(),
            legal_basis: set.legal_basis.clone(),
            refusal_basis: set.refusal_basis.clone(),
            sample_per_mille: set.sample_per_mille.to_string(),
            facts: set.facts.iter().map(FactRow::of).collect(),
            rules: set.rules.iter().map(RuleRow::of).collect(),
        }
    }

    /// The rows of a form. Those ticked to go, and those where nothing was typed, are left out.
    pub(super) fn read(fields: &Fields) -> Rows {
        let text = |name: &str| fields.get(name).unwrap_or_default().trim().to_owned();
        let rows = |head: &str, max: usize| -> Vec<usize> {
            (0..=max)
                .filter(|n| fields.get(&format!("{head}{n}-key")).is_some())
                .filter(|n| fields.get(&format!("{head}{n}-gone")).is_none())
                .collect()
        };
        Rows {
            name: text("set-name"),
            reason: text("set-reason"),
            opinion: text("set-opinion"),
            legal_basis: text("set-legal_basis"),
            refusal_basis: text("set-refusal_basis"),
            sample_per_mille: text("set-sample_per_mille"),
            facts: rows("f", FACTS_MAX)
                .into_iter()
                .map(|n| FactRow::read(&|name| text(&format!("f{n}-{name}"))))
                .filter(|row| !row.is_blank())
                .collect(),
            rules: rows("r", RULES_MAX)
                .into_iter()
                .map(|n| RuleRow::read(&|name| text(&format!("r{n}-{name}"))))
                .filter(|row| !row.is_blank())
                .collect(),
        }
    }

    /// The rule set that the rows mean.
    pub(super) fn set(&self, base_code: &str) -> Result<RuleSet, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = Vec::new();
        let facts = self
            .facts
            .iter()
            .enumerate()
            .map(|(n, row)| row.fact(n, &mut wrong))
            .collect();
        let rules = self.rules.iter().map(RuleRow::rule).collect();
        let sample_per_mille = self.sample_per_mille.parse().unwrap_or_else(|_| {
            let message = "请填写0至1000的整数（千分之）".to_owned();
            wrong.push(("set-sample_per_mille".to_owned(), message));
            0
        });
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(RuleSet {
            base_code: base_code.to_owned(),
            name: self.name.clone(),
            reason: self.reason.clone(),
            facts,
            rules,
            opinion: self.opinion.clone(),
            legal_basis: self.legal_basis.clone(),
            refusal_basis: self.refusal_basis.clone(),
            sample_per_mille,
        })
    }
}

impl FactRow {
    fn of(fact: &FactDef) -> FactRow {
        let from: Vec<String> = fact.from.iter().map(written).collect();
        FactRow {
            key: fact.key.clone(),
            label: fact.label.clone(),
            kind: word_of(KINDS, fact.kind).to_owned(),
            from: from.join("\n"),
            max_age_hours: fact.max_age_hours.to_string(),
            trust: word_of(TRUSTS, fact.trust).to_owned(),
            personal: fact.personal,
            purpose: fact.purpose.clone(),
            legal_basis: fact.legal_basis.clone(),
        }
    }

    fn read(text: &dyn Fn(&str) -> String) -> FactRow {
        FactRow {
            key: text("key"),
            label: text("label"),
            kind: text("kind"),
            from: text("from"),
            max_age_hours: text("max_age_hours"),
            trust: text("trust"),
            personal: !text("personal").is_empty(),
            purpose: text("purpose"),
            legal_basis: text("legal_basis"),
        }
    }

    fn is_blank(&self) -> bool {
        self.key.is_empty() && self.label.is_empty() && self.from.is_empty()
    }

    fn fact(&self, n: usize, wrong: &mut Vec<Wrong>) -> FactDef {
        let mut from = Vec::new();
        for line in self
            .from
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            match origin(line) {
                Ok(origin) => from.push(origin),
                Err(message) => wrong.push((format!("f{n}-from"), message)),
            }
        }
        let hours = match self.max_age_hours.as_str() {
            "" => Ok(0),
            text => text.parse(),
        };
        FactDef {
            key: self.key.clone(),
            label: self.label.clone(),
            kind: meant(KINDS, &self.kind),
            from,
            max_age_hours: hours.unwrap_or_else(|_| {
                let message = "请填写小时数，不限的填0".to_owned();
                wrong.push((format!("f{n}-max_age_hours"), message));
                0
            }),
            trust: meant(TRUSTS, &self.trust),
            personal: self.personal,
            purpose: self.purpose.clone(),
            legal_basis: self.legal_basis.clone(),
        }
    }
}

impl RuleRow {
    fn of(rule: &Rule) -> RuleRow {
        RuleRow {
            key: rule.key.clone(),
            name: rule.name.clone(),
            kind: word_of(RULE_KINDS, rule.kind).to_owned(),
            when: rule.when.clone(),
            says: rule.says.clone(),
            legal_basis: rule.legal_basis.clone(),
            otherwise: word_of(OTHERWISES, rule.otherwise).to_owned(),
        }
    }

    fn read(text: &dyn Fn(&str) -> String) -> RuleRow {
        RuleRow {
            key: text("key"),
            name: text("name"),
            kind: text("kind"),
            when: text("when"),
            says: text("says"),
            legal_basis: text("legal_basis"),
            otherwise: text("otherwise"),
        }
    }

    fn is_blank(&self) -> bool {
        self.key.is_empty() && self.name.is_empty() && self.when.is_empty()
    }

    fn rule(&self) -> Rule {
        Rule {
            key: self.key.clone(),
            kind: meant(RULE_KINDS, &self.kind),
            name: self.name.clone(),
            when: self.when.clone(),
            says: self.says.clone(),
            legal_basis: self.legal_basis.clone(),
            otherwise: meant(OTHERWISES, &self.otherwise),
        }
    }
}

/// Words of a choice in a form, the first for what is none of them.
type Words<T> = &'static [(&'static str, T)];

const KINDS: Words<Kind> = &[
    ("bool", Kind::Bool),
    ("int", Kind::Int),
    ("text", Kind::Text),
    ("date", Kind::Date),
    ("texts", Kind::Texts),
];
const TRUSTS: Words<Trust> = &[
    ("d", Trust::D),
    ("c", Trust::C),
    ("b", Trust::B),
    ("a", Trust::A),
];
const RULE_KINDS: Words<RuleKind> = &[("review", RuleKind::Review), ("compare", RuleKind::Compare)];
const OTHERWISES: Words<Otherwise> =
    &[("person", Otherwise::Person), ("refuse", Otherwise::Refuse)];

fn word_of<T: Copy + PartialEq>(words: Words<T>, wanted: T) -> &'static str {
    words
        .iter()
        .find(|(_, known)| *known == wanted)
        .map_or("", |(word, _)| word)
}

fn meant<T: Copy>(words: Words<T>, text: &str) -> T {
    words
        .iter()
        .find(|(word, _)| *word == text)
        .unwrap_or(&words[0])
        .1
}

fn choices<T: Copy>(words: Words<T>, label: impl Fn(T) -> &'static str) -> Vec<(String, String)> {
    words
        .iter()
        .map(|(word, value)| ((*word).to_owned(), label(*value).to_owned()))
        .collect()
}

/// What the selects of the form offer.
pub(super) struct Choices {
    pub(super) kinds: Vec<(String, String)>,
    pub(super) trusts: Vec<(String, String)>,
    pub(super) rule_kinds: Vec<(String, String)>,
    pub(super) otherwises: Vec<(String, String)>,
}

impl Choices {
    pub(super) fn new() -> Choices {
        Choices {
            kinds: choices(KINDS, Kind::label),
            trusts: choices(TRUSTS, Trust::label),
            rule_kinds: choices(RULE_KINDS, RuleKind::label),
            otherwises: choices(OTHERWISES, |otherwise| match otherwise {
                Otherwise::Person => "转人工",
                Otherwise::Refuse => "自动作出不利决定",
            }),
        }
    }
}

/// An origin in one line: `form:elder_id`, `material:photo`, `applicant:name`,
/// `source:civil.death_date@applicant,form:elder_id`, `born_of:applicant`, `years_since:born`, `days_since:applied`,
/// `item_region`, `earlier:applicant`, `earlier:30@applicant` (days back).
fn origin(line: &str) -> Result<Origin, String> {
    let subjects = |text: &str| -> Result<Vec<Subject>, String> {
        text.split(',')
            .map(|one| Subject::try_from(one.trim().to_owned()))
            .collect()
    };
    let unknown = || {
        format!(
            "看不懂来源“{line}”，可以写：form:字段、material:材料、applicant:name、source:数据源.字段@对象、born_of:对象、years_since:数据项、days_since:数据项、item_region、earlier:对象、earlier:天数@对象"
        )
    };
    if line == "item_region" {
        return Ok(Origin::ItemRegion);
    }
    let (of, rest) = line.split_once(':').ok_or_else(unknown)?;
    let rest = rest.trim().to_owned();
    if rest.is_empty() {
        return Err(unknown());
    }
    Ok(match of.trim() {
        "form" => Origin::Form { field: rest },
        "material" => Origin::Material { key: rest },
        "applicant" => Origin::Applicant { field: rest },
        "born_of" => Origin::BornOf {
            about: subjects(&rest)?,
        },
        "years_since" => Origin::YearsSince { fact: rest },
        "days_since" => Origin::DaysSince { fact: rest },
        "earlier" => {
            let (days, about) = rest.split_once('@').unwrap_or(("0", &rest));
            Origin::Earlier {
                about: subjects(about)?,
                days: days.trim().parse().map_err(|_| unknown())?,
            }
        }
        "source" => {
            let (named, about) = rest.split_once('@').ok_or_else(unknown)?;
            let (source, field) = named.split_once('.').ok_or_else(unknown)?;
            Origin::Source {
                source: source.trim().to_owned(),
                field: field.trim().to_owned(),
                about: subjects(about)?,
            }
        }
        _ => return Err(unknown()),
    })
}

/// The line that [`origin`] reads as this.
fn written(origin: &Origin) -> String {
    let subjects = |about: &[Subject]| -> String {
        let texts: Vec<String> = about.iter().cloned().map(String::from).collect();
        texts.join(",")
    };
    match origin {
        Origin::Form { field } => format!("form:{field}"),
        Origin::Material { key } => format!("material:{key}"),
        Origin::Applicant { field } => format!("applicant:{field}"),
        Origin::Source {
            source,
            field,
            about,
        } => format!("source:{source}.{field}@{}", subjects(about)),
        Origin::BornOf { about } => format!("born_of:{}", subjects(about)),
        Origin::YearsSince { fact } => format!("years_since:{fact}"),
        Origin::DaysSince { fact } => format!("days_since:{fact}"),
        Origin::ItemRegion => "item_region".to_owned(),
        Origin::Earlier { about, days: 0 } => format!("earlier:{}", subjects(about)),
        Origin::Earlier { about, days } => format!("earlier:{days}@{}", subjects(about)),
    }
}

/// The control of the form that a finding is about.
pub(super) fn place(finding: &Finding) -> Wrong {
    let row = |head: &str| -> Option<String> {
        let rest = finding.field.strip_prefix(head)?.strip_prefix('[')?;
        let (n, member) = rest.split_once("].")?;
        let head = &head[..1];
        Some(format!("{head}{n}-{member}"))
    };
    let id =
        row("facts")
            .or_else(|| row("rules"))
            .unwrap_or_else(|| match finding.field.as_str() {
                "facts" => "f0-from".to_owned(),
                "rules" => "r0-key".to_owned(),
                "" | "base_code" => "set-name".to_owned(),
                other => format!("set-{other}"),
            });
    (id, finding.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_rule_set_is_the_same_after_the_form() {
        let sets = crate::shipped::rules();
        assert!(sets.len() >= 7);
        for set in sets {
            let rows = Rows::of(set);
            assert_eq!(rows.set(&set.base_code).as_ref(), Ok(set), "{}", set.name);
            let pairs = sent(&rows);
            assert_eq!(Rows::read(&pairs), rows, "{}", set.name);
        }
    }

    /// The rows as a browser sends them.
    fn sent(rows: &Rows) -> Fields {
        let mut pairs = vec![
            ("set-name".to_owned(), rows.name.clone()),
            ("set-reason".to_owned(), rows.reason.clone()),
            ("set-opinion".to_owned(), rows.opinion.clone()),
            ("set-legal_basis".to_owned(), rows.legal_basis.clone()),
            ("set-refusal_basis".to_owned(), rows.refusal_basis.clone()),
            (
                "set-sample_per_mille".to_owned(),
                rows.sample_per_mille.clone(),
            ),
        ];
        for (n, row) in rows.facts.iter().enumerate() {
            let mut add = |name: &str, value: &str| {
                pairs.push((format!("f{n}-{name}"), value.to_owned()));
            };
            add("key", &row.key);
            add("label", &row.label);
            add("kind", &row.kind);
            add("from", &row.from);
            add("max_age_hours", &row.max_age_hours);
            add("trust", &row.trust);
            if row.personal {
                add("personal", "1");
            }
            add("purpose", &row.purpose);
            add("legal_basis", &row.legal_basis);
        }
        for (n, row) in rows.rules.iter().enumerate() {
            for (name, value) in [
                ("key", &row.key),
                ("name", &row.name),
                ("kind", &row.kind),
                ("when", &row.when),
                ("says", &row.says),
                ("legal_basis", &row.legal_basis),
                ("otherwise", &row.otherwise),
            ] {
                pairs.push((format!("r{n}-{name}"), value.clone()));
            }
        }
        encoded(&pairs)
    }

    fn encoded(pairs: &[(String, String)]) -> Fields {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", ui::staff_list::encoded(value)))
            .collect();
        Fields::parse(pairs.join("&").as_bytes()).expect("a form")
    }

    #[test]
    fn what_is_wrong_stands_at_its_row() {
        let mut rows = Rows::of(&crate::shipped::rules()[0]);
        rows.facts[1].from = "applicant:name\nnowhere".to_owned();
        rows.facts[0].max_age_hours = "one".to_owned();
        rows.sample_per_mille = "many".to_owned();
        let wrong = rows.set("990599").expect_err("three things");
        let ids: Vec<&str> = wrong.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["f0-max_age_hours", "f1-from", "set-sample_per_mille"]);
        let finding = |field: &str| Finding {
            field: field.to_owned(),
            message: String::new(),
        };
        assert_eq!(place(&finding("rules[3].when")).0, "r3-when");
        assert_eq!(place(&finding("facts[2].from")).0, "f2-from");
        assert_eq!(place(&finding("opinion")).0, "set-opinion");
        assert_eq!(place(&finding("")).0, "set-name");
    }

    #[test]
    fn a_row_that_is_ticked_or_blank_is_gone() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = encoded(&[
            pair("r0-key", "a"),
            pair("r0-gone", "1"),
            pair("r1-key", "b"),
            pair("r1-name", "年龄"),
            pair("r2-key", ""),
            pair("r2-name", ""),
        ]);
        let rows = Rows::read(&fields);
        assert_eq!(rows.rules.len(), 1);
        assert_eq!(rows.rules[0].key, "b");
    }
}
