//! Scales, labels and drawings, also on what nobody expects.

use super::measure::{self, GAP, Label};
use super::scale::Axis;
use super::svg::escape;
use super::tree::{Area, divide};
use super::{Chart, Kind, Mark, Node, Series, Tone, Tree, Unit, sparkline};
use crate::{Lang, Page};

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }

    fn text(&mut self, most: u64) -> String {
        const SIGNS: [char; 10] = ['云', '川', '局', '1', '8', 'm', 'i', 'W', '（', ' '];
        (0..=self.below(most))
            .map(|_| SIGNS[self.below(10) as usize])
            .collect()
    }
}

fn chart(kind: Kind, categories: &[&str], series: &[(&str, &[Option<i64>])]) -> Chart {
    Chart {
        id: "c".to_owned(),
        kind,
        title: "图".to_owned(),
        unit: Unit::whole("件"),
        head: "日期".to_owned(),
        categories: categories.iter().map(|&text| text.to_owned()).collect(),
        series: series
            .iter()
            .enumerate()
            .map(|(index, (label, values))| Series {
                label: (*label).to_owned(),
                tone: Tone::nth(index),
                marks: values
                    .iter()
                    .map(|value| Mark {
                        value: *value,
                        href: value
                            .map(|value| format!("/x?n={value}"))
                            .unwrap_or_default(),
                        provisional: false,
                    })
                    .collect(),
            })
            .collect(),
    }
}

const KINDS: [Kind; 8] = [
    Kind::Line,
    Kind::Bars,
    Kind::Stacked,
    Kind::Rows,
    Kind::StackedRows,
    Kind::Against,
    Kind::Funnel,
    Kind::Heat,
];

#[test]
fn ticks_are_round_and_begin_at_zero() {
    for (values, ticks) in [
        (&[][..], &[0, 1][..]),
        (&[0], &[0, 1]),
        (&[1], &[0, 1]),
        (&[4], &[0, 1, 2, 3, 4]),
        (&[7], &[0, 2, 4, 6, 8]),
        (&[98_412], &[0, 50_000, 100_000]),
        (&[-3, 5], &[-4, -2, 0, 2, 4, 6]),
        (&[-10], &[-10, -5, 0]),
    ] {
        assert_eq!(Axis::of(values.iter().copied()).ticks, ticks, "{values:?}");
    }
    for value in [i64::MAX, i64::MIN] {
        let axis = Axis::of([value]);
        assert!(axis.ticks.len() >= 2 && axis.ticks.len() <= 7, "{axis:?}");
        assert!((0..=10_000).contains(&axis.share(value)));
    }
}

#[test]
fn an_axis_holds_every_value_whatever_it_is() {
    let mut dice = Dice(1);
    for _ in 0..2_000 {
        let size = 10_u64.pow(dice.below(15) as u32);
        let values: Vec<i64> = (0..=dice.below(5))
            .map(|_| dice.below(size) as i64 - i64::from(dice.below(4) == 0) * (size / 2) as i64)
            .collect();
        let axis = Axis::of(values.iter().copied());
        assert!(axis.ticks.len() <= 7, "{values:?} {axis:?}");
        assert!(axis.ticks.contains(&0), "{values:?} {axis:?}");
        for value in values {
            assert!((axis.low..=axis.high).contains(&value), "{value} {axis:?}");
        }
    }
}

#[test]
fn numbers_are_said_in_chinese_units() {
    let (cases, days) = (Unit::whole("件"), Unit::tenths("个工作日"));
    assert_eq!(cases.say(98_412), "98,412件");
    assert_eq!(days.say(26), "2.6个工作日");
    assert_eq!(days.figure(-5), "−0.5");
    for (value, text) in [
        (0, "0"),
        (9_500, "9500"),
        (120_000, "12万"),
        (125_000, "12.5万"),
        (150_000_000, "1.5亿"),
        (-20_000, "−2万"),
    ] {
        assert_eq!(cases.tick(Lang::Zh, value), text);
    }
    assert_eq!(cases.tick(Lang::En, 125_000), "125k");
    assert_eq!(days.tick(Lang::Zh, 25), "2.5");
}

#[test]
fn labels_never_overlap() {
    let mut dice = Dice(2);
    for _ in 0..3_000 {
        let texts: Vec<String> = (0..=dice.below(60)).map(|_| dice.text(18)).collect();
        let room = 300 + dice.below(6_000) as i64;
        let labels = measure::along(&texts, room);
        assert!(!labels.is_empty(), "{texts:?} {room}");
        for pair in labels.windows(2) {
            let [one, other]: &[Label; 2] = pair.try_into().expect("two");
            assert!(one.to + GAP <= other.from, "{one:?} {other:?} {room}");
        }
        for label in &labels {
            assert!(label.from >= 0 && label.to <= room, "{label:?} {room}");
            assert!(measure::width(&label.text) <= label.to - label.from);
        }
    }
}

#[test]
fn a_label_is_cut_to_its_room_or_left_out() {
    assert_eq!(measure::fit("云川区市场监督管理局", 500), "云川区市…");
    assert_eq!(measure::fit("云川区", 300), "云川区");
    assert_eq!(measure::fit("云川区", 150), "");
    let mut dice = Dice(3);
    for _ in 0..2_000 {
        let (text, room) = (dice.text(30), dice.below(1_500) as i64);
        assert!(
            measure::width(&measure::fit(&text, room)) <= room,
            "{text} {room}"
        );
    }
}

#[test]
fn texts_one_above_the_other_stay_apart() {
    let mut dice = Dice(4);
    for _ in 0..2_000 {
        let heights: Vec<i64> = (0..=dice.below(4))
            .map(|_| dice.below(1_300) as i64)
            .collect();
        let mut placed = measure::apart(&heights, 130, 1_340);
        placed.sort_unstable();
        for pair in placed.windows(2) {
            assert!(pair[1] - pair[0] >= 130, "{heights:?} {placed:?}");
        }
        assert!(placed.iter().all(|y| (0..=1_340).contains(y)), "{placed:?}");
    }
}

#[test]
fn areas_fill_the_whole_and_do_not_overlap() {
    let mut dice = Dice(5);
    let whole = Area {
        x: 0,
        y: 0,
        width: 10_000,
        height: 2_200,
    };
    for _ in 0..500 {
        let sizes: Vec<i64> = (0..=dice.below(25))
            .map(|_| dice.below(1_000) as i64 + 1)
            .collect();
        let areas = divide(&sizes, whole);
        assert_eq!(areas.len(), sizes.len());
        let sum: i64 = areas.iter().map(|area| area.width * area.height).sum();
        assert_eq!(sum, whole.width * whole.height, "{sizes:?}");
        for (index, one) in areas.iter().enumerate() {
            for other in &areas[index + 1..] {
                let beside = one.x + one.width <= other.x || other.x + other.width <= one.x;
                let above = one.y + one.height <= other.y || other.y + other.height <= one.y;
                assert!(beside || above, "{one:?} {other:?}");
            }
        }
    }
    assert_eq!(divide(&[], whole), []);
    assert!(divide(&[0, 0], whole).iter().all(|area| area.width == 0));
}

#[test]
fn every_kind_is_drawn_from_anything() {
    let page = Page::default();
    for kind in KINDS {
        for values in [
            &[][..],
            &[None],
            &[Some(0)],
            &[Some(1)],
            &[Some(0), Some(0)],
            &[Some(-5), Some(3)],
            &[Some(i64::MAX), Some(1), None],
            &[Some(3), None, Some(4), Some(2)],
        ] {
            let categories = &["一", "二", "三", "四"][..values.len()];
            for series in [
                &[("甲", values)][..],
                &[("甲", values), ("乙", values)],
                &[("甲", values), ("乙", &values[..values.len() / 2])],
            ] {
                let html = chart(kind, categories, series).render(&page);
                assert!(
                    !html.contains("style=") && !html.contains("NaN"),
                    "{kind:?}"
                );
                let known = values.iter().flatten().count();
                assert_eq!(known == 0, html.contains("没有数据"), "{kind:?} {values:?}");
            }
        }
    }
}

#[test]
fn every_number_stands_in_the_table_and_leads_to_its_records() {
    let page = Page::default();
    for kind in KINDS {
        let html = chart(
            kind,
            &["1月", "2月"],
            &[
                ("收件", &[Some(1_204), Some(7)]),
                ("办结", &[Some(11), None]),
            ],
        )
        .render(&page);
        let (drawn, table) = html.split_once("<details").expect("a table");
        for (value, text) in [(1_204, "1,204"), (7, "7"), (11, "11")] {
            let link = format!("<a href=\"/x?n={value}\">{text}</a>");
            assert!(table.contains(&link), "{kind:?} {table}");
            // A funnel is one series.
            if kind != Kind::Funnel || value != 11 {
                assert!(
                    drawn.contains(&format!("href=\"/x?n={value}\"")),
                    "{kind:?}"
                );
            }
        }
        assert!(table.contains("<td class=\"r\">—</td>"), "{kind:?}");
        assert!(drawn.contains("role=\"group\"") && !drawn.contains("role=\"img\""));
    }
}

#[test]
fn a_gap_parts_a_line_and_a_provisional_end_is_dotted() {
    let mut chart = chart(
        Kind::Line,
        &["1", "2", "3", "4", "5"],
        &[("收件", &[Some(1), Some(2), None, Some(3), Some(4)])],
    );
    chart.series[0].marks[4].provisional = true;
    let html = chart.render(&Page::default());
    assert_eq!(html.matches("<polyline").count(), 2);
    assert_eq!(html.matches("l-0 maybe").count(), 1);
    assert!(html.contains("暂定"));
}

#[test]
fn labels_cannot_leave_their_place() {
    assert_eq!(escape("<a&\"'\u{0}>"), "&lt;a&amp;&quot;&#39;&gt;");
    let bad = "</title><script>alert('x')</script>";
    for kind in KINDS {
        let mut chart = chart(kind, &[bad, "二"], &[(bad, &[Some(1), Some(2)])]);
        chart.title = bad.to_owned();
        chart.unit.word = bad.to_owned();
        chart.head = bad.to_owned();
        chart.series[0].marks[0].href = "/x?a=\"><script>".to_owned();
        let html = chart.render(&Page::default());
        assert!(!html.contains("<script>"), "{kind:?} {html}");
    }
}

#[test]
fn series_are_told_apart_without_colour() {
    let html = chart(
        Kind::StackedRows,
        &["甲局"],
        &[("一", &[Some(1)]), ("二", &[Some(1)]), ("三", &[Some(1)])],
    )
    .render(&Page::default());
    assert!(html.contains("fill=\"url(#c-second)\"") && html.contains("<pattern id=\"c-second\""));
    assert!(html.contains("fill=\"url(#c-third)\"") && html.contains("<pattern id=\"c-third\""));
    let lines = chart(
        Kind::Line,
        &["1", "2"],
        &[("一", &[Some(1), Some(2)]), ("二", &[Some(2), Some(1)])],
    )
    .render(&Page::default());
    assert!(lines.contains("<circle") && lines.contains("<rect x=\"-3.2\""));
}

#[test]
fn a_tree_shows_regions_inside_regions() {
    let leaf = |label: &str, size| Node {
        label: label.to_owned(),
        size,
        shade: size,
        href: format!("/x?region={label}"),
        inside: Vec::new(),
    };
    let tree = Tree {
        id: "t".to_owned(),
        title: "各区收件".to_owned(),
        head: "区划".to_owned(),
        size: ("收件".to_owned(), Unit::whole("件")),
        shade: ("超期".to_owned(), Unit::whole("件")),
        nodes: vec![
            Node {
                inside: vec![leaf("柳营街道", 20), leaf("沙堤街道", 10)],
                ..leaf("云川区", 30)
            },
            leaf("临江区", 5),
        ],
    };
    let html = tree.render(&Page::default());
    for name in ["云川区", "柳营街道", "沙堤街道", "临江区"] {
        assert_eq!(
            html.matches(&format!("href=\"/x?region={name}\"")).count(),
            2,
            "{name}"
        );
    }
    let empty = Tree {
        nodes: Vec::new(),
        ..tree
    };
    assert!(empty.render(&Page::default()).contains("没有数据"));
}

#[test]
fn a_sparkline_stands_on_one_or_no_value() {
    for values in [&[][..], &[5], &[1, 2, 3]] {
        let html = sparkline(values, "近7天收件");
        assert!(html.contains("role=\"img\" aria-label=\"近7天收件\""));
        assert_eq!(html.matches(',').count(), values.len());
    }
}
