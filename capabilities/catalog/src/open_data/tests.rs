use base::ids::{ItemId, OrgId, Uuid, VersionId};
use jiff::Timestamp;
use serde_json::json;

use super::{changes, jsonld};
use crate::model::{Fee, Item, ItemState, Limit, Place, Published, ResultDoc};
use crate::snapshot::Snapshot;
use crate::store::PublicChange;

fn published(item: Item) -> Published {
    Published {
        item_id: ItemId::from_uuid(Uuid::from_u128(1)),
        version_id: VersionId::from_uuid(Uuid::from_u128(2)),
        version: 3,
        digest: "00".into(),
        published_at: Timestamp::UNIX_EPOCH,
        current: true,
        state: ItemState::Published,
        org_id: OrgId::from_uuid(Uuid::from_u128(4)),
        item,
        flags: Vec::new(),
    }
}

const BODY: jsonld::Body<'_> = jsonld::Body {
    name: "民政局",
    phone: "0999-1234567",
    region: "990102",
};

#[test]
fn a_guide_is_a_government_service() {
    let data = jsonld::of(
        "https://zwfw.example",
        &published(Item {
            name: "结婚登记".into(),
            aliases: vec!["领证".into()],
            item_type: "07".into(),
            service_objects: vec![1],
            handling_forms: vec![1, 2],
            promised_limit: Some(Limit {
                n: 2,
                unit: calendar::Unit::Hour,
                note: String::new(),
            }),
            result: ResultDoc {
                name: "结婚证".into(),
                ..ResultDoc::default()
            },
            fees: vec![Fee {
                name: "工本费".into(),
                standard: "9元".into(),
                ..Fee::default()
            }],
            places: vec![Place {
                hall: "政务服务中心".into(),
                address: "东湖路1号".into(),
                windows: "A01".into(),
                hours: "工作日".into(),
            }],
            ..Item::default()
        }),
        BODY,
    );
    assert_eq!(data["@type"], "GovernmentService");
    assert_eq!(data["@context"], "https://schema.org");
    assert_eq!(data["alternateName"], json!(["领证"]));
    assert_eq!(data["serviceOperator"]["name"], "民政局");
    assert_eq!(data["audience"][0]["audienceType"], "自然人");
    assert_eq!(data["audience"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["availableChannel"][0]["processingTime"], "PT2H");
    assert_eq!(
        data["availableChannel"][1]["serviceLocation"]["address"],
        "东湖路1号"
    );
    assert_eq!(data["serviceOutput"]["name"], "结婚证");
    assert_eq!(data["isAccessibleForFree"], false);
    assert_eq!(data["version"], 3);
}

#[test]
fn what_is_not_published_is_left_out() {
    let data = jsonld::of(
        "https://zwfw.example",
        &published(Item {
            name: "咨询".into(),
            ..Item::default()
        }),
        BODY,
    );
    for member in [
        "description",
        "serviceOutput",
        "offers",
        "availableChannel",
        "audience",
    ] {
        assert_eq!(data.get(member), None, "{member}");
    }
    assert_eq!(data["isAccessibleForFree"], true);
}

#[test]
fn changes_are_lines_and_entries() {
    let change = |position, kind: &str, version| PublicChange {
        position,
        item_id: ItemId::from_uuid(Uuid::from_u128(1)),
        kind: kind.into(),
        version,
        digest: "ab".into(),
        at: Timestamp::UNIX_EPOCH,
    };
    let list = [change(7, "suspended", 2), change(5, "published", 2)];
    let snapshot = Snapshot::default();
    let lines = changes::json_lines("https://zwfw.example", &snapshot, &list);
    let read: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0]["position"], 7);
    assert_eq!(read[1]["kind"], "published");
    assert!(
        read[0]["url"]
            .as_str()
            .is_some_and(|url| url.ends_with("/versions/2"))
    );
    let atom = changes::atom("https://zwfw.example", "云岭 & 事项", &snapshot, &list);
    assert!(atom.contains("<title>云岭 &amp; 事项</title>"), "{atom}");
    assert_eq!(atom.matches("<entry>").count(), 2);
    assert_eq!(atom.matches("</entry>").count(), 2);
    assert!(atom.contains("<summary>修订，第2版</summary>"), "{atom}");
    assert!(atom.contains("<summary>暂停，第2版</summary>"), "{atom}");
    assert!(
        atom.contains("<updated>1970-01-01T00:00:00Z</updated>"),
        "{atom}"
    );
}
