//! What a stage of a project asks, out of its class, the catalogue and what is known already.

use std::collections::{BTreeMap, BTreeSet};

use base::ids::{CaseId, OrgId};
use catalog::bundle::Member;
use catalog::model::{Delivery, Item};
use web::{Problem, Result};

use super::classes::{self, Matter, StagePlan};
use super::flow::KIND;
use super::rules::{assessed, may_file, project, stages};
use crate::Joint;
use crate::compose::days_of;
use crate::error::Error;
use crate::merge::Part;
use crate::stage::{self, Stage};

/// A stage as it would be applied for now.
#[derive(Debug)]
pub struct StageToFile {
    pub own: Item,
    pub lead: OrgId,
    pub parts: Vec<Part>,
    pub days: u32,
    pub stage: Stage,
}

/// What a matter is in the catalogue, or which body looks at it.
enum Known {
    Item(base::ids::VersionId),
    Body(OrgId),
}

/// Puts a stage together.
///
/// # Errors
/// 404 where there is no such project or stage; 409 where it is not its turn.
pub async fn stage(joint: &Joint, id: CaseId, key: &str) -> Result<StageToFile> {
    let case = joint
        .app()
        .db
        .read(move |tx| Ok::<_, Error>(cases::load(tx, id)?))
        .await?
        .filter(|case| case.kind == KIND)
        .ok_or_else(|| Problem::not_found("没有找到这个项目"))?;
    let missing = || Problem::not_found("这类项目没有这个阶段");
    let about = project(&case).ok_or_else(missing)?;
    let class = classes::shipped().class(&about.class).ok_or_else(missing)?;
    let plan = class.stage(key).ok_or_else(missing)?;
    let known = stages(&case);
    may_file(class, &known, key)
        .map_err(|refusal| Problem::conflict("stage_turn", refusal_words(&refusal)))?;
    let stands_for = assessed(&case);
    let (left_out, asked): (Vec<&Matter>, Vec<&Matter>) = plan
        .matters
        .iter()
        .partition(|matter| stands_for.contains_key(&matter.assessment));
    let found = look_up(joint, plan, &asked, &case.region).await?;
    let snapshot = joint.catalog().snapshot();
    let opinion_keys: BTreeSet<&str> = asked
        .iter()
        .filter(|matter| matter.item.is_empty())
        .map(|matter| matter.key.as_str())
        .collect();
    let mut parts = Vec::new();
    let mut opinions = Vec::new();
    // Places of the approvals among the parts, by the key of their matter.
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (matter, known) in asked.iter().zip(found.matters) {
        match known {
            Known::Body(org) => opinions.push(stage::Part {
                key: matter.key.clone(),
                title: matter.name.clone(),
                org,
                body: snapshot.org_name(org).to_owned(),
            }),
            Known::Item(version) => {
                let Some(published) = joint.catalog().version(version).await? else {
                    continue;
                };
                let after: BTreeSet<usize> = matter
                    .after
                    .iter()
                    .filter_map(|key| places.get(key.as_str()).copied())
                    .collect();
                let starts = after
                    .iter()
                    .map(|place| parts.get(*place).map_or(0, |part: &Part| part.ends))
                    .max()
                    .unwrap_or(0);
                let produced = produced(&published.item, &known_codes(class, &known_of(&case)));
                places.insert(&matter.key, parts.len());
                parts.push(Part {
                    body: snapshot.org_name(published.org_id).to_owned(),
                    situation: catalog::guided::Answers::new(),
                    optional: matter.optional,
                    after,
                    opinions: matter
                        .after
                        .iter()
                        .filter(|key| opinion_keys.contains(key.as_str()))
                        .cloned()
                        .collect(),
                    produced,
                    starts,
                    ends: (starts + days_of(&published.item)).min(plan.days),
                    published,
                });
            }
        }
    }
    let assessed = left_out
        .iter()
        .filter_map(|matter| {
            let by = stands_for.get(&matter.assessment)?;
            let title = if matter.name.is_empty() {
                &matter.item
            } else {
                &matter.name
            };
            Some((title.clone(), format!("{}（{}）", by.name, by.document)))
        })
        .collect();
    Ok(StageToFile {
        own: Item {
            name: format!("{}（{}）", about.name, plan.name),
            summary: format!("{} {}", about.code, class.name),
            region_code: case.region.clone(),
            form: plan.form.clone(),
            materials: plan.materials.clone(),
            delivery: vec![Delivery::Electronic, Delivery::Post, Delivery::Window],
            ..Item::default()
        },
        lead: found.lead,
        parts,
        days: plan.days,
        stage: Stage {
            project: id,
            project_code: about.code,
            project_name: about.name,
            parts: opinions,
            assessed,
        },
    })
}

struct LookedUp {
    lead: OrgId,
    matters: Vec<Known>,
}

async fn look_up(
    joint: &Joint,
    plan: &StagePlan,
    matters: &[&Matter],
    region: &str,
) -> Result<LookedUp> {
    let lead = plan.lead.clone();
    let wanted: Vec<Matter> = matters.iter().map(|matter| (*matter).clone()).collect();
    let region = region.to_owned();
    let found = joint
        .app()
        .db
        .read(move |tx| -> std::result::Result<_, Error> {
            let lead = super::org(tx, &lead)?.0;
            let mut matters = Vec::with_capacity(wanted.len());
            for matter in &wanted {
                if matter.item.is_empty() {
                    matters.push(Known::Body(super::org(tx, &matter.body)?.0));
                    continue;
                }
                let member = Member {
                    base_code: matter.item.clone(),
                    ..Member::default()
                };
                let item = catalog::store::member_item(tx, &member, &region)?;
                let (_, version, _) = item.ok_or_else(|| {
                    casework::Refusal::invalid(
                        "stage",
                        format!("这个阶段的事项{}现在没有公布，请联系牵头部门", matter.item),
                    )
                })?;
                matters.push(Known::Item(version));
            }
            Ok(LookedUp { lead, matters })
        })
        .await?;
    Ok(found)
}

/// Keys of the stages that have passed.
fn known_of(case: &casework::Case) -> BTreeSet<String> {
    stages(case)
        .into_iter()
        .filter(|(_, known)| known.passed)
        .map(|(key, _)| key)
        .collect()
}

/// 基本编码 of the items whose results are there already.
fn known_codes(class: &classes::Class, passed: &BTreeSet<String>) -> BTreeSet<String> {
    class
        .stages
        .iter()
        .filter(|stage| passed.contains(&stage.key))
        .flat_map(|stage| stage.matters.iter())
        .map(|matter| matter.item.clone())
        .filter(|code| !code.is_empty())
        .collect()
}

/// Materials that are results of earlier stages: they are shared, nobody hands them in.
fn produced(item: &Item, codes: &BTreeSet<String>) -> BTreeSet<String> {
    item.materials
        .iter()
        .filter(|material| codes.contains(&material.produced_by))
        .map(|material| material.key.clone())
        .collect()
}

fn refusal_words(refusal: &casework::Refusal) -> String {
    match refusal {
        casework::Refusal::Invalid { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
