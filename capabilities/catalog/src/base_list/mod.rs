//! 基本目录: what higher levels fix, who may depart from it and how far, and what happens when it changes.
//!
//! [`claim`] starts an implementing item from a base item (认领); [`rules::against`] says what of it may not stand.

pub mod file;
pub mod rules;

use crate::model::{BaseItem, CaseType, Item, Material, Step};

/// 认领: an implementing item with everything the base item fixes or promises, and nothing local yet.
///
/// `version` is the base item's. The implementing code is made by [`impl_code`].
pub fn claim(base: &BaseItem, version: u32, level: u8, region: &str) -> Item {
    Item {
        name: base.name.clone(),
        base_code: base.base_code.clone(),
        base_version: Some(version),
        main_item_name: base.main_item_name.clone(),
        sub_item_name: base.sub_item_name.clone(),
        item_type: base.item_type.clone(),
        exercise_level: level,
        region_code: region.to_owned(),
        legal_basis: base.legal_basis.clone(),
        power_scope: base.power_scope.clone(),
        exercise_content: base.exercise_content.clone(),
        service_objects: base.service_objects.clone(),
        case_type: base.case_type,
        statutory_limit: base.statutory_limit.clone(),
        promised_limit: base
            .promised_limit
            .clone()
            .or_else(|| base.statutory_limit.clone()),
        visit_count: base.visit_count.unwrap_or_default(),
        accept_conditions: base.accept_conditions.clone(),
        steps: base.steps.clone(),
        materials: base.materials.clone(),
        special_procedures: base.special_procedures.clone(),
        quantity_limit: base.quantity_limit.clone(),
        fees: base.fees.clone(),
        intermediary_services: base.intermediary_services.clone(),
        result: base.result.clone(),
        handling_forms: base.handling_forms.clone(),
        themes_person: base.themes_person.clone(),
        themes_corp: base.themes_corp.clone(),
        commitment: base.commitment.clone(),
        validity: base.validity,
        source: base.source.clone(),
        ..Item::default()
    }
}

/// What adopting a newer base version makes of an implementing item: fixed fields become the new ones, what the body
/// improved stays where the new version still allows it, what is local stays.
pub fn adopt(item: &Item, base: &BaseItem, version: u32) -> Item {
    let fresh = claim(base, version, item.exercise_level, &item.region_code);
    let mut next = item.clone();
    next.name = fresh.name;
    next.base_version = fresh.base_version;
    next.main_item_name = fresh.main_item_name;
    next.sub_item_name = fresh.sub_item_name;
    next.item_type = fresh.item_type;
    next.power_scope = fresh.power_scope;
    next.service_objects = fresh.service_objects;
    next.statutory_limit = fresh.statutory_limit;
    next.accept_conditions = fresh.accept_conditions;
    next.special_procedures = fresh.special_procedures;
    next.quantity_limit = fresh.quantity_limit;
    next.intermediary_services = fresh.intermediary_services;
    next.result = fresh.result;
    next.commitment.mode = fresh.commitment.mode;
    // 设定依据 may be longer than the base item's.
    next.legal_basis = fresh.legal_basis;
    for own in &item.legal_basis {
        if !next
            .legal_basis
            .iter()
            .any(|basis| rules::same_basis(basis, own))
            && rules::is_local(own)
        {
            next.legal_basis.push(own.clone());
        }
    }
    if rules::longer(item.promised_limit.as_ref(), base.promised_limit.as_ref()) {
        next.promised_limit = fresh.promised_limit;
    }
    if base.visit_count.is_some_and(|most| next.visit_count > most) {
        next.visit_count = fresh.visit_count;
    }
    // Materials the base no longer asks for are dropped, new ones are added, a body's own marks stay.
    next.materials = base
        .materials
        .iter()
        .map(|wanted| {
            let own = item
                .materials
                .iter()
                .find(|own| rules::same_material(own, wanted));
            own.map_or_else(|| wanted.clone(), |own| settled(own, wanted))
        })
        .collect();
    if base.case_type == CaseType::Instant {
        next.case_type = CaseType::Instant;
    }
    let listed = |step: &Step| base.steps.iter().any(|known| known.name == step.name);
    if !base.steps.is_empty() && !next.steps.iter().all(listed) {
        next.steps = fresh.steps;
    }
    next.fees.retain(|fee| {
        let mut known = base.fees.iter();
        known.any(|known| known.name == fee.name && known.basis == fee.basis)
    });
    for way in fresh.handling_forms {
        if !next.handling_forms.contains(&way) {
            next.handling_forms.push(way);
        }
    }
    next
}

/// A body's own material under what the base item now asks for: what the body made easier stays, nothing is stricter.
fn settled(own: &Material, wanted: &Material) -> Material {
    let either = |own: &str, wanted: &str| if own.is_empty() { wanted } else { own }.to_owned();
    let clarified = own.condition.starts_with(&wanted.condition);
    let condition = if clarified { own } else { wanted }.condition.clone();
    let paper_only = own.form == "纸质" && !wanted.form.is_empty();
    Material {
        name: wanted.name.clone(),
        necessity: wanted.necessity,
        condition,
        core: wanted.core,
        legal_basis: wanted.legal_basis.clone(),
        original_count: own.original_count.min(wanted.original_count),
        copy_count: own.copy_count.min(wanted.copy_count),
        form: if paper_only { wanted } else { own }.form.clone(),
        shared_via: either(&own.shared_via, &wanted.shared_via),
        deficient_ok: (own.deficient_ok || wanted.deficient_ok) && !wanted.core,
        commitment_replaceable: own.commitment_replaceable || wanted.commitment_replaceable,
        one_of: wanted.one_of.clone(),
        ..own.clone()
    }
}

/// 实施编码 of a body at a level: its credit code, the level, the base code. None where a part has the wrong shape.
pub fn impl_code(uscc: &str, level: u8, base_code: &str) -> Option<String> {
    let code = format!("{uscc}{level}{base_code}");
    base::codes::ImplCode::parse(&code).is_ok().then_some(code)
}

#[cfg(test)]
mod tests;
