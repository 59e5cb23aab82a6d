//! Routes of two sorts of items, drafted, proved and published as people do it, and a few cases in the middle of them.

use std::sync::Arc;

use anyhow::Context as _;
use approval::details::Delivery;
use approval::routing::versions::Edit;
use approval::routing::{Command, Run, versions};
use approval::{Act, Application};
use base::IdSource;
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::{CaseId, ItemId};
use casework::{Actor, Channel, Permission, Role};
use catalog::model::Published;
use jiff::{Timestamp, ToSpan as _};
use route::edit::Change;
use route::model::{Duty, Edge, Kind, Office, Seat, Signing, Step};
use route::{Facts, Route, Verb};
use store::Tx;

use crate::Parts;
use crate::dice::{Dice, Part};
use crate::marker;
use crate::residents::Who;
use crate::story::Teller;
use crate::words::Words;

/// Items that get a route, and cases of each that are brought onto it.
const ITEMS: usize = 2;
const CASES_EACH: usize = 2;
/// Cases this adds to those of the year.
pub(crate) const CASES: u64 = (ITEMS * CASES_EACH) as u64;
const PART: &str = "routes";
/// Sequence numbers of these cases, far beyond any day's own.
const SEQUENCE: u32 = 900_101;
/// How long before the city's last moment they were filed, and accepted.
const FILED_HOURS: i64 = 20;
const ACCEPTED_HOURS: i64 = 2;
/// Residents who apply, from this number on.
const APPLICANTS: u32 = 6;

/// A route that is to be published.
struct Plan {
    item: ItemId,
    route: Route,
    /// Whoever handles the item.
    approver: Actor,
    cases: Vec<(Actor, Application)>,
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
        let route = if name.contains("大型群众性活动安全许可") {
            gathering()
        } else if name.contains("动物防疫条件合格证") {
            premises()
        } else {
            continue;
        };
        let approver = teller
            .offices
            .staff
            .iter()
            .find(|member| member.desk == offer.desk && member.role == Role::Approver);
        if let Some(approver) = approver
            && plans.len() < ITEMS
        {
            let published = parts
                .catalog
                .version(offer.version_id)
                .await?
                .context("the item's version")?;
            let first = (plans.len() * CASES_EACH) as u32;
            let cases = (first..)
                .take(CASES_EACH)
                .map(|number| applied(teller, &published, &ids, number, at))
                .collect::<anyhow::Result<Vec<_>>>()?;
            plans.push(Plan {
                item: offer.item_id,
                route: route.context("a route of the city")?,
                approver: approver.actor.clone(),
                cases,
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
                match publish_one(
                    tx,
                    plan,
                    &editors,
                    &reviewers,
                    &ids,
                    at.checked_sub((FILED_HOURS + 1).hours()).unwrap_or(at),
                ) {
                    Ok(true) => published += 1,
                    // An item that nobody may write a route for goes the straight road.
                    Ok(false) | Err(approval::Error::Refused(_) | approval::Error::NotFound) => {
                        continue;
                    }
                    Err(other) => return Err(other),
                }
                bring_cases(tx, &approval, plan, at)?;
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

/// An application of a resident for an item.
fn applied(
    teller: &Teller,
    published: &Arc<Published>,
    ids: &IdSource,
    number: u32,
    until: Timestamp,
) -> anyhow::Result<(Actor, Application)> {
    let at = until.checked_sub(FILED_HOURS.hours())?;
    let applicant = teller.town.applicant(Who::Resident(APPLICANTS + number));
    let mut words = Words {
        dice: Dice::of(
            teller.seed,
            Part::Words(u64::MAX - u64::from(SEQUENCE + number)),
        ),
        item: &published.item,
        applicant: &applicant,
        papers: &teller.papers,
    };
    let case_id: CaseId = ids.next(at);
    let region: String = published.item.region_code.chars().take(6).collect();
    let case_no = RegionCode::parse(&region)
        .ok()
        .zip(Digit::from_digit(Channel::Web.digit()))
        .and_then(|(region, digit)| {
            CaseNo::make(&region, calendar::civil_date(at), digit, SEQUENCE + number)
        })
        .context("a number for a case")?;
    let application = Application {
        case_id,
        case_no: case_no.as_str().to_owned(),
        published: Arc::clone(published),
        situation: catalog::guided::Answers::new(),
        applicant: applicant.party,
        applicant_name: applicant.name.to_owned(),
        channel: Channel::Web,
        answers: words.answers(at.as_millisecond()),
        materials: words.materials(false),
        origins: approval::origins::Origins::default(),
        delivery: Delivery::Electronic,
        query_code: teller.intake.query_code(case_id),
        together: approval::together::Together::default(),
        after: None,
    };
    Ok((applicant.actor(), application))
}

/// Files and accepts the cases, and does the first step of every other one.
fn bring_cases(
    tx: &mut Tx<'_>,
    approval: &approval::Approval,
    plan: &Plan,
    until: Timestamp,
) -> Result<(), approval::Error> {
    let ago = |hours: i64| until.checked_sub(hours.hours()).unwrap_or(until);
    let accepted_at = ago(ACCEPTED_HOURS);
    for (number, (applicant, application)) in plan.cases.iter().enumerate() {
        let filed = approval.file(tx, applicant, ago(FILED_HOURS), application)?;
        let accept = Act::Accept {
            remark: String::new(),
        };
        let case = approval.act(tx, &plan.approver, accepted_at, filed.id, None, &accept)?;
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
            approval.act(tx, &plan.approver, until, filed.id, None, &act)?;
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
fn premises() -> Option<Route> {
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
fn gathering() -> Option<Route> {
    let route = Route::simple(
        step("活动方案审查", Kind::Review),
        step("审批决定", Kind::Decide),
    );
    let mut signed = step("会签", Kind::Deliberation);
    let duty = signed.duty.clone();
    let seat = |name: &str| Seat {
        name: name.to_owned(),
        duty: duty.clone(),
    };
    signed.signing = Signing::All {
        seats: vec![seat("治安支队"), seat("法制支队"), seat("分管副局长")],
    };
    let branch = |beside: &str, name: &str| Change::AddBranch {
        beside: beside.to_owned(),
        step: step(name, Kind::Review),
    };
    changed(
        route,
        &[
            branch("review", "安全工作方案审查"),
            branch("fork", "场所安全核验"),
            after("join", signed),
            way("deliberation", "fork", "!agreed.deliberation", "会签不同意"),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::{gathering, premises};

    #[test]
    fn the_routes_of_the_city_are_sound() {
        for route in [premises(), gathering()] {
            let route = route.expect("the changes fit");
            assert_eq!(route::check(&route).findings, []);
        }
    }
}
