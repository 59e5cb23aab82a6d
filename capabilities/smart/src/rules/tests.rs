use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::Compiled;
use crate::evaluate::evaluate;
use crate::model::{
    ApplicantFacts, EarlierCase, Failure, FieldDef, Inputs, Kind, Outcome, Record, RuleSet, Source,
    State, Subject, Told, Trust, Truth,
};

fn source() -> BTreeMap<String, Source> {
    let field = |kind| FieldDef {
        label: String::new(),
        kind,
    };
    let source: Source = serde_json::from_value(json!({
        "key": "police", "name": "人口库", "owner": "公安", "trust": "a",
        "fields": {}
    }))
    .expect("a source");
    let source = Source {
        fields: BTreeMap::from([
            ("alive".to_owned(), field(Kind::Bool)),
            ("born".to_owned(), field(Kind::Date)),
            ("benefits".to_owned(), field(Kind::Texts)),
        ]),
        ..source
    };
    BTreeMap::from([("police".to_owned(), source)])
}

fn set(change: impl FnOnce(&mut serde_json::Value)) -> Result<Compiled, Vec<super::Finding>> {
    let about = json!(["form:elder_id", "applicant"]);
    let from = |field: &str| json!([{ "of": "source", "source": "police", "field": field, "about": about }]);
    let mut value = json!({
        "base_code": "990506001000", "name": "高龄津贴", "reason": "",
        "facts": [
            { "key": "alive", "label": "健在", "kind": "bool", "from": from("alive"),
              "max_age_hours": 24, "trust": "b", "purpose": "核验", "legal_basis": "某法第一条" },
            { "key": "age", "label": "年龄", "kind": "int", "from": [{ "of": "years_since", "fact": "born" }] },
            { "key": "born", "label": "出生日期", "kind": "date",
              "from": [from("born")[0], { "of": "born_of", "about": about }],
              "purpose": "核验", "legal_basis": "某法第一条" },
            { "key": "benefits", "label": "在领待遇", "kind": "texts", "from": from("benefits"),
              "purpose": "核验", "legal_basis": "某法第一条" },
            { "key": "card", "label": "卡号", "kind": "text", "from": [{ "of": "form", "field": "card" }] },
        ],
        "rules": [
            { "key": "card", "name": "卡号", "when": "fits(card, '[0-9]{16,19}')", "says": "卡号不对" },
            { "key": "alive", "kind": "compare", "name": "健在", "when": "alive", "says": "登记为死亡" },
            { "key": "age", "kind": "compare", "name": "满80", "when": "age >= 80", "says": "不满80周岁" },
            { "key": "twice", "kind": "compare", "name": "未在领", "when": "!('高龄津贴' in benefits)", "says": "已在领取" },
        ],
        "opinion": "符合条件，准予。", "legal_basis": "某法第三十三条",
    });
    change(&mut value);
    Compiled::new(
        serde_json::from_value::<RuleSet>(value).expect("a set"),
        &source(),
    )
}

fn inputs(change: impl FnOnce(&mut Inputs)) -> Inputs {
    let mut fields = Map::new();
    fields.insert("alive".into(), json!(true));
    fields.insert("born".into(), json!("1946-05-01"));
    fields.insert("benefits".into(), json!([]));
    let mut inputs = Inputs {
        at: "2026-05-21T02:20:00Z".parse().expect("an instant"),
        region: "990102".to_owned(),
        applicant: ApplicantFacts {
            kind: "person".to_owned(),
            name: "张三".to_owned(),
            id_number: "990102194605010025".to_owned(),
            region: String::new(),
        },
        form: Map::from_iter([("card".to_owned(), json!("6217009900000000014"))]),
        materials: BTreeMap::new(),
        told: vec![Told {
            source: "police".to_owned(),
            source_name: "人口库".to_owned(),
            trust: Trust::A,
            about: Subject::Applicant,
            fetched_at: "2026-05-21T02:20:00Z".parse().expect("an instant"),
            answer: Ok(vec![Record {
                fields,
                observed_at: "2026-05-21T01:00:00Z".parse().expect("an instant"),
            }]),
        }],
        earlier: Vec::new(),
    };
    let id = base::codes::CitizenId::compose(990_102, jiff::civil::date(1946, 5, 1), 2)
        .expect("a number");
    inputs.applicant.id_number = id.as_str().to_owned();
    change(&mut inputs);
    inputs
}

fn record(inputs: &mut Inputs) -> &mut Record {
    match &mut inputs.told[0].answer {
        Ok(records) => &mut records[0],
        Err(_) => panic!("the source answers"),
    }
}

#[test]
fn all_known_and_all_true_is_granted() {
    let compiled = set(|_| {}).expect("sound");
    let found = evaluate(&compiled, &inputs(|_| {}));
    assert_eq!(found.verdict.outcome, Outcome::Grant, "{:?}", found.verdict);
    assert!(found.verdict.reasons.is_empty());
    assert!(
        found
            .verdict
            .rules
            .iter()
            .all(|rule| rule.result == Truth::True)
    );
    assert_eq!(found.facts["age"].value, Some(json!(80)));
}

#[test]
fn one_datum_that_is_not_right_sends_it_to_a_person_with_the_reason() {
    let compiled = set(|_| {}).expect("sound");
    type Change = fn(&mut Inputs);
    let cases: [(&str, State, Change); 8] = [
        ("missing:alive", State::Missing, |inputs| {
            record(inputs).fields.remove("alive");
        }),
        ("missing:alive", State::Missing, |inputs| {
            inputs.told[0].answer = Ok(Vec::new());
        }),
        ("stale:alive", State::Stale, |inputs| {
            record(inputs).observed_at = "2026-05-01T00:00:00Z".parse().expect("an instant");
        }),
        ("conflict:alive", State::Conflict, |inputs| {
            let mut other = record(inputs).clone();
            other.fields.insert("alive".into(), json!(false));
            if let Ok(records) = &mut inputs.told[0].answer {
                records.push(other);
            }
        }),
        ("unavailable:alive", State::Unavailable, |inputs| {
            inputs.told[0].answer = Err(Failure::Down {
                detail: String::new(),
            });
        }),
        ("unavailable:alive", State::Unavailable, |inputs| {
            inputs.told[0].answer = Err(Failure::Slow);
        }),
        ("malformed:alive", State::Malformed, |inputs| {
            record(inputs).fields.insert("alive".into(), json!("yes"));
        }),
        ("missing:alive", State::Missing, |inputs| {
            inputs.told[0].trust = Trust::C;
        }),
    ];
    for (code, state, change) in cases {
        let found = evaluate(&compiled, &inputs(change));
        assert_eq!(found.verdict.outcome, Outcome::Person, "{code}");
        assert_eq!(found.facts["alive"].state, state, "{code}");
        assert!(
            found
                .verdict
                .reasons
                .iter()
                .any(|reason| reason.code == code),
            "{code}: {:?}",
            found.verdict.reasons
        );
    }
}

#[test]
fn two_origins_that_differ_are_a_conflict() {
    let compiled = set(|_| {}).expect("sound");
    let found = evaluate(
        &compiled,
        &inputs(|inputs| {
            record(inputs)
                .fields
                .insert("born".into(), json!("1945-05-01"));
        }),
    );
    assert_eq!(found.facts["born"].state, State::Conflict);
    assert_eq!(found.facts["age"].state, State::Conflict);
    assert_eq!(found.verdict.outcome, Outcome::Person);
}

#[test]
fn nothing_is_refused_without_a_law() {
    let dead = || {
        inputs(|inputs| {
            record(inputs).fields.insert("alive".into(), json!(false));
        })
    };
    let compiled = set(|_| {}).expect("sound");
    let found = evaluate(&compiled, &dead());
    assert_eq!(found.verdict.outcome, Outcome::Person);
    assert_eq!(found.verdict.reasons[0].code, "rule:alive");
    let wrong = set(|set| set["rules"][1]["otherwise"] = json!("refuse")).expect_err("no law");
    assert!(wrong[0].message.contains("法律条款"), "{wrong:?}");
    let compiled = set(|set| {
        set["rules"][1]["otherwise"] = json!("refuse");
        set["refusal_basis"] = json!("某法第九条");
    })
    .expect("sound");
    assert_eq!(
        evaluate(&compiled, &dead()).verdict.outcome,
        Outcome::Refuse
    );
    // Even then: what is not known goes to a person.
    let unknown = inputs(|inputs| inputs.told[0].answer = Err(Failure::Slow));
    assert_eq!(
        evaluate(&compiled, &unknown).verdict.outcome,
        Outcome::Person
    );
}

#[test]
fn what_is_wrong_with_a_set_is_said() {
    type Change = fn(&mut serde_json::Value);
    let cases: [(&str, Change); 9] = [
        ("没有“nobody”这个数据项", |set| {
            set["rules"][1]["when"] = json!("nobody");
        }),
        ("不能用于", |set| {
            set["rules"][2]["when"] = json!("age >= 'x'");
        }),
        ("结果应为是或否", |set| {
            set["rules"][2]["when"] = json!("age + 1");
        }),
        ("写法不对", |set| {
            set["rules"][0]["when"] = json!("fits(card, '(')");
        }),
        ("用了两次", |set| set["rules"][1]["key"] = json!("card")),
        ("没有“health”这个数据源", |set| {
            set["facts"][0]["from"][0]["source"] = json!("health");
        }),
        ("用途和法律依据", |set| {
            set["facts"][0]["purpose"] = json!("");
        }),
        ("绕回了自己", |set| {
            set["facts"][2]["from"] = json!([{ "of": "years_since", "fact": "born" }]);
        }),
        ("写法不完整", |set| {
            set["rules"][1]["when"] = json!("alive &&");
        }),
    ];
    for (said, change) in cases {
        let wrong = set(change).expect_err(said);
        assert!(
            wrong.iter().any(|finding| finding.message.contains(said)),
            "{said}: {wrong:?}"
        );
    }
}

#[test]
fn what_the_platform_granted_before_counts_for_as_long_as_the_rules_say() {
    let compiled = |days: u32| {
        set(|value| {
            let fact = json!({ "key": "earlier", "label": "此前办件", "kind": "int",
                "from": [{ "of": "earlier", "about": ["form:elder_id", "applicant"], "days": days }] });
            let rule = json!({ "key": "earlier", "kind": "compare", "name": "没有重复申请",
                "when": "earlier == 0", "says": "已有同一事项的办件" });
            value["facts"].as_array_mut().expect("facts").push(fact);
            value["rules"].as_array_mut().expect("rules").push(rule);
        })
        .expect("sound")
    };
    let before = |about: Subject| {
        inputs(|inputs| {
            inputs.earlier = vec![EarlierCase {
                about,
                case_no: "990102202604010000017".to_owned(),
                at: "2026-04-01T02:00:00Z".parse().expect("an instant"),
            }];
        })
    };
    let outcome = |days, inputs: &Inputs| evaluate(&compiled(days), inputs).verdict.outcome;
    assert_eq!(outcome(0, &inputs(|_| {})), Outcome::Grant);
    assert_eq!(outcome(0, &before(Subject::Applicant)), Outcome::Person);
    assert_eq!(outcome(60, &before(Subject::Applicant)), Outcome::Person);
    assert_eq!(outcome(30, &before(Subject::Applicant)), Outcome::Grant);
    let other = Subject::Form("elder_id".to_owned());
    assert_eq!(outcome(0, &before(other)), Outcome::Grant);
}
