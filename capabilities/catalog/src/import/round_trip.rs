//! What is written is read back as it was, and written again to the same bytes, whatever the records hold.

use base::ids::Uuid;
use serde_json::Value;

use super::bodies::Body;
use super::table::item_cells;
use super::*;
use crate::export;

const DEMO: &str = include_str!("../../../../data/items/demo_items.json");

fn bodies() -> Bodies {
    let mut bodies = Bodies::default();
    for (n, key) in [(1, "a"), (2, "b")] {
        bodies.add(&Body {
            id: OrgId::from_uuid(Uuid::from_u128(n)),
            key,
            name: key,
            short_name: "",
            uscc: "",
            region: "990102",
        });
    }
    bodies
}

/// An item that says something in every field of the model.
fn full() -> Item {
    let item = r#"{
        "name": "食品经营许可（新办）", "aliases": ["开饭店", "开小吃店"], "base_code": "000131029000",
        "impl_code": "11990102MB2A0000142000131029000", "local_item_code": "旧-1", "item_type": "01",
        "exercise_level": 4, "region_code": "990102",
        "legal_basis": [{"law": "《食品安全法》", "document_no": "主席令第二十一号", "level": "法律", "article": "第三十五条", "text": "国家对食品生产经营实行许可制度。\n第二段|竖线\\反斜"}],
        "service_objects": [1, 2, 6], "case_type": "instant",
        "statutory_limit": {"n": 20, "unit": "working_day", "note": "第三十五条"},
        "promised_limit": {"n": 8, "unit": "working_day", "note": "材料齐全"},
        "accept_conditions": ["有固定场所", "有管理人员"],
        "steps": [{"name": "受理", "role": "窗口", "days": 1, "output": "受理通知书"}, {"name": "决定", "role": "", "days": null, "output": ""}],
        "materials": [{"key": "licence", "name": "营业执照", "necessity": "situational", "condition": "个体工商户", "original_count": 1, "copy_count": 2,
            "form": "纸质或电子", "source_channel": "government", "source_agency": "市场监管局", "fill_notes": "清楚", "accept_standard": "有效",
            "legal_basis": "第五条", "shared_via": "电子营业执照", "deficient_ok": true, "core": true, "commitment_replaceable": true, "standard": "S001",
            "one_of": "身份", "produced_by": "000131001000", "category": "原件", "spec": "A4", "blank_form": "/files/a", "sample": "/files/b"}],
        "form": {"pages": [{"key": "shop", "title": "您的店在哪里？", "hint": "", "fields": [{"key": "area", "label": "面积", "kind": "number", "required": true, "min": 1, "max": 9999,
            "options": [], "element": "E1", "personal": true, "max_length": 10, "hint": "平方米", "fields": []}]}]},
        "handling_forms": [1, 2, 9], "visit_count": 1, "visit_reason": "核验原件", "online_depth": ["网上受理"],
        "cross_region_scope": "全城通办", "cross_region_mode": ["全程网办"],
        "fees": [{"name": "工本费", "standard": "5元", "basis": "某办法", "waiver": "低保户免", "waiver_basis": "某通知"}],
        "quantity_limit": "无", "result": {"name": "食品经营许可证", "kind": "approval", "valid_years": 5, "annual_check": "每年", "sample": "/files/c"},
        "delivery": ["window", "post", "electronic"], "places": [{"hall": "大厅", "address": "一路1号", "windows": "3号", "hours": "9:00—17:00"}],
        "consult_phone": "099-1", "complaint_phone": "099-2", "themes_person": ["准营准办"], "themes_corp": ["准营准办"], "life_events": ["开店"],
        "faq": [{"question": "要多久？", "answer": "八天"}], "remedy": "复议", "summary": "开店要办", "source": "statute",
        "main_item_name": "食品经营许可", "sub_item_name": "新办", "base_version": 3, "power_scope": "县级", "exercise_content": "全部",
        "power_source": "peer_entrusted", "delegated_dept": "市局", "body_nature": 3, "joint_bodies": ["消防"],
        "special_procedures": [{"kind": "检验", "legal_basis": "第六条", "days": 10, "counted": true}],
        "online_url": "https://example.org/a", "mobile_url": "https://example.org/m",
        "support": {"booking": true, "pay": true, "post": true, "terminal": true}, "in_hall": true, "accept_window_mode": "back_office",
        "intermediary_services": [{"name": "验资", "legal_basis": "第七条"}],
        "commitment": {"mode": "licence", "concerns": ["公共安全"], "override_reason": "风险可控"}, "allow_deficient": true, "instant_mode": "auto",
        "handling_items": [{"suffix": "01", "name": "新办", "materials": ["licence"], "promised_limit": {"n": 5, "unit": "day", "note": ""}, "visit_count": 0}],
        "situation": {"questions": [{"key": "net", "text": "网络经营吗？", "hint": "", "kind": "yes_no", "options": [], "steps": [], "when": ""}],
            "outcomes": [{"key": "a", "name": "网络", "when": "net", "handling_item": "01", "materials": ["licence"], "without": [], "pages": ["shop"],
                "promised_limit": null, "visit_count": 1, "route": "", "stop": ""}]},
        "validity": {"from": "2026-01-01", "to": "2027-12-31"}
    }"#;
    serde_json::from_str(item).expect("an item")
}

/// Every path of a record where nothing is said.
fn unsaid(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                unsaid(&format!("{path}.{name}"), member, found);
            }
        }
        Value::Array(entries) => match entries.first() {
            None => found.push(path.to_owned()),
            Some(first) => unsaid(path, first, found),
        },
        Value::Null | Value::Bool(false) => found.push(path.to_owned()),
        Value::String(text) if text.is_empty() => found.push(path.to_owned()),
        Value::Number(number) if number.as_u64() == Some(0) => found.push(path.to_owned()),
        _ => {}
    }
}

#[test]
fn every_field_has_a_column() {
    let item = full();
    let mut members = serde_json::to_value(&item).expect("plain data");
    // These two are carried as JSON as a whole.
    let map = members.as_object_mut().expect("a record");
    map.remove("form");
    map.remove("situation");
    let mut left = Vec::new();
    unsaid("", &members, &mut left);
    left.retain(|path| path.rsplit_once('.').is_none_or(|(_, last)| last != "note"));
    assert_eq!(
        left,
        [".handling_items.visit_count"],
        "the record says nothing there"
    );
    let cells = item_cells(&item);
    assert_eq!(
        cells.last().map(String::as_str),
        Some(""),
        "a field without a column"
    );
    for material in &item.materials {
        let cells = super::table::material_cells(material);
        assert_eq!(
            cells.last().map(String::as_str),
            Some(""),
            "a field without a column"
        );
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

const ODD: &[&str] = &[
    " 前后有空格 ",
    "甲、乙；丙",
    "一行\r\n二行",
    "\n空行在前",
    "=1+1",
    "'引号",
    "_x000D_",
    "\u{1}\u{7f}控制",
    "竖｜线|和\\n",
    "〔续1〕",
    "😀𠮷",
    "是",
    "0",
    "1.0",
    "<a>&\"'</a>",
    "\u{FFFE}",
    "",
];

/// Changes texts, numbers and lists of a record here and there.
fn disturb(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                // Words of fixed sets stay words of those sets.
                let fixed = matches!(
                    name.as_str(),
                    "case_type"
                        | "unit"
                        | "necessity"
                        | "source_channel"
                        | "kind"
                        | "delivery"
                        | "mode"
                        | "power_source"
                        | "accept_window_mode"
                        | "instant_mode"
                        | "validity"
                );
                if !fixed {
                    disturb(member, dice);
                }
            }
        }
        Value::Array(entries) => {
            if dice.roll(12) == 0 {
                entries.clear();
            }
            if let Some(first) = entries.first().cloned()
                && dice.roll(6) == 0
            {
                entries.push(first);
            }
            for entry in entries {
                disturb(entry, dice);
            }
        }
        Value::String(text) if dice.roll(6) == 0 => {
            ODD[usize::try_from(dice.roll(ODD.len() as u64)).expect("small")].clone_into(text);
        }
        Value::Number(number) if dice.roll(6) == 0 => {
            *number = dice.roll(200).into();
        }
        Value::Bool(yes) => *yes ^= dice.roll(4) == 0,
        _ => {}
    }
}

fn items() -> Vec<(&'static str, Item)> {
    let demo: Vec<Value> = serde_json::from_str(DEMO).expect("JSON");
    let mut patterns: Vec<Value> = demo.iter().map(|record| record["item"].clone()).collect();
    patterns.push(serde_json::to_value(full()).expect("plain data"));
    let mut dice = Dice(20_260_511);
    let mut items = Vec::new();
    for n in 0..400 {
        let mut value = patterns[n % patterns.len()].clone();
        disturb(&mut value, &mut dice);
        // Two records with one code or one name at one body are one item; here each is its own.
        value["impl_code"] = if n % 3 == 0 {
            Value::from("")
        } else {
            Value::from(format!("编码{n}"))
        };
        value["local_item_code"] = if n % 2 == 0 {
            Value::from("")
        } else {
            Value::from(format!("旧{n}"))
        };
        value["name"] = Value::from(format!("事项{}", n / 2));
        let item: Item = serde_json::from_value(value).expect("still an item");
        items.push((if n % 2 == 0 { "a" } else { "b" }, item));
    }
    let mut long = full();
    long.impl_code = "长".into();
    long.remedy = "长文 一段。\n".repeat(12_000).trim_end().to_owned();
    long.form.pages = vec![long.form.pages[0].clone(); 300];
    items.push(("a", long));
    items
}

fn raw(content: &[u8]) -> Vec<Raw> {
    if content.starts_with(b"PK") {
        xlsx::read(content).expect("reads")
    } else {
        let text = std::str::from_utf8(content).expect("UTF-8");
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        sheet::read(
            csv_file::File::open(text).expect("opens").into_sheet(),
            None,
        )
        .expect("reads")
    }
}

fn same(written: &[(&str, Item)], read: &[Raw]) {
    assert_eq!(written.len(), read.len());
    for ((body, item), raw) in written.iter().zip(read) {
        assert_eq!(raw.errors, [], "{}", item.name);
        assert_eq!(*body, raw.body);
        assert_eq!(*item, raw.item, "{}", item.name);
    }
}

fn workbook<'a>(items: impl IntoIterator<Item = (&'a str, &'a Item)>) -> Vec<u8> {
    let mut file = export::Xlsx::begin().expect("begins");
    for (body, item) in items {
        file.item(body, item).expect("writes");
    }
    file.finish().expect("writes")
}

#[test]
fn a_workbook_is_read_back_as_it_was_and_written_again_to_the_same_bytes() {
    let items = items();
    let first = workbook(items.iter().map(|(body, item)| (*body, item)));
    let read = raw(&first);
    same(&items, &read);
    let second = workbook(read.iter().map(|raw| (raw.body.as_str(), &raw.item)));
    assert!(first == second, "the second file differs from the first");
}

#[test]
fn a_csv_file_is_read_back_as_it_was_and_written_again_to_the_same_bytes() {
    let mut items = items();
    items.pop();
    let write = |items: &[(&str, Item)]| {
        let mut bytes = Vec::new();
        let mut file = export::Csv::begin(&mut bytes).expect("begins");
        for (body, item) in items {
            file.item(body, item).expect("writes");
        }
        file.finish().expect("writes");
        bytes
    };
    let first = write(&items);
    let read = raw(&first);
    same(&items, &read);
    let again: Vec<(&str, Item)> = items
        .iter()
        .zip(read)
        .map(|((body, _), raw)| (*body, raw.item))
        .collect();
    assert!(
        first == write(&again),
        "the second file differs from the first"
    );
}

#[test]
fn a_changed_cell_counts_more_than_what_was_kept_beside_it() {
    let mut item = full();
    item.aliases = vec!["开饭店、开酒楼".into()];
    item.remedy = " 复议 ".into();
    let cells = item_cells(&item);
    let exact = cells.last().expect("the last cell");
    assert!(
        exact.contains("aliases") && exact.contains("remedy"),
        "{exact}"
    );
    // As a person edits the file: new aliases, nothing else.
    let mut edited = item.clone();
    edited.aliases = vec!["开食堂".into()];
    edited.remedy = "复议".into();
    super::table::complete(&mut edited, exact).expect("reads");
    assert_eq!(edited.aliases, ["开食堂"]);
    assert_eq!(edited.remedy, " 复议 ");
}

#[test]
fn a_workbook_says_nothing_of_when_it_was_made() {
    let item = full();
    let one = workbook([("a", &item)]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(one == workbook([("a", &item)]));
}

#[test]
fn the_published_lists_survive_the_trip() {
    let bodies = bodies().with_default(Some(OrgId::from_uuid(Uuid::from_u128(1))));
    for list in [
        DEMO,
        include_str!("../../../../data/items/catalogue.json"),
        include_str!("../../../../data/items/directory_guangan.csv"),
    ] {
        let parsed = read(list.as_bytes(), &bodies).expect("reads");
        let first = workbook(parsed.good.iter().map(|record| ("a", &record.item)));
        let again = read(&first, &bodies).expect("reads");
        assert_eq!(again.errors, []);
        assert_eq!(again.good.len(), parsed.good.len());
        for (before, after) in parsed.good.iter().zip(&again.good) {
            assert_eq!(before.item, after.item);
        }
        let second = workbook(again.good.iter().map(|record| ("a", &record.item)));
        assert!(first == second);
    }
}
