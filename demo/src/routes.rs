//! Routes of two sorts of items, drafted, proved and published as people do it, and a few cases in the middle of them.

use anyhow::Context as _;
use approval::Act;
use approval::routing::versions::Edit;
use approval::routing::{Command, Run, versions};
use base::IdSource;
use base::ids::ItemId;
use cases::queue;
use casework::{Actor, Permission, Role};
use jiff::Timestamp;
use route::edit::Change;
use route::model::{Duty, Edge, Kind, Office, Seat, Signing, Step};
use route::{Facts, Route, Verb};
use store::Tx;

use crate::Parts;
use crate::marker;
use crate::story::Teller;

/// Items that get a route, and cases of each that are brought onto it.
const ITEMS_MAX: usize = 3;
const CASES_EACH: usize = 4;
const PART: &str = "routes";

/// A route that is to be published.
struct Plan {
    item: ItemId,
    name: String,
    route: Route,
    /// Whoever handles the item.
    approver: Actor,
}

/// Publishes the routes; gives how many.
pub(crate) async fn publish(
    parts: &Parts,
    teller: &Teller,
    ids: IdSource,
    at: Timestamp,
) -> anyhow::Result<usize> {
    let mut plans = Vec::new();
    for offer in &teller.offers.list {
        let name = &offer.item.name;
        let route = if name.contains("施工许可证核发") {
            construction()
        } else if name.contains("食品经营许可") && !name.contains("延续") {
            food()
        } else {
            continue;
        };
        let approver = teller
            .offices
            .staff
            .iter()
            .find(|member| member.desk == offer.desk && member.role == Role::Approver);
        if let Some(approver) = approver
            && plans.len() < ITEMS_MAX
        {
            plans.push(Plan {
                item: offer.item_id,
                name: name.clone(),
                route: route.context("a route of the city")?,
                approver: approver.actor.clone(),
            });
        }
    }
    let people = |role| {
        let staff = teller.offices.staff.iter();
        let chosen: Vec<Actor> = staff
            .filter(|member| member.role == role)
            .map(|member| member.actor.clone())
            .collect();
        chosen
    };
    let (editors, reviewers) = (people(Role::CatalogEditor), people(Role::CatalogReviewer));
    let approval = parts.approval.clone();
    let written: Result<usize, approval::Error> = parts
        .app
        .db
        .write(move |tx| {
            if marker::progress(tx, PART)? > 0 {
                return Ok(0);
            }
            let mut published = 0;
            for plan in &plans {
                match publish_one(tx, plan, &editors, &reviewers, &ids, at) {
                    Ok(true) => published += 1,
                    // An item that nobody may write a route for goes the straight road.
                    Ok(false) | Err(approval::Error::Refused(_) | approval::Error::NotFound) => {
                        continue;
                    }
                    Err(other) => return Err(other),
                }
                match bring_cases(tx, &approval, plan, at) {
                    // A case that somebody has acted on meanwhile stays as it is.
                    Ok(()) | Err(approval::Error::Refused(_) | approval::Error::NotFound) => {}
                    Err(other) => return Err(other),
                }
            }
            marker::advance(tx, PART, 1)?;
            Ok(published)
        })
        .await;
    written.context("routes of the city")
}

/// Drafts, hands in and publishes, where the item has somebody for each.
fn publish_one(
    tx: &mut Tx<'_>,
    plan: &Plan,
    editors: &[Actor],
    reviewers: &[Actor],
    ids: &IdSource,
    at: Timestamp,
) -> Result<bool, approval::Error> {
    let Some(holder) = catalog::store::holder(tx, plan.item)? else {
        return Ok(false);
    };
    let scope = casework::Scope {
        region: &holder.region,
        org: Some(holder.org_id),
    };
    let editor = editors
        .iter()
        .find(|actor| actor.may(Permission::Compile, &scope));
    let reviewer = reviewers
        .iter()
        .find(|actor| actor.may(Permission::Review, &scope));
    let (Some(editor), Some(reviewer)) = (editor, reviewer) else {
        return Ok(false);
    };
    let draft = versions::draft(tx, editor, ids.next(at), plan.item, plan.route.clone(), at)?;
    let note = Edit::Submit {
        note: "第一版".to_owned(),
    };
    let submitted = versions::edit(tx, editor, draft.id, draft.revision, &note, at)?;
    versions::edit(
        tx,
        reviewer,
        draft.id,
        submitted.revision,
        &Edit::Publish,
        at,
    )?;
    Ok(true)
}

/// Accepts some of the cases that wait, and does the first step of every other one.
fn bring_cases(
    tx: &mut Tx<'_>,
    approval: &approval::Approval,
    plan: &Plan,
    at: Timestamp,
) -> Result<(), approval::Error> {
    let filter = queue::Filter {
        kind: Some("accept".to_owned()),
        item: Some(plan.name.clone()),
        limit: CASES_EACH,
        ..queue::Filter::default()
    };
    for (number, entry) in queue::list(tx, &plan.approver, &filter, at)?
        .into_iter()
        .enumerate()
    {
        let accept = Act::Accept {
            remark: String::new(),
        };
        let case = approval.act(tx, &plan.approver, at, entry.case_id, None, &accept)?;
        let Some(run) = Run::of(&case)? else { continue };
        let first = run
            .running
            .marking
            .works()
            .next()
            .map(|(token, _)| token.id);
        if let (Some(token), true) = (first, number % 2 == 0) {
            let act = Act::Route(Command::Verb {
                verb: Verb::Sign {
                    token,
                    seat: 1,
                    agreed: true,
                    opinion: String::new(),
                },
                facts: Facts::new(),
                remark: "材料齐全，符合要求".to_owned(),
            });
            approval.act(tx, &plan.approver, at, entry.case_id, None, &act)?;
        }
    }
    Ok(())
}

fn step(name: &str, kind: Kind) -> Step {
    Step {
        name: name.to_owned(),
        kind,
        duty: Duty {
            permission: Permission::Decide,
            office: Office::Responsible,
        },
        signing: Signing::One,
    }
}

fn way(from: &str, to: &str, when: &str, label: &str) -> Change {
    Change::AddEdge {
        edge: Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            when: when.to_owned(),
            label: label.to_owned(),
        },
    }
}

fn after(key: &str, step: Step) -> Change {
    Change::AddStep {
        after: key.to_owned(),
        step,
    }
}

fn changed(mut route: Route, changes: &[Change]) -> Option<Route> {
    for change in changes {
        route.change(change).ok()?;
    }
    Some(route)
}

/// 审查, 现场勘验 until it is in order, 决定.
fn food() -> Option<Route> {
    let route = Route::simple(
        step("材料审查", Kind::Review),
        step("审批决定", Kind::Decide),
    );
    let mut route = changed(
        route,
        &[
            after("review", step("现场勘验", Kind::SiteVisit)),
            after("site_visit", step("督促整改", Kind::Review)),
            way("site_visit", "decide", "agreed.site_visit", "勘验合格"),
            way("review2", "site_visit", "agreed.review2", "整改完成"),
        ],
    )?;
    // What is not mended is decided as it is.
    let onward = route
        .graph
        .edges
        .iter_mut()
        .find(|edge| edge.from == "review2" && edge.to == "decide")?;
    "逾期不整改".clone_into(&mut onward.label);
    Some(route)
}

/// Reviews side by side, 会签, 决定; what is not agreed is reviewed again.
fn construction() -> Option<Route> {
    let route = Route::simple(
        step("施工条件审查", Kind::Review),
        step("审批决定", Kind::Decide),
    );
    let mut signed = step("会签", Kind::Deliberation);
    let duty = signed.duty.clone();
    let seat = |name: &str| Seat {
        name: name.to_owned(),
        duty: duty.clone(),
    };
    signed.signing = Signing::All {
        seats: vec![seat("质量安全科"), seat("法规科"), seat("分管副局长")],
    };
    let branch = |beside: &str, name: &str| Change::AddBranch {
        beside: beside.to_owned(),
        step: step(name, Kind::Review),
    };
    changed(
        route,
        &[
            branch("review", "质量安全措施审查"),
            branch("fork", "施工图审查核验"),
            after("join", signed),
            way("deliberation", "fork", "!agreed.deliberation", "会签不同意"),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::{construction, food};

    #[test]
    fn the_routes_of_the_city_are_sound() {
        for route in [food(), construction()] {
            let route = route.expect("the changes fit");
            assert_eq!(route::check(&route).findings, []);
        }
    }
}
