//! 基本目录: what higher levels fix, who may depart from it and how far, and what happens when it changes.
//!
//! [`claim`] starts an implementing item from a base item (认领); [`rules::against`] says what of it may not stand.

pub mod file;
pub mod rules;

use crate::model::{BaseItem, Item};

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
            own.map_or_else(
                || wanted.clone(),
                |own| crate::model::Material {
                    name: wanted.name.clone(),
                    necessity: wanted.necessity,
                    core: wanted.core,
                    legal_basis: wanted.legal_basis.clone(),
                    ..own.clone()
                },
            )
        })
        .collect();
    next
}

/// 实施编码 of a body at a level: its credit code, the level, the base code. None where a part has the wrong shape.
pub fn impl_code(uscc: &str, level: u8, base_code: &str) -> Option<String> {
    let code = format!("{uscc}{level}{base_code}");
    base::codes::ImplCode::parse(&code).is_ok().then_some(code)
}

#[cfg(test)]
mod tests;
