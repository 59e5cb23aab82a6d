//! C1 … C10: the ten rules of the item standard, each with its stable words `c1.…` to `c10.…`.
//!
//! C1, C2 and C5 hold for every record. The others may have been broken by lists that are older than the rules: they
//! stop a draft and mark an import.

use base::codes::{BaseCode, ImplCode, RegionCode};
use calendar::Unit;

use super::{Finding, Findings, Origin, Wording};
use crate::model::{CaseType, CommitmentMode, Delivery, Item, Limit, ResultKind};
use crate::words;

/// The rules by the beginning of their words, with what they ask.
pub const RULES: [(&str, &str); 10] = [
    ("c1", "承诺时限不长于法定时限"),
    ("c2", "即办件当场或1个工作日办结，没有特别程序"),
    ("c3", "零跑动与办理形式、送达方式一致"),
    ("c4", "全程网办的网上办理深度完整"),
    ("c5", "收费有依据"),
    ("c6", "条件和材料没有兜底用语"),
    ("c7", "容缺受理有可容缺材料和主要材料"),
    ("c8", "告知承诺的适用范围"),
    ("c9", "设定依据具体到条款"),
    ("c10", "编码与主体、层级、基本编码一致"),
];

/// The rule a finding is of, e.g. `c10` for `c10.level`.
pub fn rule_of(code: &str) -> Option<&'static str> {
    let head = code.split('.').next().unwrap_or_default();
    let word = match head {
        "impl_code" | "base_code" => "c10",
        other => other,
    };
    RULES
        .iter()
        .map(|(rule, _)| *rule)
        .find(|rule| *rule == word)
}

/// Whether an imported record may break the rule of this finding and stay.
pub(super) fn is_lenient(code: &str) -> bool {
    rule_of(code).is_some_and(|rule| !matches!(rule, "c1" | "c2" | "c5"))
}

/// The ten rules alone, for a look over the whole list.
pub fn check(item: &Item, origin: Origin, wording: &Wording) -> Vec<Finding> {
    let mut found = Findings::new(origin);
    check_into(item, wording, &mut found);
    found.in_order()
}

pub(super) fn check_into(item: &Item, wording: &Wording, found: &mut Findings) {
    limits(item, found);
    instant(item, found);
    zero_visits(item, found);
    online_depth(item, found);
    fees(item, found);
    catch_alls(item, wording, found);
    deficient(item, found);
    commitment(item, found);
    basis(item, found);
    codes(item, found);
}

/// What is promised: for the item, for its variants 业务办理项, for a situation.
pub(crate) fn promises(item: &Item) -> impl Iterator<Item = (String, &Limit)> {
    let whole = item.promised_limit.iter();
    let variants = item.handling_items.iter().enumerate();
    let outcomes = item.situation.outcomes.iter().enumerate();
    whole
        .map(|limit| ("promised_limit".to_owned(), limit))
        .chain(variants.filter_map(|(at, variant)| {
            let limit = variant.promised_limit.as_ref()?;
            Some((format!("handling_items[{at}].promised_limit"), limit))
        }))
        .chain(outcomes.filter_map(|(at, outcome)| {
            let limit = outcome.promised_limit.as_ref()?;
            Some((format!("situation.outcomes[{at}].promised_limit"), limit))
        }))
}

/// C1: only equal units can be compared.
fn limits(item: &Item, found: &mut Findings) {
    let statutory = item.statutory_limit.iter();
    let statutory = statutory.map(|limit| ("statutory_limit".to_owned(), limit));
    for (field, limit) in statutory.chain(promises(item)) {
        if limit.n > 10_000 {
            found.error(field, "limit.length", "时限不能超过10000，请核对单位");
        }
    }
    let Some(statutory) = &item.statutory_limit else {
        return;
    };
    for (field, promised) in promises(item) {
        if promised.unit == statutory.unit {
            if promised.n > statutory.n {
                found.error(
                    field,
                    "c1.longer",
                    format!(
                        "承诺办结时限{}长于法定办结时限{}，请改为不长于法定时限",
                        words::limit(promised),
                        words::limit(statutory)
                    ),
                );
            }
        } else if promised.n > 0 {
            found.warn(
                field,
                "c1.unit",
                format!(
                    "承诺时限{}与法定时限{}单位不同，不能比较，请人工核对",
                    words::limit(promised),
                    words::limit(statutory)
                ),
            );
        }
    }
}

/// C2: an instant case is done at once or within one working day, and nothing interrupts it.
fn instant(item: &Item, found: &mut Findings) {
    if item.case_type != CaseType::Instant {
        return;
    }
    for (field, limit) in promises(item) {
        if limit.n == 0 || (limit.n == 1 && limit.unit == Unit::WorkingDay) {
            continue;
        }
        found.error(
            field,
            "c2.instant",
            format!(
                "即办件的承诺时限只能是当场办结或1个工作日，现在是{}",
                words::limit(limit)
            ),
        );
    }
    if let Some(procedure) = item.special_procedures.first() {
        found.error(
            "special_procedures",
            "c2.special",
            format!(
                "即办件不能有特别程序（{}），请改为承诺件或者删去特别程序",
                procedure.kind
            ),
        );
    }
}

/// C3, 零跑动: no visit exactly where one applies online and gets the result without coming.
fn zero_visits(item: &Item, found: &mut Findings) {
    if item.handling_forms.is_empty() && found.origin == Origin::Import {
        // Nobody said how one applies; that gap is marked by itself.
        return;
    }
    let sent = item
        .delivery
        .iter()
        .any(|way| matches!(way, Delivery::Post | Delivery::Electronic));
    if item.visit_count > 0 {
        if item.online() && sent {
            found.breach(
                "visit_count",
                "c3.needless",
                format!(
                    "可以网上申请，结果可以邮寄或者电子送达，到办事现场次数应为0，现在是{}",
                    item.visit_count
                ),
            );
        }
        return;
    }
    if !item.online() {
        found.breach(
            "handling_forms",
            "c3.offline",
            "到办事现场次数为0，但是不能网上申请，请增加网上办理形式或者改正次数",
        );
    }
    let nothing_to_send = item.result.kind == ResultKind::None && item.delivery.is_empty();
    if !sent && !nothing_to_send {
        found.breach(
            "delivery",
            "c3.collect",
            "到办事现场次数为0，但是结果不能邮寄或者电子送达，请增加送达方式或者改正次数",
        );
    }
}

/// What 全程网办 reaches, and how an entry of 网上办理深度 that says so ends: 互联网受理 is the long form of 受理.
const DEPTHS: [(&str, &[&str]); 3] = [
    ("受理", &["受理"]),
    ("办理", &["办理"]),
    ("办理结果信息反馈", &["结果信息反馈", "结果反馈"]),
];

/// C4: who promises to handle all of it online reaches acceptance, handling and the result.
fn online_depth(item: &Item, found: &mut Findings) {
    let whole = ["Ⅳ", "IV", "四级"];
    if !item.fully_online()
        || item
            .online_depth
            .iter()
            .any(|depth| whole.iter().any(|grade| depth.starts_with(grade)))
    {
        return;
    }
    let reaches = |endings: &[&str]| {
        let mut depths = item.online_depth.iter();
        depths.any(|depth| endings.iter().any(|ending| depth.trim().ends_with(ending)))
    };
    let lacking: Vec<&str> = DEPTHS
        .iter()
        .filter(|(_, endings)| !reaches(endings))
        .map(|(name, _)| *name)
        .collect();
    if !lacking.is_empty() {
        found.breach(
            "online_depth",
            "c4.depth",
            format!(
                "全程网办的网上办理深度应包括受理、办理和办理结果信息反馈，缺少{}",
                lacking.join("、")
            ),
        );
    }
}

/// C5: whoever charges names the basis.
fn fees(item: &Item, found: &mut Findings) {
    for (index, fee) in item.fees.iter().enumerate() {
        if fee.name.trim().is_empty() {
            found.error(
                format!("fees[{index}].name"),
                "fee.name",
                "请填写收费项目名称",
            );
        }
        if fee.basis.trim().is_empty() {
            found.error(
                format!("fees[{index}].basis"),
                "c5.basis",
                format!("收费项目“{}”没有收费依据，请补充", fee.name),
            );
        }
    }
}

/// C6: conditions and materials are listed, not hinted at.
fn catch_alls(item: &Item, wording: &Wording, found: &mut Findings) {
    let mut look = |field: String, what: &str, text: &str| {
        if let Some(word) = wording.vague(text) {
            found.breach(
                field,
                "c6.vague",
                format!("{what}里的“{word}”是兜底用语，请写明具体内容"),
            );
        }
    };
    for (index, condition) in item.accept_conditions.iter().enumerate() {
        look(format!("accept_conditions[{index}]"), "受理条件", condition);
    }
    for (index, material) in item.materials.iter().enumerate() {
        for (part, text) in [
            ("name", &material.name),
            ("condition", &material.condition),
            ("accept_standard", &material.accept_standard),
            ("fill_notes", &material.fill_notes),
        ] {
            look(format!("materials[{index}].{part}"), "申请材料", text);
        }
    }
}

/// C7: 容缺受理 needs something that may come later and something that may not.
fn deficient(item: &Item, found: &mut Findings) {
    // Main materials are never the ones that may be missing (《广东省优化营商环境条例》第三十二条).
    for (index, material) in item.materials.iter().enumerate() {
        if material.core && material.deficient_ok {
            found.breach(
                format!("materials[{index}].deficient_ok"),
                "c7.core",
                format!("“{}”是主要材料，不能容缺", material.name),
            );
        }
    }
    if !item.allow_deficient {
        return;
    }
    if !item.materials.iter().any(|material| material.deficient_ok) {
        found.breach(
            "allow_deficient",
            "c7.nothing",
            "允许容缺受理，但是没有一份可以容缺的材料，请标明",
        );
    }
    if !item.materials.iter().any(|material| material.core) {
        found.breach(
            "allow_deficient",
            "c7.no_core",
            "允许容缺受理，但是没有标明主要材料，请标明",
        );
    }
}

/// C8: no 告知承诺 where safety, health, finance, ecology or foreign matters are directly concerned (国办发〔2020〕42号),
/// unless a person says why.
fn commitment(item: &Item, found: &mut Findings) {
    let commitment = &item.commitment;
    if commitment.mode != CommitmentMode::None
        && !commitment.concerns.is_empty()
        && commitment.override_reason.trim().is_empty()
    {
        found.breach(
            "commitment",
            "c8.concern",
            format!(
                "直接涉及{}的事项不适用告知承诺，请取消，或者写明仍适用的理由",
                commitment.concerns.join("、")
            ),
        );
    }
}

/// C9: a legal basis, each with its article.
fn basis(item: &Item, found: &mut Findings) {
    if item.legal_basis.is_empty() {
        found.breach(
            "legal_basis",
            "c9.missing",
            "没有设定依据，请补充法律名称和条款",
        );
    }
    for (index, basis) in item.legal_basis.iter().enumerate() {
        if basis.law.trim().is_empty() {
            found.error(
                format!("legal_basis[{index}].law"),
                "c9.law",
                "设定依据没有写法律名称，请补充",
            );
        }
        if basis.article.trim().is_empty() {
            found.breach(
                format!("legal_basis[{index}].article"),
                "c9.article",
                format!("设定依据“{}”没有写条款号，请补充", basis.law),
            );
        }
    }
}

/// C10, and the shape of each code by itself. Malformed codes of older lists are kept as they came.
fn codes(item: &Item, found: &mut Findings) {
    if !item.region_code.is_empty()
        && let Err(error) = RegionCode::parse(&item.region_code)
    {
        found.warn(
            "region_code",
            "region_code.shape",
            format!("行使区划：{error}"),
        );
    }
    let base = match BaseCode::parse(&item.base_code) {
        _ if item.base_code.is_empty() => None,
        Ok(base) => Some(base),
        Err(error) => {
            found.breach("base_code", "base_code.shape", kept(found, &error));
            None
        }
    };
    if let Some(base) = &base
        && !item.item_type.is_empty()
        && base.item_type() != item.item_type
    {
        found.breach(
            "base_code",
            "c10.item_type",
            format!(
                "基本编码里的事项类型是{}，与事项类型{}不一致",
                base.item_type(),
                item.item_type
            ),
        );
    }
    if item.impl_code.is_empty() {
        found.warn("impl_code", "impl_code.missing", "没有实施编码");
        return;
    }
    let code = match ImplCode::parse(&item.impl_code) {
        Ok(code) => code,
        Err(error) => {
            let word = match error.code() {
                "length" => "impl_code.length",
                "charset" => "impl_code.charset",
                "body_check" => "impl_code.check",
                "level" => "impl_code.level",
                _ => "impl_code.shape",
            };
            found.breach("impl_code", word, kept(found, &error));
            return;
        }
    };
    if item.exercise_level != 0 && code.level() != item.exercise_level {
        found.breach(
            "impl_code",
            "c10.level",
            format!(
                "实施编码里的行使层级是{}，与行使层级{}不一致",
                code.level(),
                item.exercise_level
            ),
        );
    }
    if let Some(base) = base
        && code.base() != base
    {
        found.breach("impl_code", "c10.base", "实施编码的后12位与基本编码不一致");
    }
}

/// C10 beside the body that publishes: a code begins with its credit code. A code of the wrong shape says so by itself.
pub fn of_body(item: &Item, uscc: &str, origin: Origin) -> Option<Finding> {
    let code = ImplCode::parse(&item.impl_code).ok()?;
    if uscc.is_empty() || code.as_str().starts_with(uscc) {
        return None;
    }
    let mut found = Findings::new(origin);
    found.breach(
        "impl_code",
        "c10.body",
        format!("实施编码的前18位应为实施主体的统一社会信用代码{uscc}，请改正或者重新生成编码"),
    );
    found.all.pop()
}

fn kept(found: &Findings, error: &impl std::fmt::Display) -> String {
    match found.origin {
        Origin::Import => format!("{error}，已按原样保留"),
        Origin::Draft => format!("{error}，请改正"),
    }
}
