//! Rule sets, read once: names, kinds, conditions. What is wrong names the fact or rule.

mod condition;
mod pattern;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use base::crypto::Digest;
use serde_json::Value;

use crate::model::{FactDef, Kind, Origin, Otherwise, RuleSet, Source, Subject, Truth};

pub use condition::Formula;
pub use pattern::fits;

/// Most facts of one set.
pub const FACTS_MAX: usize = 60;
/// Most rules of one set.
pub const RULES_MAX: usize = 60;
/// Longest time back that earlier cases are counted, in days.
pub const EARLIER_DAYS_MAX: u32 = 36_500;
/// Longest text of one member, in characters.
const TEXT_MAX: usize = 500;

/// A rule set whose conditions were read and found sound.
#[derive(Debug)]
pub struct Compiled {
    pub set: RuleSet,
    pub digest: Digest,
    /// Beside the set's rules, in their order.
    pub(crate) conditions: Vec<Formula>,
    /// Facts in an order in which each comes after those it is derived from.
    pub(crate) order: Vec<usize>,
}

/// Something wrong with a rule set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `facts[2].from`, `rules[0].when`.
    pub field: String,
    pub message: String,
}

impl Compiled {
    /// Reads a rule set; `sources` are those it may name.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(set: RuleSet, sources: &BTreeMap<String, Source>) -> Result<Compiled, Vec<Finding>> {
        let mut found = Vec::new();
        sizes(&set, &mut found);
        let mut keys = BTreeSet::new();
        for (at, fact) in set.facts.iter().enumerate() {
            key(
                &fact.key,
                &mut keys,
                &format!("facts[{at}].key"),
                &mut found,
            );
            for message in self::fact(fact, &set, sources) {
                found.push(Finding {
                    field: format!("facts[{at}].from"),
                    message: format!("数据项“{}”：{message}", named(&fact.label, &fact.key)),
                });
            }
        }
        let order = order(&set.facts).unwrap_or_else(|key| {
            found.push(Finding {
                field: "facts".to_owned(),
                message: format!("数据项“{key}”的推算绕回了自己"),
            });
            Vec::new()
        });
        let kinds: BTreeMap<&str, Kind> = set
            .facts
            .iter()
            .map(|fact| (fact.key.as_str(), fact.kind))
            .collect();
        let mut keys = BTreeSet::new();
        let mut conditions = Vec::new();
        for (at, rule) in set.rules.iter().enumerate() {
            key(
                &rule.key,
                &mut keys,
                &format!("rules[{at}].key"),
                &mut found,
            );
            let whose = named(&rule.name, &rule.key);
            if rule.says.trim().is_empty() {
                found.push(Finding {
                    field: format!("rules[{at}].says"),
                    message: format!("规则“{whose}”要写明不符合时告诉办理人员什么"),
                });
            }
            if rule.otherwise == Otherwise::Refuse && set.refusal_basis.trim().is_empty() {
                found.push(Finding {
                    field: format!("rules[{at}].otherwise"),
                    message: format!(
                        "规则“{whose}”要自动作出不利决定，必须先写明允许这样做的法律条款；没有条款的只能转人工"
                    ),
                });
            }
            match Formula::read(&rule.when, &kinds) {
                Ok(formula) => conditions.push(formula),
                Err(wrong) => found.push(Finding {
                    field: format!("rules[{at}].when"),
                    message: format!("规则“{whose}”的条件“{}”：{wrong}", rule.when),
                }),
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        Ok(Compiled {
            digest: set.digest(),
            set,
            conditions,
            order,
        })
    }

    /// Whether a rule holds with the values that are known.
    pub fn truth(&self, rule: usize, known: &BTreeMap<&str, &Value>) -> Truth {
        self.conditions[rule].truth(known)
    }

    /// Facts a rule looks at.
    pub fn facts_of(&self, rule: usize) -> Vec<String> {
        let mut found = BTreeSet::new();
        self.conditions[rule].facts(&mut found);
        found.into_iter().collect()
    }

    /// Whose earlier cases are looked for.
    pub fn subjects(&self) -> impl Iterator<Item = &[Subject]> {
        let origins = self.set.facts.iter().flat_map(|fact| &fact.from);
        origins.filter_map(|origin| match origin {
            Origin::Earlier { about, .. } => Some(about.as_slice()),
            _ => None,
        })
    }

    /// Sources that are asked, each with whom it is about and the facts it serves.
    pub fn asked(&self) -> Vec<Asked> {
        let mut asked: Vec<Asked> = Vec::new();
        for fact in &self.set.facts {
            for origin in &fact.from {
                let Origin::Source {
                    source,
                    field,
                    about,
                } = origin
                else {
                    continue;
                };
                let known = asked
                    .iter_mut()
                    .find(|one| one.source == *source && one.about == *about);
                let one = if let Some(one) = known {
                    one
                } else {
                    asked.push(Asked {
                        source: source.clone(),
                        about: about.clone(),
                        fields: BTreeSet::new(),
                        purposes: BTreeSet::new(),
                        bases: BTreeSet::new(),
                    });
                    asked.last_mut().expect("it was just put there")
                };
                one.fields.insert(field.clone());
                one.purposes.insert(fact.purpose.clone());
                one.bases.insert(fact.legal_basis.clone());
            }
        }
        asked
    }
}

/// One call a rule set asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub source: String,
    pub about: Vec<Subject>,
    pub fields: BTreeSet<String>,
    pub purposes: BTreeSet<String>,
    pub bases: BTreeSet<String>,
}

impl Asked {
    pub fn purpose(&self) -> String {
        joined(&self.purposes)
    }

    pub fn legal_basis(&self) -> String {
        joined(&self.bases)
    }
}

fn joined(texts: &BTreeSet<String>) -> String {
    let texts: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("；")
}

fn sizes(set: &RuleSet, found: &mut Vec<Finding>) {
    let mut wrong = |field: &str, message: String| {
        found.push(Finding {
            field: field.to_owned(),
            message,
        });
    };
    let code = &set.base_code;
    if !(6..=20).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        wrong("base_code", "请填写事项的基本编码".to_owned());
    }
    if set.name.trim().is_empty() {
        wrong("name", "请填写规则集的名称".to_owned());
    }
    if set.rules.is_empty() || set.rules.len() > RULES_MAX {
        wrong("rules", format!("规则应有1至{RULES_MAX}条"));
    }
    if set.facts.len() > FACTS_MAX {
        wrong("facts", format!("数据项最多{FACTS_MAX}个"));
    }
    if set.opinion.trim().is_empty() {
        wrong("opinion", "请写明准予时的审查意见".to_owned());
    }
    if set.legal_basis.trim().is_empty() {
        wrong("legal_basis", "请写明决定依据，具体到条款".to_owned());
    }
    if set.sample_per_mille > 1000 {
        wrong(
            "sample_per_mille",
            "抽查比例应为0至1000（千分之）".to_owned(),
        );
    }
    let texts = [
        &set.name,
        &set.opinion,
        &set.legal_basis,
        &set.refusal_basis,
    ];
    let rules = set
        .rules
        .iter()
        .flat_map(|rule| [&rule.name, &rule.says, &rule.legal_basis]);
    let facts = set
        .facts
        .iter()
        .flat_map(|fact| [&fact.label, &fact.purpose, &fact.legal_basis]);
    if let Some(long) = texts
        .into_iter()
        .chain(rules)
        .chain(facts)
        .find(|text| text.chars().count() > TEXT_MAX)
    {
        let head: String = long.chars().take(12).collect();
        wrong("", format!("“{head}…”超过{TEXT_MAX}字"));
    }
}

fn key(key: &str, known: &mut BTreeSet<String>, field: &str, found: &mut Vec<Finding>) {
    let mut chars = key.chars();
    let shaped = chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && key.len() <= 40
        && !condition::RESERVED.contains(&key);
    let message = if !shaped {
        format!("标识“{key}”应以小写字母开头，由小写字母、数字和下划线组成，不超过40个字符")
    } else if !known.insert(key.to_owned()) {
        format!("标识“{key}”用了两次")
    } else {
        return;
    };
    found.push(Finding {
        field: field.to_owned(),
        message,
    });
}

fn fact(fact: &FactDef, set: &RuleSet, sources: &BTreeMap<String, Source>) -> Vec<String> {
    let mut wrong = Vec::new();
    if fact.from.is_empty() {
        wrong.push("请写明来源".to_owned());
    }
    let mut from_source = false;
    for origin in &fact.from {
        match origin {
            Origin::Source {
                source,
                field,
                about,
            } => {
                from_source = true;
                if about.is_empty() {
                    wrong.push("请写明核验谁的数据".to_owned());
                }
                match sources.get(source) {
                    None => wrong.push(format!("没有“{source}”这个数据源")),
                    Some(known) => match known.fields.get(field) {
                        None => wrong.push(format!("数据源“{}”没有“{field}”这个字段", known.name)),
                        Some(def) if def.kind != fact.kind => wrong.push(format!(
                            "数据源“{}”的“{field}”是{}，这里写的是{}",
                            known.name,
                            def.kind.label(),
                            fact.kind.label()
                        )),
                        Some(_) => {}
                    },
                }
            }
            Origin::YearsSince { fact: of } | Origin::DaysSince { fact: of } => {
                let dated = set
                    .facts
                    .iter()
                    .any(|other| other.key == *of && other.kind == Kind::Date);
                if !dated {
                    wrong.push(format!("“{of}”不是日期，不能推算"));
                }
                if fact.kind != Kind::Int {
                    wrong.push("由日期推算的是整数".to_owned());
                }
            }
            Origin::BornOf { .. } if fact.kind != Kind::Date => {
                wrong.push("身份证号码里的出生日期是日期".to_owned());
            }
            Origin::Material { .. } if fact.kind != Kind::Bool => {
                wrong.push("材料是否提交，类型是“是否”".to_owned());
            }
            Origin::Applicant { field } => {
                if !["name", "id_number", "region", "kind"].contains(&field.as_str()) {
                    wrong.push(format!("申请人没有“{field}”这项登记"));
                }
                if fact.kind != Kind::Text {
                    wrong.push("申请人的登记信息是文字".to_owned());
                }
            }
            Origin::Earlier { about, days } => {
                if *days > EARLIER_DAYS_MAX {
                    wrong.push(format!("此前办件最多回看{EARLIER_DAYS_MAX}日，不限的填0"));
                }
                if about.is_empty() {
                    wrong.push("请写明核验谁的办件".to_owned());
                }
                if fact.kind != Kind::Int {
                    wrong.push("此前办件的件数是整数".to_owned());
                }
            }
            Origin::ItemRegion if fact.kind != Kind::Text => {
                wrong.push("行使区划是文字".to_owned());
            }
            _ => {}
        }
    }
    if from_source && (fact.purpose.trim().is_empty() || fact.legal_basis.trim().is_empty()) {
        wrong.push("向数据源核验的，要写明用途和法律依据".to_owned());
    }
    wrong
}

/// An order in which derived facts come after what they are derived from; the key of one that goes in a circle.
fn order(facts: &[FactDef]) -> Result<Vec<usize>, String> {
    let mut done: Vec<usize> = Vec::with_capacity(facts.len());
    while done.len() < facts.len() {
        let before = done.len();
        for (at, fact) in facts.iter().enumerate() {
            if done.contains(&at) {
                continue;
            }
            let ready = fact.from.iter().all(|origin| match origin {
                Origin::YearsSince { fact: of } | Origin::DaysSince { fact: of } => facts
                    .iter()
                    .position(|other| other.key == *of)
                    .is_none_or(|other| done.contains(&other)),
                _ => true,
            });
            if ready {
                done.push(at);
            }
        }
        if done.len() == before {
            let stuck = (0..facts.len()).find(|at| !done.contains(at));
            return Err(stuck.map_or_else(String::new, |at| facts[at].key.clone()));
        }
    }
    Ok(done)
}

fn named<'a>(text: &'a str, key: &'a str) -> &'a str {
    if text.is_empty() { key } else { text }
}
