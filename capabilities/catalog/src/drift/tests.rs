use super::follow::material;
use super::rules::{Counts, alarms, gap_percent};
use super::*;
use crate::model::{Field, Form, FormPage, Item, Limit, Material};

fn real(decide: &[(i64, i64)], visits: i64, corrected: i64, unnamed: i64) -> Real {
    let cases: i64 = decide.iter().map(|(_, cases)| cases).sum();
    let mut real = Real::default();
    let mut put = |measure, values: &[(i64, i64)]| {
        let counts: &mut Counts = real.counts.entry(measure).or_default();
        for (value, cases) in values {
            counts.add(*value, *cases);
        }
    };
    put(Measure::DecideDays, decide);
    put(Measure::Visits, &[(visits, cases)]);
    put(
        Measure::Corrected,
        &[(1, corrected), (0, cases - corrected)],
    );
    put(Measure::Unnamed, &[(1, unnamed), (0, cases - unnamed)]);
    real
}

fn published(days: u32, visit_count: u8) -> Standing {
    Standing::of(&Item {
        promised_limit: Some(Limit {
            n: days,
            unit: calendar::Unit::WorkingDay,
            note: String::new(),
        }),
        visit_count,
        ..Item::default()
    })
}

#[test]
fn guide_and_cases_part() {
    let rules = Rules::default();
    let of = |published, real: &Real| alarms(&rules, published, real);
    // As promised.
    assert_eq!(of(published(10, 1), &real(&[(8, 20)], 1, 2, 0)), []);
    assert_eq!(
        of(published(10, 1), &real(&[(4, 15), (12, 5)], 1, 0, 0)),
        [Alarm::CanShorten]
    );
    assert_eq!(of(published(10, 1), &real(&[(5, 20)], 1, 0, 0)), []);
    assert_eq!(
        of(published(10, 1), &real(&[(4, 5), (11, 15)], 1, 0, 0)),
        [Alarm::TooLong]
    );
    assert_eq!(
        of(published(10, 0), &real(&[(8, 20)], 1, 0, 0)),
        [Alarm::MoreVisits]
    );
    assert_eq!(
        of(published(10, 1), &real(&[(8, 20)], 1, 6, 6)),
        [Alarm::UnnamedMaterial, Alarm::OftenCorrected]
    );
    assert_eq!(
        of(published(10, 1), &real(&[(8, 20)], 1, 6, 5)),
        [Alarm::OftenCorrected]
    );
    // Nineteen cases say nothing.
    assert_eq!(of(published(10, 0), &real(&[(30, 19)], 3, 19, 19)), []);
}

#[test]
fn the_gap_is_measured_by_the_promise() {
    assert_eq!(
        gap_percent(published(10, 1), &real(&[(4, 20)], 1, 0, 0)),
        60
    );
    assert_eq!(
        gap_percent(published(10, 1), &real(&[(15, 20)], 1, 0, 0)),
        50
    );
    assert_eq!(
        gap_percent(published(0, 1), &real(&[(2, 20)], 1, 0, 0)),
        100
    );
    let nothing = Standing {
        promised: None,
        visits: 0,
    };
    assert_eq!(gap_percent(nothing, &real(&[(2, 20)], 1, 0, 0)), 0);
}

#[test]
fn medians_and_shares() {
    let mut counts = Counts::default();
    assert_eq!((counts.median(), counts.share()), (None, 0));
    for (value, cases) in [(0, 1), (2, 1), (3, 1), (40, 1)] {
        counts.add(value, cases);
    }
    assert_eq!(counts.median(), Some(2));
    assert_eq!(counts.at(90), Some(40));
    assert_eq!(counts.share(), 75);
}

#[test]
fn what_a_correction_asked_for() {
    let item = Item {
        materials: vec![Material {
            key: "lease".into(),
            name: "租赁合同".into(),
            ..Material::default()
        }],
        form: Form {
            pages: vec![FormPage {
                fields: vec![Field {
                    label: "经营面积".into(),
                    ..Field::default()
                }],
                ..FormPage::default()
            }],
        },
        ..Item::default()
    };
    let asked = |key: &str, what: &str| {
        let asked = Asked {
            material: key.into(),
            what: what.into(),
        };
        material(&asked, Some(&item))
    };
    assert_eq!(asked("lease", "页数不全"), Some((true, "lease".into())));
    assert_eq!(asked("", "请补租赁合同原件"), Some((true, "lease".into())));
    assert_eq!(asked("", "经营面积填写有误"), None);
    assert_eq!(asked("", "申请表未签字"), None);
    assert_eq!(
        asked("", "请提供\n无犯罪记录证明"),
        Some((false, base::text::single_line("请提供\n无犯罪记录证明")))
    );
    assert_eq!(asked("gone", "公证书"), Some((false, "公证书".into())));
}

#[test]
fn rules_keep_to_sense() {
    assert_eq!(Rules::default().problems(), []);
    let odd = Rules {
        cases_min: 0,
        shorten_percent: 101,
        ..Rules::default()
    };
    let fields: Vec<String> = odd.problems().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["cases_min", "shorten_percent"]);
}
