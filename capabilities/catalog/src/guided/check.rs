//! The proof before publishing: every way through the questions ends in a result, nothing is out of reach, and no
//! way is told two different things. A finding shows the way that leads to it.

use super::answers::Answers;
use super::compile::{error, named, place};
use super::condition::{Formula, Truth};
use super::walk::{TooMany, Walker, Way};
use super::{Guide, Step};
use crate::checks::Finding;
use crate::model::{Item, Necessity, Outcome, Situation};

/// What the check tells beside its findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// Ways through the questions.
    pub ways: u128,
    /// The longest of them: questions and answers.
    pub longest: Vec<(String, String)>,
}

/// Reads a guide and walks all of it. An item without questions has nothing to be checked.
pub fn check(situation: &Situation, item: &Item) -> Report {
    if situation.is_empty() && situation.outcomes.is_empty() {
        return Report::default();
    }
    let guide = match Guide::compile(situation, item) {
        Ok(guide) => guide,
        Err(findings) => {
            return Report {
                findings,
                ..Report::default()
            };
        }
    };
    let mut checker = Checker {
        walker: Walker::new(&guide),
        guide: &guide,
        item,
        findings: Vec::new(),
    };
    let done = checker.everything();
    let measured = done.and_then(|()| checker.walker.measure());
    if let Ok((ways, longest)) = measured {
        Report {
            longest: checker.told(&longest),
            findings: checker.findings,
            ways,
        }
    } else {
        checker.findings.push(error(
            "situation".to_owned(),
            "situation.entangled",
            "问题之间的条件过于复杂，无法逐一检查，请拆成几个事项或减少互相引用的条件".to_owned(),
        ));
        Report {
            findings: checker.findings,
            ..Report::default()
        }
    }
}

struct Checker<'a> {
    guide: &'a Guide,
    item: &'a Item,
    walker: Walker<'a>,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn everything(&mut self) -> Result<(), TooMany> {
        self.questions()?;
        let reachable = self.outcomes()?;
        self.dead_end()?;
        self.contradictions(&reachable)?;
        self.materials(&reachable)?;
        self.pages(&reachable);
        Ok(())
    }

    /// Whether some way that is not ended early makes a condition true.
    fn reach(&mut self, formula: &Formula, rest: u32) -> Result<Option<Way>, TooMany> {
        self.walker.find(
            &[(formula, rest)],
            |so_far| so_far[0].is_some_and(|truth| truth != Truth::True),
            |end| !end.stopped && end.truths[0] == Truth::True,
        )
    }

    fn questions(&mut self) -> Result<(), TooMany> {
        let guide = self.guide;
        for (at, question) in guide.questions().iter().enumerate() {
            let rest = self.walker.asked[at];
            let asked = self.walker.find(
                &[(&guide.asked[at], rest)],
                |so_far| so_far[0].is_some_and(|truth| truth != Truth::True),
                // An answer that ends the guide comes too late to keep an earlier question from being asked.
                |end| {
                    let came = !end.stopped || end.after.is_some_and(|last| at <= last);
                    came && end.truths[0] == Truth::True
                },
            )?;
            if asked.is_none() {
                let options: Vec<&str> = question
                    .options
                    .iter()
                    .map(|option| option.label.as_str())
                    .collect();
                let options = if options.is_empty() {
                    String::new()
                } else {
                    format!("，选项{}也选不到", options.join("、"))
                };
                self.findings.push(error(
                    place("questions", at, "when"),
                    "situation.question_unreachable",
                    format!(
                        "问题“{}”永远问不到{options}",
                        named(&question.text, &question.key)
                    ),
                ));
            }
        }
        Ok(())
    }

    fn outcomes(&mut self) -> Result<Vec<bool>, TooMany> {
        let guide = self.guide;
        let mut reachable = Vec::new();
        for (at, outcome) in guide.outcomes().iter().enumerate() {
            let rest = self.walker.holds[at];
            let found = if outcome.stop.is_empty() {
                self.reach(&guide.holds[at], rest)?
            } else {
                self.walker.find(
                    &[(&guide.holds[at], rest)],
                    |so_far| so_far[0].is_some_and(|truth| truth != Truth::True),
                    |end| end.truths[0] == Truth::True,
                )?
            };
            reachable.push(found.is_some());
            if found.is_none() {
                self.findings.push(error(
                    place("outcomes", at, "when"),
                    "situation.outcome_unreachable",
                    format!("结果“{}”永远不会出现", named(&outcome.name, &outcome.key)),
                ));
            }
        }
        Ok(reachable)
    }

    fn dead_end(&mut self) -> Result<(), TooMany> {
        let guide = self.guide;
        let followed: Vec<(&Formula, u32)> = guide
            .holds
            .iter()
            .zip(self.walker.holds.iter().copied())
            .collect();
        let found = self.walker.find(
            &followed,
            |so_far| so_far.contains(&Some(Truth::True)),
            |end| !end.stopped && !end.truths.contains(&Truth::True),
        )?;
        if let Some(way) = found {
            let path = self.path(&way);
            self.findings.push(error(
                "situation.outcomes".to_owned(),
                "situation.dead_end",
                format!("走到头没有结果：{path}"),
            ));
        }
        Ok(())
    }

    /// A way on which two of these outcomes hold together.
    fn together(&mut self, left: usize, right: usize) -> Result<Option<Way>, TooMany> {
        let guide = self.guide;
        let followed = [
            (&guide.holds[left], self.walker.holds[left]),
            (&guide.holds[right], self.walker.holds[right]),
        ];
        let lost = |truth: &Option<Truth>| truth.is_some_and(|truth| truth != Truth::True);
        self.walker.find(
            &followed,
            |so_far| so_far.iter().any(lost),
            |end| !end.stopped && end.truths.iter().all(|truth| *truth == Truth::True),
        )
    }

    fn contradictions(&mut self, reachable: &[bool]) -> Result<(), TooMany> {
        let outcomes = self.guide.outcomes();
        let holding = |at: &usize| reachable[*at] && outcomes[*at].stop.is_empty();
        let going: Vec<usize> = (0..outcomes.len()).filter(holding).collect();
        for (place_of, left) in going.iter().enumerate() {
            for right in &going[place_of + 1..] {
                let about = disagreement(&outcomes[*left], &outcomes[*right]);
                let about: Vec<String> = about
                    .into_iter()
                    .map(|what| match what {
                        Disagreement::Setting(what) => what.to_owned(),
                        Disagreement::Material(key) => {
                            format!("材料“{}”要不要交", self.material(&key))
                        }
                    })
                    .collect();
                if about.is_empty() {
                    continue;
                }
                let Some(way) = self.together(*left, *right)? else {
                    continue;
                };
                let path = self.path(&way);
                let name = |at: usize| named(&outcomes[at].name, &outcomes[at].key);
                self.findings.push(error(
                    place("outcomes", *right, "when"),
                    "situation.contradiction",
                    format!(
                        "结果“{}”和“{}”同时出现，但{}不同：{path}",
                        name(*left),
                        name(*right),
                        about.join("、")
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Every material must be asked for on some way.
    fn materials(&mut self, reachable: &[bool]) -> Result<(), TooMany> {
        let guide = self.guide;
        let outcomes = guide.outcomes();
        for (at, material) in self.item.materials.iter().enumerate() {
            let names = |keys: &[String]| keys.contains(&material.key);
            let variant = |outcome: &Outcome| {
                let all = self.item.handling_items.iter();
                all.clone()
                    .find(|known| known.suffix == outcome.handling_item)
            };
            let adds: Vec<usize> = (0..outcomes.len())
                .filter(|at| {
                    let outcome = &outcomes[*at];
                    reachable[*at]
                        && (names(&outcome.materials)
                            || variant(outcome).is_some_and(|variant| names(&variant.materials)))
                })
                .collect();
            let drops: Vec<usize> = (0..outcomes.len())
                .filter(|at| {
                    let outcome = &outcomes[*at];
                    let other = variant(outcome).is_some_and(|variant| {
                        !variant.materials.is_empty() && !names(&variant.materials)
                    });
                    reachable[*at] && (names(&outcome.without) || other)
                })
                .collect();
            let situational = material.necessity == Necessity::Situational;
            let needed = if situational && adds.is_empty() {
                false
            } else {
                let followed: Vec<(&Formula, u32)> = adds
                    .iter()
                    .chain(&drops)
                    .map(|at| (&guide.holds[*at], self.walker.holds[*at]))
                    .collect();
                let added = adds.len();
                self.walker
                    .find(
                        &followed,
                        |so_far| so_far[added..].contains(&Some(Truth::True)),
                        |end| {
                            let asked = !situational || end.truths[..added].contains(&Truth::True);
                            !end.stopped && asked && !end.truths[added..].contains(&Truth::True)
                        },
                    )?
                    .is_some()
            };
            if !needed {
                self.findings.push(error(
                    format!("materials[{at}].key"),
                    "situation.material_unreachable",
                    format!("怎样回答都不会要求材料“{}”", self.material(&material.key)),
                ));
            }
        }
        Ok(())
    }

    /// A page that only outcomes out of reach ask for is never asked.
    fn pages(&mut self, reachable: &[bool]) {
        let outcomes = self.guide.outcomes();
        for (at, page) in self.item.form.pages.iter().enumerate() {
            let mut asking = (0..outcomes.len())
                .filter(|at| outcomes[*at].pages.contains(&page.key))
                .peekable();
            if asking.peek().is_some() && !asking.any(|at| reachable[at]) {
                self.findings.push(error(
                    format!("form.pages[{at}].key"),
                    "situation.page_unreachable",
                    format!("怎样回答都不会填写申请表的“{}”", page.title),
                ));
            }
        }
    }

    fn material<'b>(&'b self, key: &'b str) -> &'b str {
        let all = &self.item.materials;
        all.iter()
            .find(|material| material.key == key)
            .map_or(key, |material| &material.name)
    }

    /// A way in full: questions that have no part in a finding are answered with their first option.
    fn path(&self, way: &Way) -> String {
        let told: Vec<String> = self
            .told(way)
            .into_iter()
            .map(|(question, answer)| format!("{question}→{answer}"))
            .collect();
        if told.is_empty() {
            "不用回答任何问题".to_owned()
        } else {
            told.join("；")
        }
    }

    fn told(&self, way: &Way) -> Vec<(String, String)> {
        let mut answers: Answers = way
            .iter()
            .map(|(question, class)| {
                let key = self.guide.questions()[*question].key.clone();
                (key, self.walker.classes[*question][*class].answer.clone())
            })
            .collect();
        while let Step::Ask(at) = self.guide.progress(&answers).step {
            let Some(class) = self.walker.classes[at].first() else {
                break;
            };
            answers.insert(self.guide.questions()[at].key.clone(), class.answer.clone());
        }
        self.guide.told(&answers)
    }
}

enum Disagreement {
    Setting(&'static str),
    Material(String),
}

/// What two outcomes say differently.
fn disagreement(left: &Outcome, right: &Outcome) -> Vec<Disagreement> {
    let mut found = Vec::new();
    let differ = |left: &str, right: &str| !left.is_empty() && !right.is_empty() && left != right;
    if differ(&left.handling_item, &right.handling_item) {
        found.push(Disagreement::Setting("业务办理项"));
    }
    if let (Some(one), Some(other)) = (&left.promised_limit, &right.promised_limit)
        && (one.n, one.unit) != (other.n, other.unit)
    {
        found.push(Disagreement::Setting("承诺时限"));
    }
    if let (Some(one), Some(other)) = (left.visit_count, right.visit_count)
        && one != other
    {
        found.push(Disagreement::Setting("到现场次数"));
    }
    if differ(&left.route, &right.route) {
        found.push(Disagreement::Setting("办理路线"));
    }
    let both = left
        .materials
        .iter()
        .filter(|key| right.without.contains(key))
        .chain(
            left.without
                .iter()
                .filter(|key| right.materials.contains(key)),
        );
    found.extend(both.map(|key| Disagreement::Material(key.clone())));
    found
}
