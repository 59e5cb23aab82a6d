use std::sync::Arc;

use base::ids::{ItemId, OrgId, Uuid};
use calendar::Unit;

use super::*;
use crate::model::{CaseType, HandlingItem, Item, Limit, Material, Necessity, Step, WindowMode};

fn id(n: u128) -> ItemId {
    ItemId::from_uuid(Uuid::from_u128(n))
}

fn org(n: u128) -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(n))
}

fn fact(n: u128, item: &Item) -> Arc<Fact> {
    Arc::new(Fact::of(id(n), 1, org(1), "990102000000".to_owned(), item))
}

fn facts(items: &[Item]) -> Vec<Arc<Fact>> {
    (1..).zip(items).map(|(n, item)| fact(n, item)).collect()
}

fn days(n: u32, unit: Unit) -> Limit {
    Limit {
        n,
        unit,
        note: String::new(),
    }
}

fn value(figure: Figure, list: &[Arc<Fact>]) -> String {
    let counted = count(figure, list, None, Switches::default());
    counted.ratio.print(figure.kind(), Rounding::HalfUp)
}

/// 1,340 items that share out 5,311 statutory and 1,726 promised days.
#[test]
fn the_compression_of_a_city() {
    let share = |total: u32, n: u32| total / 1340 + u32::from(n < total % 1340);
    let items: Vec<Item> = (0..1340)
        .map(|n| Item {
            statutory_limit: Some(days(share(5311, n), Unit::WorkingDay)),
            promised_limit: Some(days(share(1726, n), Unit::WorkingDay)),
            ..Item::default()
        })
        .collect();
    let counted = count(
        Figure::LimitCompressionRate,
        &facts(&items),
        None,
        Switches::default(),
    );
    assert_eq!(counted.ratio.numerator.print(Rounding::HalfUp), "3,585");
    assert_eq!(
        counted
            .ratio
            .denominator
            .map(|below| below.print(Rounding::HalfUp)),
        Some("5,311".to_owned())
    );
    assert_eq!(counted.ratio.print(Kind::Rate, Rounding::HalfUp), "67.50%");
    assert_eq!(
        counted.ratio.print(Kind::Rate, Rounding::Truncate),
        "67.50%"
    );
    assert_eq!(counted.items.len(), 1340);
}

#[test]
fn items_that_were_cut() {
    for (before, now, rate) in [(1340, 252, "81.19%"), (96, 66, "31.25%"), (2, 3, "−50.00%")] {
        let all: Vec<Item> = vec![Item::default(); before.max(now)];
        let all = facts(&all);
        let counted = count(
            Figure::ItemReductionRate,
            &all[..now],
            Some(&all[..before]),
            Switches::default(),
        );
        assert_eq!(counted.ratio.print(Kind::Rate, Rounding::HalfUp), rate);
        let [gone, came, before, now] = [counted.items.len(), counted.rest.len(), before, now]
            .map(|n| i64::try_from(n).expect("small"));
        assert_eq!(gone - came, before - now);
    }
}

#[test]
fn instant_items_in_points() {
    let list = |instant: usize| {
        let mut items = vec![Item::default(); 304];
        for item in &mut items[..instant] {
            item.case_type = CaseType::Instant;
        }
        count(
            Figure::InstantItemShare,
            &facts(&items),
            None,
            Switches::default(),
        )
    };
    let (before, now) = (list(49), list(164));
    assert_eq!(before.ratio.print(Kind::Rate, Rounding::HalfUp), "16.12%");
    assert_eq!(now.ratio.print(Kind::Rate, Rounding::HalfUp), "53.95%");
    assert_eq!((now.items.len(), now.rest.len()), (164, 140));
    let change = change(
        Figure::InstantItemShare,
        before.ratio,
        now.ratio,
        Rounding::HalfUp,
    );
    assert_eq!(change, Change::Points(3783));
    assert_eq!(change.print(), "+37.83个百分点");
}

#[test]
fn steps_relative_to_before() {
    let step = Step {
        name: "受理".into(),
        ..Step::default()
    };
    let list = |steps: usize| {
        // 252 items, the steps dealt out.
        let items: Vec<Item> = (0..252)
            .map(|n| Item {
                steps: vec![step.clone(); steps / 252 + usize::from(n < steps % 252)],
                ..Item::default()
            })
            .collect();
        count(
            Figure::StepCountAvg,
            &facts(&items),
            None,
            Switches::default(),
        )
        .ratio
    };
    let (before, now) = (list(1244), list(1044));
    assert_eq!((before.numerator.n, now.numerator.n), (1244, 1044));
    let change = change(Figure::StepCountAvg, before, now, Rounding::HalfUp);
    assert_eq!(change.print(), "−16.08%");
}

#[test]
fn licences_of_two_origins() {
    let licence = Item {
        item_type: "01".into(),
        ..Item::default()
    };
    let mut items = vec![licence; 242];
    items.push(Item {
        item_type: "07".into(),
        ..Item::default()
    });
    assert_eq!(value(Figure::LicenceItemCount, &facts(&items)), "242");
    assert_eq!(value(Figure::ImplListCount, &facts(&items)), "243");
}

#[test]
fn a_hundred_per_cent_only_where_nothing_is_missing() {
    let print = |above, below, rounding| Ratio::of(above, below).print(Kind::Rate, rounding);
    assert_eq!(print(99_999, 100_000, Rounding::HalfUp), "99.99%");
    assert_eq!(print(7, 7, Rounding::HalfUp), "100.00%");
    assert_eq!(print(0, 0, Rounding::HalfUp), "—");
    // 94.765 and 99.9896, as reports cut and round them.
    assert_eq!(print(706, 745, Rounding::HalfUp), "94.77%");
    assert_eq!(print(706, 745, Rounding::Truncate), "94.76%");
    assert_eq!(print(537_962, 538_018, Rounding::Truncate), "99.98%");
    assert_eq!(print(537_962, 538_018, Rounding::HalfUp), "99.99%");
    assert_eq!(
        change(
            Figure::ImplListCount,
            Ratio::count(0),
            Ratio::count(3),
            Rounding::HalfUp
        ),
        Change::Unknown
    );
}

#[test]
fn limits_of_different_units_become_working_days() {
    let of = |statutory, promised, instant| Item {
        statutory_limit: statutory,
        promised_limit: promised,
        case_type: if instant {
            CaseType::Instant
        } else {
            CaseType::Promised
        },
        ..Item::default()
    };
    let items = [
        // 7 days hold 5 working days.
        of(
            Some(days(7, Unit::Day)),
            Some(days(2, Unit::WorkingDay)),
            false,
        ),
        of(
            Some(days(10, Unit::WorkingDay)),
            Some(days(168, Unit::Hour)),
            false,
        ),
        of(
            Some(days(20, Unit::WorkingDay)),
            Some(days(0, Unit::WorkingDay)),
            true,
        ),
        of(Some(days(20, Unit::WorkingDay)), None, false),
    ];
    let list = facts(&items);
    let with = |switches| {
        let counted = |figure| count(figure, &list, None, switches).ratio;
        [
            counted(Figure::StatutoryDays).print(Kind::Mean, Rounding::HalfUp),
            counted(Figure::PromisedDays).print(Kind::Mean, Rounding::HalfUp),
            counted(Figure::LimitCompressionRate).print(Kind::Rate, Rounding::HalfUp),
        ]
    };
    assert_eq!(with(Switches::default()), ["11.67", "2.33", "80.00%"]);
    let exclude_instant = Switches {
        exclude_instant: true,
        ..Switches::default()
    };
    assert_eq!(with(exclude_instant), ["7.50", "3.50", "53.33%"]);
    let working_days_only = Switches {
        working_days_only: true,
        ..Switches::default()
    };
    assert_eq!(with(working_days_only), ["20.00", "0.00", "100.00%"]);
}

#[test]
fn materials_are_what_a_person_brings() {
    let material = |key: &str, change: fn(&mut Material)| {
        let mut material = Material {
            key: key.into(),
            ..Material::default()
        };
        change(&mut material);
        material
    };
    let item = Item {
        materials: vec![
            material("form", |_| {}),
            material("id", |m| m.shared_via = "身份证".into()),
            material("deed", |m| m.one_of = "place".into()),
            material("lease", |m| m.one_of = "place".into()),
            material("report", |m| m.produced_by = "990000000001".into()),
            material("photo", |m| m.necessity = Necessity::Situational),
        ],
        ..Item::default()
    };
    assert_eq!(
        value(Figure::MaterialAvg, &facts(std::slice::from_ref(&item))),
        "2.00"
    );
    let variants = Item {
        handling_items: vec![
            HandlingItem::default(),
            HandlingItem {
                materials: vec!["form".into(), "deed".into(), "photo".into()],
                ..HandlingItem::default()
            },
        ],
        ..item
    };
    assert_eq!(value(Figure::MaterialAvg, &facts(&[variants])), "2.50");
}

/// An item of a directory says nothing of visits, materials and days: it is no item without them.
#[test]
fn what_an_item_does_not_say_counts_neither_above_nor_below() {
    let known = Item {
        handling_forms: vec![1, 2],
        visit_count: 1,
        steps: vec![Step::default(); 4],
        materials: vec![Material::default(), Material::default()],
        statutory_limit: Some(days(20, Unit::WorkingDay)),
        promised_limit: Some(days(5, Unit::WorkingDay)),
        ..Item::default()
    };
    let without_visit = Item {
        handling_forms: vec![2],
        visit_count: 0,
        materials: Vec::new(),
        steps: vec![Step::default(); 2],
        ..known.clone()
    };
    let directory = Item {
        online_depth: vec!["查询".into()],
        source: "directory".into(),
        ..Item::default()
    };
    let with = facts(&[known, without_visit, directory.clone(), directory]);
    let of_averages = [
        (Figure::VisitAvg, "0.50"),
        (Figure::OneVisitItemRate, "100.00%"),
        (Figure::ZeroVisitItemRate, "50.00%"),
        (Figure::MaterialAvg, "1.00"),
        (Figure::StepCountAvg, "3.00"),
        (Figure::StatutoryDays, "20.00"),
        (Figure::PromisedDays, "5.00"),
        (Figure::LimitCompressionRate, "75.00%"),
    ];
    for (figure, said) in of_averages {
        assert_eq!(value(figure, &with), said, "{figure:?}");
        assert_eq!(value(figure, &with[..2]), said, "{figure:?}");
        let counted = count(figure, &with, None, Switches::default());
        let left_out: Vec<_> = counted.unknown.iter().map(|fact| fact.item_id).collect();
        assert_eq!(left_out, [id(3), id(4)], "{figure:?}");
        assert_eq!(value(figure, &with[2..]), "—", "{figure:?}");
    }
    for figure in [
        Figure::ImplListCount,
        Figure::InstantItemShare,
        Figure::OnlineItemRate,
    ] {
        let counted = count(figure, &with, None, Switches::default());
        assert!(counted.unknown.is_empty(), "{figure:?}");
        assert_eq!(counted.items.len() + counted.rest.len(), 4, "{figure:?}");
    }
    // At the window alone nobody gets anything without coming: the 0 is no number.
    let blank = Item {
        handling_forms: vec![1],
        ..Item::default()
    };
    assert_eq!(value(Figure::VisitAvg, &facts(&[blank])), "—");
    // A source without a form of handling may still say that everything is done online.
    let online = Item {
        online_depth: vec!["全程网办".into()],
        ..Item::default()
    };
    assert_eq!(value(Figure::VisitAvg, &facts(&[online])), "0.00");
}

#[test]
fn channels_and_halls() {
    let online = Item {
        handling_forms: vec![2],
        online_depth: ["网上受理", "网上办理", "办理结果信息反馈"]
            .map(String::from)
            .into(),
        cross_region_scope: "跨省".into(),
        ..Item::default()
    };
    let half = Item {
        online_depth: vec!["网上受理".into()],
        cross_region_scope: "跨市".into(),
        ..online.clone()
    };
    let window = Item {
        handling_forms: vec![1],
        visit_count: 2,
        in_hall: true,
        accept_window_mode: WindowMode::Integrated,
        ..Item::default()
    };
    let outside = Item {
        handling_forms: vec![1],
        visit_count: 1,
        ..Item::default()
    };
    let list = facts(&[online, half, window, outside]);
    for (figure, said) in [
        (Figure::OnlineItemRate, "50.00%"),
        (Figure::FullOnlineItemRate, "25.00%"),
        (Figure::ZeroVisitItemRate, "50.00%"),
        (Figure::OneVisitItemRate, "75.00%"),
        (Figure::VisitAvg, "0.75"),
        (Figure::HallEntryRate, "50.00%"),
        (Figure::OneWindowRate, "100.00%"),
        (Figure::CrossProvinceCount, "1"),
        (Figure::InProvinceCount, "1"),
        (Figure::BodyCount, "1"),
        (Figure::AutoApprovalItems, "0"),
    ] {
        assert_eq!(value(figure, &list), said, "{figure:?}");
    }
}

/// Behind every number stand exactly the items it counts.
#[test]
fn numbers_and_items_agree() {
    let mut items = vec![Item::default(); 7];
    for (n, item) in items.iter_mut().enumerate() {
        item.visit_count = u8::try_from(n % 3).expect("small");
        item.support.terminal = n % 2 == 0;
        item.base_code = format!("99000000000{}", n / 2);
    }
    let list = facts(&items);
    for figure in Figure::ALL {
        let counted = count(*figure, &list, Some(&list), Switches::default());
        if figure.kind() == Kind::Count
            && !matches!(figure, Figure::BodyCount | Figure::DeficientMaterials)
        {
            let items = i64::try_from(counted.items.len()).expect("small");
            assert_eq!(counted.ratio.numerator.n, items, "{figure:?}");
        }
        assert_eq!(Figure::from_word(figure.word()), Some(*figure));
    }
    let once = Switches {
        once_per_base: true,
        ..Switches::default()
    };
    let counted = count(Figure::ImplListCount, &list, None, once);
    assert_eq!(counted.items.len(), 4);
}
