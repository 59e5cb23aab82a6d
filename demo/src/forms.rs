//! Answers to an application form: what such a person or enterprise might well write.

use approval::Answers;
use base::codes::CitizenId;
use catalog::model::{Field, FieldKind, Item};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::residents::Applicant;

/// Answers to every required question and most others.
pub(crate) fn answers(
    item: &Item,
    applicant: &Applicant<'_>,
    filed: Date,
    dice: &mut Dice,
) -> Answers {
    let mut answers = Answers::new();
    let mut last: Option<Date> = None;
    for field in item.form.fields() {
        let left_out = !field.required && dice.chance(450);
        if left_out || field.kind == FieldKind::File {
            continue;
        }
        answers.insert(
            field.key.clone(),
            answer(field, applicant, filed, &mut last, dice),
        );
    }
    answers
}

fn answer(
    field: &Field,
    applicant: &Applicant<'_>,
    filed: Date,
    last: &mut Option<Date>,
    dice: &mut Dice,
) -> Value {
    match field.kind {
        FieldKind::Text => shorten(text(&field.label, applicant, dice), field).into(),
        FieldKind::LongText => shorten(long_text(&field.label, applicant, dice), field).into(),
        FieldKind::CitizenId => if about_somebody_else(&field.label) {
            other_person(applicant, filed, &field.label, dice)
        } else {
            applicant.person.id_number.clone()
        }
        .into(),
        FieldKind::Uscc => applicant
            .enterprise
            .map_or(applicant.employer, |body| &body.code)
            .into(),
        FieldKind::Phone => applicant.person.phone.clone().into(),
        FieldKind::Address => applicant
            .enterprise
            .map_or(&applicant.person.address, |body| &body.address)
            .clone()
            .into(),
        FieldKind::Date => {
            let date = day(&field.label, applicant, filed, *last, dice);
            *last = Some(date);
            date.to_string().into()
        }
        FieldKind::Amount => amount(field, dice).into(),
        FieldKind::Number => number(field, dice).into(),
        FieldKind::Choice => choice(field, dice).into(),
        FieldKind::Choices => choices(field, dice),
        FieldKind::BankCard => bank_card(dice).into(),
        FieldKind::Email => format!("u{}@example.cn", &applicant.person.phone[3..]).into(),
        FieldKind::Confirm => true.into(),
        FieldKind::RegionAddress => region_address(applicant),
        FieldKind::Group | FieldKind::Table => rows(field, applicant, filed, last, dice),
        FieldKind::Signature => json!({ "name": applicant.person.name, "confirmed": true }),
        // Files of the city are made with the materials.
        FieldKind::File => Value::Null,
    }
}

/// The applicant's address, taken apart into the community and what stands below it.
fn region_address(applicant: &Applicant<'_>) -> Value {
    let (address, place, region) = if let Some(body) = applicant.enterprise {
        (&body.address, &body.place, &body.region)
    } else {
        let person = applicant.person;
        (&person.address, &person.place, &person.region)
    };
    let street = (0..place.len())
        .filter(|at| place.is_char_boundary(*at))
        .find_map(|at| address.strip_prefix(&place[at..]))
        .unwrap_or(address);
    json!({ "region": region, "street": street, "place": place })
}

/// A few rows: the first about the applicant, others about those who work for them.
fn rows(
    field: &Field,
    applicant: &Applicant<'_>,
    filed: Date,
    last: &mut Option<Date>,
    dice: &mut Dice,
) -> Value {
    let (fewest, most) = catalog::form::rows(field);
    let fewest = fewest.max(1);
    let count = dice.between(fewest as i64, (fewest + 2).min(most) as i64);
    let mut all = Vec::new();
    for at in 0..count {
        let mut row = Map::new();
        for inner in &field.fields {
            let asked = Field {
                label: if at == 0 {
                    inner.label.clone()
                } else {
                    format!("受雇人员{}", inner.label)
                },
                ..inner.clone()
            };
            row.insert(
                inner.key.clone(),
                answer(&asked, applicant, filed, last, dice),
            );
        }
        all.push(Value::Object(row));
    }
    all.into()
}

fn shorten(text: String, field: &Field) -> String {
    let longest = usize::from(catalog::form::max_length(field));
    if base::text::visible_len(&text) <= longest {
        text
    } else {
        text.chars().take(longest).collect()
    }
}

fn text(label: &str, applicant: &Applicant<'_>, dice: &mut Dice) -> String {
    let own = applicant.name;
    let has = |word: &str| label.contains(word);
    if label == "犬名" {
        return (*dice.pick(&["豆豆", "旺财", "可乐", "点点", "小白"])).to_owned();
    }
    if label == "犬种" {
        return (*dice.pick(&["泰迪犬", "柯基犬", "中华田园犬", "比熊犬", "拉布拉多犬"]))
            .to_owned();
    }
    if has("设备") {
        let known = [
            "双温冷柜",
            "消毒柜",
            "蒸箱",
            "油烟净化器",
            "三联水池",
            "留样冰箱",
        ];
        return (*dice.pick(&known)).to_owned();
    }
    if has("岗位") {
        return (*dice.pick(&["厨师", "帮厨", "服务员", "收银", "洗消"])).to_owned();
    }
    if has("姓名") && !has("关系") {
        return if about_somebody_else(label) {
            relative_name(applicant, dice)
        } else {
            applicant.person.name.clone()
        };
    }
    if has("医院") {
        return (*dice.pick(&["云川市人民医院", "云川市中医医院", "云川区妇幼保健院"])).to_owned();
    }
    if has("学校和班级") || has("学校") || has("校名") {
        return (*dice.pick(&[
            "云川区滨江小学",
            "云川市第二小学",
            "临江区实验小学",
            "云川市第三中学",
        ]))
        .to_owned();
    }
    if has("编号")
        || has("文号")
        || has("证号")
        || has("代码")
        || has("代号")
        || has("单元号")
        || has("芯片号")
    {
        let length = if has("代号") && has("六位") {
            6
        } else {
            17
        };
        return dice.digits(length);
    }
    if has("号牌") {
        return format!("云A·D{}", dice.digits(4));
    }
    if has("网址") || has("网店") || has("网站") {
        return format!("https://shop{}.example.cn", dice.digits(4));
    }
    if has("银行") {
        return (*dice.pick(&["云川银行营业部", "云川农商银行滨江支行"])).to_owned();
    }
    if has("名称") || has("店名") || has("场所") || has("字号") || has("楼盘") {
        if applicant.enterprise.is_some() {
            return own.to_owned();
        }
        let shop = dice.pick(&["小吃店", "便利店", "面馆", "理发店", "文具店", "水果店"]);
        let surname: String = own.chars().take(1).collect();
        return format!("老{surname}{shop}");
    }
    if has("行业") || has("范围") || has("项目") || has("岗位") || has("科目") || has("学科")
    {
        return (*dice.pick(&[
            "餐饮服务",
            "日用品零售",
            "居民服务",
            "批发和零售",
            "道路货物运输",
        ]))
        .to_owned();
    }
    if has("理由") || has("情况") || has("说明") || has("经过") {
        return long_text(label, applicant, dice);
    }
    if has("起点") || has("终点") || has("站点") || has("桩号") {
        return format!(
            "省道S{}线K{}+{}",
            dice.digits(3),
            dice.digits(2),
            dice.digits(3)
        );
    }
    (*dice.pick(&["按申请材料所列", "详见所附材料", "与登记信息一致"])).to_owned()
}

fn long_text(label: &str, applicant: &Applicant<'_>, dice: &mut Dice) -> String {
    if label.contains("家庭成员") || label.contains("随迁") || label.contains("股东") {
        return format!(
            "{}（本人）、{}（配偶）",
            applicant.person.name,
            relative_name(applicant, dice)
        );
    }
    (*dice.pick(&[
        "因生活和工作需要，现按规定提出申请，所填内容属实。",
        "现场条件已经具备，相关材料随申请一并提交，请予审查。",
        "情况与所附证明材料一致，如需核实请按预留电话联系。",
        "按照办事指南的要求逐项准备，没有隐瞒。",
    ]))
    .to_owned()
}

/// Whether a question is about a person other than the one who asks.
fn about_somebody_else(label: &str) -> bool {
    [
        "子女", "孩子", "宝宝", "配偶", "对方", "母亲", "学生", "老人", "被", "受", "监护", "照护",
        "驾驶", "技术", "经理",
    ]
    .iter()
    .any(|word| label.contains(word))
}

fn relative_name(applicant: &Applicant<'_>, dice: &mut Dice) -> String {
    let surname: String = applicant.person.name.chars().take(1).collect();
    let given = dice.pick(&[
        "子涵", "晨曦", "思雨", "浩然", "秀英", "建华", "雨桐", "明远", "欣怡", "桂芳",
    ]);
    format!("{surname}{given}")
}

fn other_person(applicant: &Applicant<'_>, filed: Date, label: &str, dice: &mut Dice) -> String {
    let young = ["子女", "孩子", "宝宝", "学生"]
        .iter()
        .any(|word| label.contains(word));
    let age = if young {
        dice.between(1, 15)
    } else {
        dice.between(22, 70)
    };
    let county = applicant.person.id_number[..6].parse().unwrap_or(990_102);
    filed
        .checked_sub((age * 365 + dice.between(0, 300)).days())
        .ok()
        .and_then(|born| CitizenId::compose(county, born, dice.between(1, 998) as u16))
        .map_or_else(
            || applicant.person.id_number.clone(),
            |id| id.as_str().to_owned(),
        )
}

fn day(
    label: &str,
    applicant: &Applicant<'_>,
    filed: Date,
    last: Option<Date>,
    dice: &mut Dice,
) -> Date {
    if label.contains("出生日期") && !label.contains("预产期") && !about_somebody_else(label)
    {
        return applicant.person.born;
    }
    let ahead = [
        "希望",
        "计划",
        "预约",
        "有效期",
        "截止",
        "届满",
        "举行",
        "首场",
        "末场",
        "结束",
        "拟",
        "交付",
        "竣工",
    ]
    .iter()
    .any(|word| label.contains(word));
    let moved = if ahead {
        // The end of something lies after its beginning.
        let from = last.filter(|last| *last > filed).unwrap_or(filed);
        from.checked_add(dice.between(3, 60).days())
    } else {
        filed.checked_sub(dice.between(5, 300).days())
    };
    moved.unwrap_or(filed)
}

/// 分, whole hundreds of yuan where the bounds allow it.
fn amount(field: &Field, dice: &mut Dice) -> i64 {
    let low = field.min.unwrap_or(0);
    let high = field.max.unwrap_or(10_000_000).min(low.max(1_000_000) * 20);
    let drawn = dice.between(low, high.max(low)) / 10_000 * 10_000;
    drawn.clamp(low, high.max(low))
}

fn number(field: &Field, dice: &mut Dice) -> i64 {
    let low = field.min.unwrap_or(1);
    let high = field.max.unwrap_or(low + 50).min(low + 120).max(low);
    // Small numbers are commoner.
    let (a, b) = (dice.between(low, high), dice.between(low, high));
    a.min(b)
}

fn choice(field: &Field, dice: &mut Dice) -> String {
    if field.options.is_empty() {
        return String::new();
    }
    dice.pick(&field.options).value.clone()
}

fn choices(field: &Field, dice: &mut Dice) -> Value {
    if field.options.is_empty() {
        return Value::Array(Vec::new());
    }
    let first = dice.index(field.options.len());
    let mut chosen = vec![first];
    let second = dice.index(field.options.len());
    if second != first && dice.chance(400) {
        chosen.push(second);
    }
    chosen.sort_unstable();
    chosen
        .into_iter()
        .map(|place| Value::from(field.options[place].value.clone()))
        .collect()
}

/// 19 digits with a right Luhn digit; the issuer number 990 is nobody's.
pub(crate) fn bank_card(dice: &mut Dice) -> String {
    let body = format!("990{}", dice.digits(15));
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            let doubled = if place % 2 == 0 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
