//! Which fields a body may change, and how far.
//!
//! B fields are the base item's, N fields may only become better for the applicant, L fields are the body's own
//! (the ownership column of the element list in `docs/glossary.md`). Nothing may be added that a law does not ask
//! for: 《优化营商环境条例》第三十五条.

use base::codes::BaseCode;
use calendar::Unit;

use crate::checks::{Finding, Severity, standard};
use crate::model::{
    BaseItem, CaseType, Item, LegalBasis, Limit, Material, Necessity, Origin, PowerSource,
};
use crate::words;

/// Everything in which an implementing item departs from its base item further than it may.
///
/// Codes: `b.…` a fixed field was changed, `n.…` a field became worse for the applicant.
pub fn against(base: &BaseItem, item: &Item) -> Vec<Finding> {
    let mut found = Vec::new();
    fixed(base, item, &mut found);
    basis(base, item, &mut found);
    conditions(base, item, &mut found);
    limits(base, item, &mut found);
    materials(base, item, &mut found);
    steps(base, item, &mut found);
    ways(base, item, &mut found);
    found
}

/// What speaks against licensing this item at all: 行政许可 outside the published list.
///
/// 《优化营商环境条例》第四十条: 清单之外，一律不得违法实施行政许可.
pub fn licensed(base: &BaseItem) -> Vec<Finding> {
    let mut found = Vec::new();
    if base.is_licence() && base.licence_list_no.trim().is_empty() {
        found.push(error(
            "licence_list_no",
            "licence.unlisted",
            "这项行政许可不在行政许可事项清单内，不得实施；请先列入清单，或者改正事项类型",
        ));
    }
    if base.origin == Origin::Local && !base.legal_basis.iter().any(is_local) {
        found.push(error(
            "legal_basis",
            "local.basis",
            "地方特有事项应有地方性法规或者地方政府规章作为设定依据，请补充并写明效力层级",
        ));
    }
    found
}

/// What speaks against publishing a base item: it must be named, coded and typed, and [`licensed`].
pub fn publishable(base: &BaseItem) -> Vec<Finding> {
    let needed = [
        ("base_code", "base_code.missing", &base.base_code),
        ("name", "name.missing", &base.name),
        ("item_type", "item_type.missing", &base.item_type),
    ];
    let mut found: Vec<Finding> = needed
        .into_iter()
        .filter(|(_, _, text)| text.trim().is_empty())
        .map(|(field, code, _)| {
            error(
                field,
                code,
                format!("请填写{}", crate::labels::field(field)),
            )
        })
        .collect();
    // Codes of older lists are kept as they came; one of today's shape says the type itself.
    if let Ok(code) = BaseCode::parse(&base.base_code)
        && !base.item_type.is_empty()
        && code.item_type() != base.item_type
    {
        found.push(error(
            "base_code",
            "base_code.item_type",
            format!(
                "基本编码里的事项类型是{}，与事项类型{}不一致，请改正其中一个",
                code.item_type(),
                base.item_type
            ),
        ));
    }
    found.extend(licensed(base));
    found
}

/// What speaks against a new item that no base item stands behind (地方特有).
///
/// No licence outside the published list (《优化营商环境条例》第四十条); a power needs a basis of its own in local
/// regulations, a public service does not.
pub fn special(item: &Item) -> Vec<Finding> {
    let mut found = Vec::new();
    if item.item_type == "01" {
        found.push(error(
            "item_type",
            "licence.unlisted",
            "行政许可必须在行政许可事项清单内，不能作为地方特有事项自行设定；请从基本目录认领",
        ));
    }
    if item.item_type != "20" && !item.legal_basis.iter().any(is_local) {
        found.push(error(
            "legal_basis",
            "local.basis",
            "地方特有事项应有地方性法规或者地方政府规章作为设定依据，请补充并写明效力层级",
        ));
    }
    found
}

fn error(field: &str, code: &'static str, message: impl Into<String>) -> Finding {
    Finding {
        severity: Severity::Error,
        field: field.to_owned(),
        code,
        message: message.into(),
    }
}

fn fixed(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    let mut same = |equal: bool, field: &str, code: &'static str, value: &str| {
        if !equal {
            let label = crate::labels::field(field);
            let value = if value.is_empty() { "空" } else { value };
            found.push(error(
                field,
                code,
                format!("{label}由基本目录统一规定（{value}），不能在本地修改，请改回"),
            ));
        }
    };
    same(base.name == item.name, "name", "b.name", &base.name);
    same(
        base.main_item_name == item.main_item_name,
        "main_item_name",
        "b.main_item_name",
        &base.main_item_name,
    );
    same(
        base.sub_item_name == item.sub_item_name,
        "sub_item_name",
        "b.sub_item_name",
        &base.sub_item_name,
    );
    same(
        base.base_code == item.base_code,
        "base_code",
        "b.base_code",
        &base.base_code,
    );
    same(
        base.item_type == item.item_type,
        "item_type",
        "b.item_type",
        &words::item_type(&base.item_type),
    );
    same(
        base.power_scope == item.power_scope,
        "power_scope",
        "b.power_scope",
        &base.power_scope,
    );
    same(
        sorted(&base.service_objects) == sorted(&item.service_objects),
        "service_objects",
        "b.service_objects",
        &base
            .service_objects
            .iter()
            .filter_map(|object| words::word_of(words::SERVICE_OBJECTS, object))
            .collect::<Vec<_>>()
            .join("、"),
    );
    same(
        same_limit(base.statutory_limit.as_ref(), item.statutory_limit.as_ref()),
        "statutory_limit",
        "b.statutory_limit",
        &base
            .statutory_limit
            .as_ref()
            .map_or_else(String::new, words::limit),
    );
    same(
        base.quantity_limit == item.quantity_limit,
        "quantity_limit",
        "b.quantity_limit",
        &base.quantity_limit,
    );
    same(
        base.result.name == item.result.name
            && base.result.kind == item.result.kind
            && base.result.valid_years == item.result.valid_years
            && base.result.annual_check == item.result.annual_check,
        "result",
        "b.result",
        &base.result.name,
    );
    same(
        base.intermediary_services == item.intermediary_services,
        "intermediary_services",
        "b.intermediary_services",
        &names(
            base.intermediary_services
                .iter()
                .map(|service| &service.name),
        ),
    );
    same(
        base.commitment.mode == item.commitment.mode,
        "commitment",
        "b.commitment",
        "告知承诺方式",
    );
    // 权项下放: a power that was given further is exercised below the levels that have it by themselves.
    let given = matches!(
        item.power_source,
        PowerSource::Delegated | PowerSource::Authorised | PowerSource::Entrusted
    ) && base
        .exercise_levels
        .iter()
        .any(|level| *level < item.exercise_level);
    if !base.exercise_levels.is_empty()
        && !base.exercise_levels.contains(&item.exercise_level)
        && !given
    {
        let levels = base
            .exercise_levels
            .iter()
            .filter_map(|level| words::word_of(words::EXERCISE_LEVELS, level))
            .collect::<Vec<_>>()
            .join("、");
        found.push(error(
            "exercise_level",
            "b.exercise_level",
            format!("基本目录只允许{levels}行使，请从中选择"),
        ));
    }
    for procedure in &item.special_procedures {
        if !base
            .special_procedures
            .iter()
            .any(|known| known.kind == procedure.kind)
        {
            found.push(error(
                "special_procedures",
                "b.special_procedures",
                format!(
                    "基本目录没有“{}”这项特别程序，不能在本地增加",
                    procedure.kind
                ),
            ));
        }
    }
    for fee in &item.fees {
        if !base
            .fees
            .iter()
            .any(|known| known.name == fee.name && known.basis == fee.basis)
        {
            found.push(error(
                "fees",
                "b.fees",
                format!("收费项目“{}”及其依据不在基本目录内，不能收取", fee.name),
            ));
        }
    }
}

fn sorted(codes: &[u8]) -> Vec<u8> {
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    codes
}

fn names<'a>(all: impl Iterator<Item = &'a String>) -> String {
    all.map(String::as_str).collect::<Vec<_>>().join("、")
}

/// A body may add a basis of its own level, never leave one out.
fn basis(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    for wanted in &base.legal_basis {
        if !item.legal_basis.iter().any(|own| same_basis(own, wanted)) {
            found.push(error(
                "legal_basis",
                "b.legal_basis.removed",
                format!(
                    "设定依据{}{}由基本目录规定，不能删去或者改动",
                    wanted.law, wanted.article
                ),
            ));
        }
    }
    for (own, wanted) in item.legal_basis.iter().filter_map(|own| {
        let mut fixed = base.legal_basis.iter();
        Some((own, fixed.find(|wanted| same_basis(own, wanted))?))
    }) {
        let reworded = |own: &str, wanted: &str| !wanted.is_empty() && own != wanted;
        if reworded(&own.text, &wanted.text) || reworded(&own.document_no, &wanted.document_no) {
            found.push(error(
                "legal_basis",
                "b.legal_basis.text",
                format!(
                    "设定依据{}{}的文号和条文由基本目录规定，不能在本地改动，请改回",
                    wanted.law, wanted.article
                ),
            ));
        }
    }
    for own in &item.legal_basis {
        let known = base
            .legal_basis
            .iter()
            .any(|wanted| same_basis(own, wanted));
        if !known && !is_local(own) {
            found.push(error(
                "legal_basis",
                "b.legal_basis.added",
                format!(
                    "设定依据{}{}不在基本目录内；本地只能补充地方性法规、地方政府规章和规范性文件，请写明效力层级",
                    own.law, own.article
                ),
            ));
        }
    }
}

/// The same law and article, however they are written.
pub(super) fn same_basis(one: &LegalBasis, other: &LegalBasis) -> bool {
    one.law == other.law && one.article == other.article
}

/// Whether a basis is of the body's own level.
pub(super) fn is_local(basis: &LegalBasis) -> bool {
    [
        "地方性法规",
        "地方政府规章",
        "规范性文件",
        "单行条例",
        "自治条例",
    ]
    .contains(&basis.level.as_str())
}

/// A condition may be clarified after its own words; none may be added or left out.
fn conditions(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    for own in &item.accept_conditions {
        if !base
            .accept_conditions
            .iter()
            .any(|known| own.starts_with(known.as_str()))
        {
            found.push(error(
                "accept_conditions",
                "n.accept_conditions.added",
                format!("受理条件“{own}”不在基本目录内，不能增设；只能在原条件之后补充说明"),
            ));
        }
    }
    for known in &base.accept_conditions {
        if !item
            .accept_conditions
            .iter()
            .any(|own| own.starts_with(known.as_str()))
        {
            found.push(error(
                "accept_conditions",
                "b.accept_conditions.removed",
                format!("受理条件“{known}”由基本目录规定，不能删去"),
            ));
        }
    }
}

fn limits(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    let most = base
        .promised_limit
        .as_ref()
        .or(base.statutory_limit.as_ref());
    if longer(item.promised_limit.as_ref(), most) {
        let most = most.map_or_else(String::new, words::limit);
        found.push(error(
            "promised_limit",
            "n.promised_limit",
            format!("承诺办结时限不能长于基本目录的{most}，只能缩短"),
        ));
    }
    // The item's own promise was looked at above; what a variant or a situation is promised is bound alike.
    for (field, limit) in standard::promises(item).filter(|(field, _)| field != "promised_limit") {
        if longer(Some(limit), most) {
            let most = most.map_or_else(String::new, words::limit);
            found.push(error(
                &field,
                "n.promised_limit",
                format!(
                    "承诺时限{}长于基本目录的{most}，业务办理项和情形的时限也只能缩短",
                    words::limit(limit)
                ),
            ));
        }
    }
    if base.case_type == CaseType::Instant && item.case_type == CaseType::Promised {
        found.push(error(
            "case_type",
            "n.case_type",
            "基本目录是即办件，不能改为承诺件",
        ));
    }
    let Some(most) = base.visit_count else {
        return;
    };
    let variants = item.handling_items.iter().enumerate();
    let outcomes = item.situation.outcomes.iter().enumerate();
    let visits = std::iter::once(("visit_count".to_owned(), item.visit_count))
        .chain(variants.filter_map(|(at, variant)| {
            Some((
                format!("handling_items[{at}].visit_count"),
                variant.visit_count?,
            ))
        }))
        .chain(outcomes.filter_map(|(at, outcome)| {
            let path = format!("situation.outcomes[{at}].visit_count");
            Some((path, outcome.visit_count?))
        }));
    for (field, visits) in visits.filter(|(_, visits)| *visits > most) {
        found.push(error(
            &field,
            "n.visit_count",
            format!("到办事现场次数{visits}次多于基本目录的{most}次，只能减少"),
        ));
    }
}

/// Whether a limit is longer than another, or cannot be compared because its unit differs. No limit is the longest.
pub(super) fn longer(limit: Option<&Limit>, most: Option<&Limit>) -> bool {
    match (limit, most) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(limit), Some(most)) => {
            // 当场办结 is shorter than anything; a working day is never shorter than a day.
            let comparable = limit.unit == most.unit
                || limit.n == 0
                || (limit.unit == Unit::Day && most.unit == Unit::WorkingDay);
            !comparable || limit.n > most.n
        }
    }
}

fn same_limit(one: Option<&Limit>, other: Option<&Limit>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.n == other.n && one.unit == other.unit,
        _ => false,
    }
}

fn materials(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    for own in &item.materials {
        let Some(known) = base
            .materials
            .iter()
            .find(|known| same_material(own, known))
        else {
            if own.necessity != Necessity::Optional {
                found.push(error(
                    &format!("materials[{}]", own.key),
                    "n.materials.added",
                    format!("材料“{}”不在基本目录内，不能要求申请人提交", own.name),
                ));
            }
            continue;
        };
        if rank(own.necessity) > rank(known.necessity) {
            found.push(error(
                &format!("materials[{}].necessity", own.key),
                "n.materials.necessity",
                format!(
                    "材料“{}”在基本目录是{}，不能改得更严",
                    own.name,
                    words::word_of(words::NECESSITIES, &known.necessity).unwrap_or_default()
                ),
            ));
        }
        if own.original_count > known.original_count || own.copy_count > known.copy_count {
            found.push(error(
                &format!("materials[{}].original_count", own.key),
                "n.materials.count",
                format!("材料“{}”的份数不能多于基本目录", own.name),
            ));
        }
        if known.core && own.deficient_ok {
            found.push(error(
                &format!("materials[{}].deficient_ok", own.key),
                "n.materials.core",
                format!("“{}”是主要材料，不能容缺", own.name),
            ));
        }
        eased(known, own, found);
    }
    alternatives(base, item, found);
}

/// What the base list makes easier for the applicant, a body may not take back; nor may another paper go by the name
/// of one that is listed.
fn eased(known: &Material, own: &Material, found: &mut Vec<Finding>) {
    let one_paper = !own.standard.is_empty() && own.standard == known.standard;
    let scanned_only = |form: &str| form == "纸质";
    let narrowed = own.necessity == Necessity::Deferrable
        || (own.necessity == Necessity::Situational
            && !own.condition.starts_with(&known.condition));
    let name = &known.name;
    let breaches = [
        (
            !one_paper && own.name != known.name,
            "name",
            "n.materials.name",
            format!("材料“{name}”的名称由基本目录规定，不能改为“{}”", own.name),
        ),
        (
            known.necessity == Necessity::Situational && narrowed,
            "condition",
            "n.materials.condition",
            format!(
                "材料“{name}”只在“{}”时需要，只能在原情形之后补充说明，不能扩大",
                known.condition
            ),
        ),
        (
            // 《国务院关于在线政务服务的若干规定》第七条: what can be shared is not asked for again.
            !known.shared_via.is_empty() && own.shared_via.is_empty(),
            "shared_via",
            "n.materials.shared",
            format!(
                "材料“{name}”可以由{}共享取得，不能再要求申请人提交",
                known.shared_via
            ),
        ),
        (
            known.commitment_replaceable && !own.commitment_replaceable,
            "commitment_replaceable",
            "n.materials.commitment",
            format!("基本目录允许以承诺代替材料“{name}”，不能取消"),
        ),
        (
            known.deficient_ok && !own.deficient_ok,
            "deficient_ok",
            "n.materials.deficient",
            format!("基本目录允许材料“{name}”容缺后补，不能取消"),
        ),
        (
            !known.form.is_empty() && !scanned_only(&known.form) && scanned_only(&own.form),
            "form",
            "n.materials.form",
            format!("基本目录允许材料“{name}”以{}提交，不能只收纸质", known.form),
        ),
    ];
    for (_, part, code, message) in breaches.into_iter().filter(|(broken, ..)| *broken) {
        found.push(error(
            &format!("materials[{}].{part}", own.key),
            code,
            message,
        ));
    }
}

/// 任选其一: whoever asks for some of them must leave the whole choice.
fn alternatives(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    let asked = |known: &Material| {
        let mut own = item.materials.iter();
        own.find(|own| same_material(own, known) && own.necessity != Necessity::Optional)
    };
    for known in base
        .materials
        .iter()
        .filter(|known| !known.one_of.is_empty())
    {
        let mut choice = base.materials.iter();
        let whole = choice.all(|other| other.one_of != known.one_of || asked(other).is_some());
        let Some(own) = asked(known) else {
            continue;
        };
        if own.one_of.is_empty() || !whole {
            found.push(error(
                &format!("materials[{}].one_of", own.key),
                "n.materials.one_of",
                format!(
                    "材料“{}”在基本目录是几选一的材料之一，不能减少可选的材料或者改为必交",
                    known.name
                ),
            ));
        }
    }
}

/// By the standard material's code where both have one, else by the key.
pub(super) fn same_material(one: &Material, other: &Material) -> bool {
    if one.standard.is_empty() || other.standard.is_empty() {
        one.key == other.key
    } else {
        one.standard == other.standard
    }
}

/// How strictly a material is asked for.
fn rank(necessity: Necessity) -> u8 {
    match necessity {
        Necessity::Optional => 0,
        Necessity::Deferrable | Necessity::Situational => 1,
        Necessity::Required => 2,
    }
}

fn steps(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    if base.steps.is_empty() {
        return;
    }
    for step in &item.steps {
        if !base.steps.iter().any(|known| known.name == step.name) {
            found.push(error(
                "steps",
                "n.steps",
                format!("环节“{}”不在基本目录的办理流程内，不能增设", step.name),
            ));
        }
    }
}

fn ways(base: &BaseItem, item: &Item, found: &mut Vec<Finding>) {
    for form in &base.handling_forms {
        if !item.handling_forms.contains(form) {
            let word = words::word_of(words::HANDLING_FORMS, form).unwrap_or_default();
            found.push(error(
                "handling_forms",
                "n.handling_forms",
                format!("基本目录要求提供{word}，不能取消"),
            ));
        }
    }
}
