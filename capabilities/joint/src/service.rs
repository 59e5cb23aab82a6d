//! The use cases: file a whole, act on it, take in what happened to a part. Each runs inside the caller's transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use approval::Act as Part;
use approval::details::{CorrectionItem, Delivery, MaterialGiven, decision};
use approval::letter::{self, Letter};
use approval::origins::Origins;
use approval::together::{self, Release, Shared, Together, Wait};
use base::ids::{CaseId, PartyId};
use casework::{Actor, Case, Channel, Context, Refusal};
use catalog::model::{Item, Limit, Published};
use intake::form::Answers;
use jiff::Timestamp;
use store::Tx;
use web::Result;

use crate::compose::Composed;
use crate::details::{Lane, Plan, Standing, Variety, plan, standings};
use crate::error::Error;
use crate::flow::KIND;
use crate::rules::{self, Command, Filing};
use crate::{Joint, project, records, stage};

/// A checked application for a whole, with the ids and numbers of everything it opens.
#[derive(Clone, Debug)]
pub struct Application {
    pub composed: Arc<Composed>,
    pub case: (CaseId, String),
    /// One for each part, in their order.
    pub parts: Vec<(CaseId, String)>,
    pub channel: Channel,
    pub answers: Answers,
    pub materials: Vec<MaterialGiven>,
    pub delivery: Delivery,
    /// Where answers and papers were taken from, by the keys of the one form and the one list.
    pub origins: Origins,
    /// What earlier stages of a project came to.
    pub shared: Vec<Shared>,
}

/// What somebody asks to be done with a whole; document numbers are added here.
#[derive(Clone, Debug)]
pub enum Act {
    Accept {
        remark: String,
    },
    RequestCorrection {
        items: Vec<CorrectionItem>,
    },
    Extend {
        days: u32,
        approver: String,
        reason: String,
    },
    Deliver {
        method: Delivery,
        receiver: String,
        tracking: String,
    },
    Withdraw {
        reason: String,
    },
    Stage(stage::Command),
}

impl Joint {
    /// Takes ids and case numbers for a whole and its parts, before the transaction.
    pub async fn application(
        &self,
        composed: Arc<Composed>,
        channel: Channel,
        (answers, materials, delivery): (Answers, Vec<MaterialGiven>, Delivery),
        origins: Origins,
    ) -> Result<Application> {
        let now = self.app().now();
        let approval = &self.intake().approval;
        let region = &composed.published.item.region_code;
        let case = (
            self.app().ids.next(now),
            approval.next_case_no(region, channel).await?,
        );
        let mut parts = Vec::with_capacity(composed.parts.len());
        for part in &composed.parts {
            let region = &part.published.item.region_code;
            let no = approval.next_case_no(region, channel).await?;
            parts.push((self.app().ids.next(now), no));
        }
        let shared = match &composed.stage {
            Some(stage) => project::results(self, stage.project).await?,
            None => Vec::new(),
        };
        Ok(Application {
            composed,
            case,
            parts,
            channel,
            answers,
            materials,
            delivery,
            origins,
            shared,
        })
    }

    /// Opens the whole and every part of it, in one transaction.
    pub fn file(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        (applicant, applicant_name): (PartyId, &str),
        application: &Application,
    ) -> std::result::Result<Case, Error> {
        let composed = &application.composed;
        let calendar = self.app().calendar();
        let (case_id, case_no) = &application.case;
        let plan = planned(application);
        let people = &self.app().people;
        let form = approval::answers::store(tx, people, *case_id, 1, &application.answers)?;
        let item = &composed.published.item;
        let filing = Filing {
            case_id: *case_id,
            case_no: case_no.clone(),
            title: item.name.clone(),
            region: item.region_code.clone(),
            org: composed.published.org_id,
            applicant,
            applicant_name: applicant_name.to_owned(),
            channel: application.channel,
            plan: plan.clone(),
            form,
        };
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version: None,
        };
        if let Some(stage) = &plan.stage {
            project::file_stage(self, tx, ctx, stage.project, &plan.key, *case_id)?;
        }
        let event = rules::file(ctx, &filing);
        let case = cases::open(tx, &calendar, *case_id, &event)?;
        let (org, region) = (case.org, case.region.as_str());
        records::add_root(tx, *case_id, plan.variety.word(), org, region, now)?;
        for (place, lane) in plan.lanes.iter().enumerate() {
            self.file_part(
                tx,
                actor,
                now,
                (applicant, applicant_name),
                application,
                &plan,
                place,
            )?;
            records::add_child(tx, lane.case_id, *case_id)?;
        }
        Ok(case)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one part of a filing, with all of its surroundings"
    )]
    fn file_part(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        (applicant, applicant_name): (PartyId, &str),
        application: &Application,
        plan: &Plan,
        place: usize,
    ) -> std::result::Result<(), Error> {
        let composed = &application.composed;
        let (part, lane) = (&composed.parts[place], &plan.lanes[place]);
        let (answers, materials) =
            composed
                .merged
                .part(place, &application.answers, &application.materials);
        let mut waits: Vec<Wait> = lane
            .after
            .iter()
            .filter_map(|other| plan.lanes.iter().find(|lane| lane.case_id == *other))
            .map(|other| Wait::result_of(other.case_id, &other.title))
            .collect();
        if let Some(stage) = plan.stage.as_ref().filter(|_| !lane.opinions.is_empty()) {
            let asked = stage.parts.iter();
            let titles: Vec<&str> = asked
                .filter(|part| lane.opinions.contains(&part.key))
                .map(|part| part.title.as_str())
                .collect();
            waits.push(Wait::opinions(&titles));
        }
        if plan.variety.is_joint() {
            waits.push(Wait::delivery());
        }
        let application = approval::Application {
            case_id: lane.case_id,
            case_no: lane.case_no.clone(),
            published: within(&part.published, plan.days),
            situation: part.situation.clone(),
            applicant,
            applicant_name: applicant_name.to_owned(),
            channel: application.channel,
            answers,
            materials,
            delivery: application.delivery,
            origins: composed.merged.part_origins(place, &application.origins),
            query_code: self.intake().query_code(lane.case_id),
            after: None,
            together: Together {
                child_of: Some(application.case.0),
                waits,
                shared: application.shared.clone(),
            },
        };
        let approval = &self.intake().approval;
        approval.file(tx, actor, now, &application)?;
        Ok(())
    }

    /// Acts on a whole, and on its parts where the act is theirs too.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an actor who may not know of it.
    pub fn act(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        case_id: CaseId,
        expected_version: Option<i64>,
        act: &Act,
    ) -> std::result::Result<Case, Error> {
        let calendar = self.app().calendar();
        let before = self.load(tx, actor, case_id)?;
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version,
        };
        // Refuse before anything is numbered.
        rules::decide(ctx, &before, &numbered(act, String::new()))?;
        if let (Act::Accept { .. }, Some(plan)) = (act, plan(&before)) {
            let parts = self.parts(tx, &plan)?;
            if let Some(part) = parts.iter().find(|part| part.state == "correcting") {
                let message = format!("“{}”还在等待申请人补正，补正后才能统一受理", part.title);
                return Err(Refusal::invalid("remark", message).into());
            }
        }
        let doc_no = match act {
            Act::Accept { .. } => self.number(tx, &before, Letter::Acceptance, now)?,
            Act::RequestCorrection { .. } => self.number(tx, &before, Letter::Correction, now)?,
            Act::Stage(stage::Command::Conclude { .. }) => {
                self.number(tx, &before, Letter::Granted, now)?
            }
            _ => String::new(),
        };
        let command = numbered(act, doc_no);
        let after = cases::execute(tx, &calendar, case_id, |case| {
            rules::decide(ctx, case, &command).map_err(Error::from)
        })?;
        self.follow_act(tx, actor, now, &after, act)?;
        self.after(tx, now, &before, &after)?;
        Ok(after)
    }

    /// What an act on the whole means for its parts.
    fn follow_act(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        whole: &Case,
        act: &Act,
    ) -> std::result::Result<(), Error> {
        let Some(plan) = plan(whole) else {
            return Ok(());
        };
        match act {
            Act::Accept { .. } => {
                let remark = format!("{}统一受理（{}）", actor.name(), whole.no);
                for part in self.parts(tx, &plan)? {
                    if part.state == "received" {
                        let accept = Part::Accept {
                            remark: remark.clone(),
                        };
                        self.on_part(tx, &Actor::System, now, part.id, &accept)?;
                    }
                }
            }
            Act::RequestCorrection { items } => {
                for lane in &plan.lanes {
                    let own: Vec<CorrectionItem> = items
                        .iter()
                        .filter_map(|item| {
                            Some(CorrectionItem {
                                material: lane.materials.get(&item.material)?.clone(),
                                what: item.what.clone(),
                            })
                        })
                        .collect();
                    if !own.is_empty() {
                        let remark = format!("{}统一告知（{}）", actor.name(), whole.no);
                        let ask = Part::RequestCorrection { items: own, remark };
                        self.on_part(tx, &Actor::System, now, lane.case_id, &ask)?;
                    }
                }
            }
            Act::Withdraw { reason } => {
                for part in self.parts(tx, &plan)? {
                    if matches!(part.state.as_str(), "received" | "correcting" | "accepted") {
                        let withdraw = Part::Withdraw {
                            reason: reason.clone(),
                        };
                        self.on_part(tx, actor, now, part.id, &withdraw)?;
                    } else {
                        self.release_delivery(tx, now, &part)?;
                    }
                }
            }
            Act::Deliver {
                method,
                receiver,
                tracking,
            } => {
                for part in self.parts(tx, &plan)? {
                    let waits = together::delivered_jointly(&part);
                    self.release_delivery(tx, now, &part)?;
                    if waits && matches!(part.state.as_str(), "granted" | "refused") {
                        let deliver = Part::Deliver {
                            method: *method,
                            receiver: receiver.clone(),
                            tracking: tracking.clone(),
                        };
                        self.on_part(tx, &Actor::System, now, part.id, &deliver)?;
                    }
                }
            }
            Act::Stage(stage::Command::GiveOpinion { .. }) => {
                self.release_opinions(tx, now, whole, &plan)?;
            }
            Act::Extend { .. } | Act::Stage(_) => {}
        }
        Ok(())
    }

    /// Lets approvals be granted that waited for opinions, where all of these are in favour now.
    fn release_opinions(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        whole: &Case,
        plan: &Plan,
    ) -> std::result::Result<(), Error> {
        let known = stage::opinions(whole);
        let in_favour = |key: &String| known.get(key).is_some_and(|opinion| opinion.passed);
        for lane in &plan.lanes {
            if lane.opinions.is_empty() || !lane.opinions.iter().all(in_favour) {
                continue;
            }
            let waiting = cases::load(tx, lane.case_id)?
                .is_some_and(|case| case.is_open() && together::waits_for_opinions(&case));
            if waiting {
                let release = Part::Release(Release {
                    key: together::OPINIONS.to_owned(),
                    shared: None,
                    instead: None,
                });
                self.on_part(tx, &Actor::System, now, lane.case_id, &release)?;
            }
        }
        Ok(())
    }

    /// Takes in where a part stands now; `false` where that was known.
    ///
    /// Called once for every entry of the feed, in the transaction that moves the bookmark. What is older than what
    /// the whole knows changes nothing, so calling it again does no harm.
    pub fn part_moved(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        whole: CaseId,
        part: CaseId,
    ) -> std::result::Result<bool, Error> {
        let Some(before) = cases::load(tx, whole)?.filter(|case| case.kind == KIND) else {
            return Ok(false);
        };
        let Some(child) = cases::load(tx, part)? else {
            return Ok(false);
        };
        let standing = standing(&child);
        let known = standings(&before);
        let news = known.get(&part).is_some_and(|known| {
            known.seq < standing.seq
                && (known.state != standing.state || known.paused != standing.paused)
        });
        if !news || !before.is_open() {
            return Ok(false);
        }
        let calendar = self.app().calendar();
        let ctx = Context {
            now,
            calendar: &calendar,
            actor: &Actor::System,
            expected_version: None,
        };
        let command = Command::PartMoved {
            part,
            standing: standing.clone(),
        };
        let after = cases::execute(tx, &calendar, whole, |case| {
            rules::decide(ctx, case, &command).map_err(Error::from)
        })?;
        if standing.is_ended() {
            self.share(tx, now, &after, part, &child, &standing)?;
        }
        self.after(tx, now, &before, &after)?;
        Ok(true)
    }

    /// Gives the result of a part to those that wait for it.
    fn share(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        whole: &Case,
        part: CaseId,
        child: &Case,
        standing: &Standing,
    ) -> std::result::Result<(), Error> {
        let Some(plan) = plan(whole) else {
            return Ok(());
        };
        let key = together::prerequisite(part);
        for lane in plan.lanes.iter().filter(|lane| lane.after.contains(&part)) {
            let waiting = cases::load(tx, lane.case_id)?.is_some_and(|case| {
                case.is_open() && case.holds.iter().any(|hold| hold.key == key)
            });
            if !waiting {
                continue;
            }
            let release = Release {
                key: key.clone(),
                shared: standing.result.clone(),
                instead: (!standing.is_granted()).then(|| Wait::without(part, &child.title)),
            };
            self.on_part(
                tx,
                &Actor::System,
                now,
                lane.case_id,
                &Part::Release(release),
            )?;
        }
        Ok(())
    }

    /// What the end of the whole means for its parts and for the project it belongs to.
    fn after(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        before: &Case,
        after: &Case,
    ) -> std::result::Result<(), Error> {
        let Some(plan) = plan(after) else {
            return Ok(());
        };
        if plan.variety == Variety::Cart {
            return Ok(());
        }
        let concluded = before.outcome.is_none() && after.outcome.is_some();
        if concluded && after.state != "withdrawn" {
            let electronic = plan.delivery == Delivery::Electronic;
            for part in self.parts(tx, &plan)? {
                // What is still open goes on alone; what is decided is delivered now, or by the leading body.
                if electronic || !standing(&part).is_ended() {
                    self.release_delivery(tx, now, &part)?;
                }
            }
        }
        Ok(())
    }

    fn release_delivery(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        part: &Case,
    ) -> std::result::Result<(), Error> {
        if !part.is_open() || !together::delivered_jointly(part) {
            return Ok(());
        }
        let release = Release {
            key: together::DELIVERY.to_owned(),
            shared: None,
            instead: None,
        };
        self.on_part(tx, &Actor::System, now, part.id, &Part::Release(release))
    }

    fn on_part(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        part: CaseId,
        act: &Part,
    ) -> std::result::Result<(), Error> {
        let approval = &self.intake().approval;
        approval.act(tx, actor, now, part, None, act)?;
        Ok(())
    }

    /// The parts of a whole as they are.
    pub fn parts(&self, tx: &mut Tx<'_>, plan: &Plan) -> std::result::Result<Vec<Case>, Error> {
        let mut parts = Vec::with_capacity(plan.lanes.len());
        for lane in &plan.lanes {
            parts.extend(cases::load(tx, lane.case_id)?);
        }
        Ok(parts)
    }

    /// A whole, for an actor who may know of it.
    pub fn load(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case_id: CaseId,
    ) -> std::result::Result<Case, Error> {
        cases::load(tx, case_id)?
            .filter(|case| case.kind == KIND && may_know(actor, case))
            .ok_or(Error::NotFound)
    }

    fn number(
        &self,
        tx: &mut Tx<'_>,
        case: &Case,
        letter: Letter,
        now: Timestamp,
    ) -> std::result::Result<String, Error> {
        let org = people::orgs::by_id(tx, case.org)?;
        let short_name = org.map(|org| org.short_name).unwrap_or_default();
        let year = calendar::civil_date(now).year();
        Ok(letter::number(tx, &short_name, "", letter, year)?)
    }
}

/// Whether the actor may know of a whole: its applicant, staff of the leading body or of a body that takes part.
pub fn may_know(actor: &Actor, case: &Case) -> bool {
    if approval::may_know(actor, case) {
        return true;
    }
    let Some(plan) = plan(case) else {
        return false;
    };
    let lanes = plan.lanes.iter().map(|lane| lane.org);
    let parts = plan
        .stage
        .iter()
        .flat_map(|stage| &stage.parts)
        .map(|part| part.org);
    let orgs: BTreeSet<_> = lanes.chain(parts).collect();
    matches!(actor, Actor::Staff(_))
        && orgs.into_iter().any(|org| {
            let scope = casework::Scope {
                region: &case.region,
                org: Some(org),
            };
            actor.may(casework::Permission::ReadCase, &scope)
        })
}

/// Where a part stands, as the whole is told.
pub fn standing(part: &Case) -> Standing {
    let outcome = part.outcome.as_ref();
    let result = outcome
        .filter(|outcome| matches!(outcome.code.as_str(), "granted" | "refused"))
        .map(|outcome| {
            let decided = decision(part);
            Shared {
                case_id: part.id,
                case_no: part.no.clone(),
                title: part.title.clone(),
                granted: outcome.code == "granted",
                doc_no: decided
                    .as_ref()
                    .map(|one| one.doc_no.clone())
                    .unwrap_or_default(),
                license_id: decided.and_then(|one| one.license_id),
                at: outcome.at,
            }
        });
    Standing {
        state: part.state.clone(),
        seq: part.version,
        at: part.last.at,
        paused: part
            .open_clocks()
            .find_map(|clock| clock.open_pause().cloned()),
        result,
    }
}

fn planned(application: &Application) -> Plan {
    let composed = &application.composed;
    let id = |place: &usize| application.parts[*place].0;
    let lanes = composed
        .parts
        .iter()
        .enumerate()
        .map(|(place, part)| {
            let (case_id, case_no) = application.parts[place].clone();
            Lane {
                case_id,
                case_no,
                title: part.published.item.name.clone(),
                org: part.published.org_id,
                body: part.body.clone(),
                starts: part.starts,
                ends: part.ends,
                optional: part.optional,
                after: part.after.iter().map(id).collect(),
                opinions: part.opinions.iter().cloned().collect(),
                materials: composed.merged.materials_of(place),
            }
        })
        .collect();
    Plan {
        variety: composed.variety,
        key: composed.key.clone(),
        days: composed.days,
        delivery: application.delivery,
        lanes,
        stage: composed.stage.clone(),
    }
}

/// A part's promise is never longer than the whole's: it may not end after it.
fn within(published: &Arc<Published>, days: Option<u32>) -> Arc<Published> {
    let own = published.item.promised_limit.as_ref();
    let by_law = published.item.statutory_limit.as_ref();
    let most = by_law
        .filter(|limit| limit.unit == calendar::Unit::WorkingDay)
        .map_or(u32::MAX, |limit| limit.n);
    match days.filter(|days| *days > 0).map(|days| days.min(most)) {
        Some(days)
            if own.is_none_or(|own| own.unit != calendar::Unit::WorkingDay || own.n > days) =>
        {
            Arc::new(Published {
                item: Item {
                    promised_limit: Some(Limit {
                        n: days,
                        unit: calendar::Unit::WorkingDay,
                        note: String::new(),
                    }),
                    ..published.item.clone()
                },
                ..Published::clone(published)
            })
        }
        _ => Arc::clone(published),
    }
}

fn numbered(act: &Act, doc_no: String) -> Command {
    match act.clone() {
        Act::Accept { remark } => Command::Accept { doc_no, remark },
        Act::RequestCorrection { items } => Command::RequestCorrection { doc_no, items },
        Act::Extend {
            days,
            approver,
            reason,
        } => Command::Extend {
            days,
            approver,
            reason,
        },
        Act::Deliver {
            method,
            receiver,
            tracking,
        } => Command::Deliver {
            method,
            receiver,
            tracking,
        },
        Act::Withdraw { reason } => Command::Withdraw { reason },
        Act::Stage(stage::Command::Conclude { text, .. }) => {
            Command::Stage(stage::Command::Conclude { doc_no, text })
        }
        Act::Stage(command) => Command::Stage(command),
    }
}

/// Refusals that a part gave because it is further than the whole knew.
pub(crate) fn is_settled(error: &Error) -> bool {
    matches!(
        error,
        Error::Refused(Refusal::WrongState { .. } | Refusal::Invalid { .. } | Refusal::Held { .. })
    )
}
