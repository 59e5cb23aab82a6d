//! The picture and its words.

use super::route;
use crate::net::Net;
use crate::picture::{Mark, Marks, draw, in_words};

fn net() -> Net {
    let route = route(&[
        "a -> f",
        "f -> b1",
        "f -> b2",
        "b1 -> j",
        "b2 -> j",
        "j -> x",
        "x -> a if !agreed.x",
        "x -> d if n < 50",
        "x -> y",
        "y -> d",
        "d -> e",
    ]);
    Net::build(&route).expect("a good route")
}

#[test]
fn every_step_is_drawn_once_and_the_picture_has_a_name() {
    let picture = draw(&net(), "食品<经营>", "p", &Marks::new());
    assert_eq!(picture.matches("class=\"rt-step").count(), 6);
    assert_eq!(picture.matches("marker-end").count(), net().edges.len());
    assert_eq!(picture.matches("rt-back").count(), 1, "the way back to a");
    assert!(picture.contains("食品&lt;经营&gt;"));
    assert!(
        !picture.contains("style="),
        "the content policy refuses inline style"
    );
}

#[test]
fn boxes_do_not_overlap() {
    let picture = draw(&net(), "路线", "p", &Marks::new());
    let number = |text: &str, name: &str| -> i32 {
        let from = text.find(&format!("{name}=\"")).expect("an attribute") + name.len() + 2;
        let rest = &text[from..];
        rest[..rest.find('"').expect("its end")]
            .parse()
            .expect("a number")
    };
    let boxes: Vec<(i32, i32)> = picture
        .split("<rect ")
        .skip(1)
        .filter(|text| text.contains("height=\"44\""))
        .map(|text| (number(text, "x"), number(text, "y")))
        .collect();
    assert_eq!(boxes.len(), 6);
    for (at, one) in boxes.iter().enumerate() {
        for other in &boxes[at + 1..] {
            let apart = (one.0 - other.0).abs() >= 136 || (one.1 - other.1).abs() >= 44;
            assert!(apart, "{one:?} and {other:?}");
        }
    }
}

#[test]
fn the_words_say_where_each_step_leads() {
    let marks = Marks::from([("a".to_owned(), Mark::Now)]);
    let words = in_words(&net(), &marks);
    assert!(
        words[0].starts_with("“a”（审查，本机关）（正在办）"),
        "{words:?}"
    );
    assert!(
        words.iter().any(|line| line.contains("同时办“b1”、“b2”")),
        "{words:?}"
    );
    assert!(
        words.iter().any(|line| line.contains("其他情况到“y”")),
        "{words:?}"
    );
}

/// The catalogue of components shows this route, drawn by what draws every other.
#[test]
fn the_catalogue_of_components_shows_what_is_drawn() {
    let named: [(&str, &[(&str, Mark)]); 2] = [
        ("plain", &[]),
        (
            "running",
            &[
                ("a", Mark::Done),
                ("f", Mark::Done),
                ("b1", Mark::Now),
                ("b2", Mark::Now),
            ],
        ),
    ];
    for (name, marks) in named {
        let marks: Marks = marks
            .iter()
            .map(|(key, mark)| ((*key).to_owned(), *mark))
            .collect();
        let path = format!(
            "{}/../../platform/ui/templates/design/route-{name}.svg",
            env!("CARGO_MANIFEST_DIR")
        );
        let drawn = draw(
            &net(),
            "食品经营许可的办理流程",
            &format!("route-{name}"),
            &marks,
        );
        let kept = std::fs::read_to_string(path).expect("the catalogue has it");
        assert_eq!(kept.trim_end(), drawn, "draw it anew");
    }
}
