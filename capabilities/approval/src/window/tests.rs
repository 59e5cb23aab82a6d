//! The rules of a window on one case.

use base::ids::OrgId;
use uuid::Uuid;

use super::handover::{HandOver, Place, Received, VERSION, may_take_in};
use super::reasons;

fn message() -> HandOver {
    let place = |n: u128, name: &str, region: &str| Place {
        org: OrgId::from_uuid(Uuid::from_u128(n)),
        org_name: name.to_owned(),
        region: region.to_owned(),
    };
    HandOver {
        version: VERSION,
        case_no: "990102202605110001".to_owned(),
        item_code: "11990102".to_owned(),
        item_name: "食品经营许可".to_owned(),
        applicant_name: "李雨桐".to_owned(),
        scope: "全城通办".to_owned(),
        from: place(1, "云溪区政务服务中心", "990103"),
        to: place(2, "云川区市场监管局", "990102"),
        clerk: "张敏".to_owned(),
        taken_at: "2026-05-11T02:20:00Z".parse().expect("an instant"),
        materials: vec![Received {
            key: "photo".to_owned(),
            name: "照片".to_owned(),
            files: vec!["00".repeat(32)],
            paper: true,
        }],
    }
}

#[test]
fn a_message_is_read_back_and_a_changed_one_is_not() {
    let sent = message();
    let (text, digest) = (sent.text(), sent.digest());
    assert_eq!(HandOver::read(&text, &digest), Ok(sent));
    let changed = text.replace("照片", "图片");
    assert!(
        HandOver::read(&changed, &digest)
            .expect_err("changed")
            .contains("不符")
    );
    let newer = text.replace("\"version\":1", "\"version\":2");
    assert!(
        HandOver::read(&newer, &digest)
            .expect_err("newer")
            .contains("第2版")
    );
    assert!(HandOver::read("{}", &digest).is_err());
}

#[test]
fn the_text_of_a_message_is_a_promise() {
    let text = message().text();
    assert!(
        text.starts_with("{\"version\":1,\"case_no\":\"990102202605110001\",\"item_code\":"),
        "{text}"
    );
}

#[test]
fn a_window_takes_in_what_its_scope_reaches() {
    for (scope, decided, window, may) in [
        ("全城通办", "990102", "990103", true),
        ("全城通办", "990102", "990203", false),
        ("跨县", "990102001", "990103", true),
        ("省内通办", "990102", "990203", true),
        ("省内通办", "990102", "980203", false),
        ("跨省", "990102", "110101", true),
        ("", "990102", "990103", false),
        ("本级", "990102", "990103", false),
    ] {
        assert_eq!(
            may_take_in(scope, decided, window),
            may,
            "{scope} {decided} {window}"
        );
    }
}

#[test]
fn codes_are_unique_and_have_labels() {
    for list in [&reasons::ESCALATION[..], &reasons::GREEN[..]] {
        for (code, label) in list {
            assert_eq!(reasons::label(list, code), Some(*label));
            assert_eq!(list.iter().filter(|(known, _)| known == code).count(), 1);
        }
    }
    assert_eq!(reasons::label(&reasons::GREEN, "nobody"), None);
}
