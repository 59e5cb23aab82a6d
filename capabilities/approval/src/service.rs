//! The use cases: file, act. Each runs inside the caller's transaction and does nothing but the database.

use base::ids::{CaseId, PartyId};
use casework::{Actor, Case, Channel, Context};
use catalog::model::{Published, ResultKind};
use jiff::{Timestamp, civil::Date};
use store::{Tx, jobs::NewJob};
use web::App;

use crate::{
    after::{self, After, Ask},
    aftercheck,
    answers::{self, Answers},
    archive, changes, clocks, credit,
    details::{About, CorrectionItem, Delivery, FormRef, MaterialGiven, about, form},
    error::Error,
    flow::KIND,
    law::{self, Settings},
    letter::{self, Letter},
    origins::{MaterialOrigin, Origins},
    promise, proxies, quota, routing,
    rules::{self, Command, Filing},
    settings, special,
    together::{Release, Together},
    window::{
        self,
        handover::{self, HandOver, Place, Received},
    },
};

/// Handle to approvals. Clone freely.
#[derive(Clone)]
pub struct Approval {
    pub app: App,
    pub catalog: catalog::Catalog,
    numbers: cases::number::Numbers,
}

/// An application that is complete and ready to be filed.
#[derive(Clone, Debug)]
pub struct Application {
    pub case_id: CaseId,
    /// From [`Approval::next_case_no`].
    pub case_no: String,
    /// The version as it applies to the situation.
    pub published: std::sync::Arc<Published>,
    pub situation: catalog::guided::Answers,
    pub applicant: PartyId,
    pub applicant_name: String,
    pub channel: Channel,
    pub answers: Answers,
    pub materials: Vec<MaterialGiven>,
    pub delivery: Delivery,
    /// What was filled in or handed in before.
    pub origins: Origins,
    /// Query password printed on the receipt; only its digest is kept.
    pub query_code: String,
    /// The certificate it is to change, renew or replace.
    pub after: Option<Ask>,
    pub together: Together,
}

/// A case about to be recorded.
pub(crate) struct Opening {
    pub(crate) event: casework::Event,
    /// Whoever files, named with whom they file for.
    filer: Actor,
    proxy: Option<people::Proxy>,
}

impl Opening {
    /// What is kept beside a case with its first event.
    pub(crate) fn filed(&self, tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
        after::filed(tx, case)?;
        proxies::note(tx, self.proxy.as_ref(), case)?;
        window::rows::follow(tx, &self.filer, case)?;
        Ok(())
    }
}

/// What somebody asks to be done; document numbers and licences are added here.
#[derive(Clone, Debug)]
pub enum Act {
    Accept {
        remark: String,
    },
    RequestCorrection {
        items: Vec<CorrectionItem>,
        remark: String,
    },
    SupplyCorrection {
        /// The whole form again where it changed.
        answers: Option<Answers>,
        materials: Vec<MaterialGiven>,
        /// Where those come from that were not handed in anew.
        sources: Vec<MaterialOrigin>,
        remark: String,
    },
    RefuseAcceptance {
        reason: String,
        legal_basis: String,
        right_agency: String,
    },
    DeemAccepted,
    Grant {
        opinion: String,
    },
    Refuse {
        reason: String,
        legal_basis: String,
    },
    Deliver {
        method: Delivery,
        receiver: String,
        tracking: String,
    },
    Withdraw {
        reason: String,
    },
    Take {
        back: bool,
    },
    Reveal {
        purpose: String,
    },
    Archive(archive::Act),
    After(after::Act),
    Release(Release),
    /// What a window does beside taking in.
    Window(window::Command),
    Route(routing::Command),
    /// Numbers and licences are added here as well.
    Special(special::Command),
}

impl Approval {
    pub fn new(app: App, catalog: catalog::Catalog) -> Approval {
        let numbers = cases::number::Numbers::new(app.db.clone());
        Approval {
            app,
            catalog,
            numbers,
        }
    }

    /// The next case number for today; taken before the transaction that files the case.
    pub async fn next_case_no(&self, region: &str, channel: Channel) -> Result<String, Error> {
        Ok(self.numbers.next(region, self.app.today(), channel).await?)
    }

    /// Files an application: the case opens, its answers are sealed beside it, and the job that would deem it
    /// accepted is planned for the instant the notice falls due.
    pub fn file(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        application: &Application,
    ) -> Result<Case, Error> {
        self.file_with(tx, actor, now, application, |_| {})
    }

    /// The event that opens a case, by whoever files and on whose authority.
    pub(crate) fn opening(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        application: &Application,
        form: FormRef,
    ) -> Result<Opening, Error> {
        let calendar = self.app.calendar();
        let (published, applicant) = (&application.published, application.applicant);
        let proxy = proxies::authority(tx, actor, applicant, Some(published.item_id), now)?;
        let filer = proxies::named(actor, applicant, &application.applicant_name);
        let after = after::follows(tx, application, now)?;
        let set = settings::of(tx, published.item_id)?;
        let mut filing = filing(application, form, after, set);
        filing.filed_by = self.filed_by(tx, &filer, now, application, proxy.as_ref())?;
        may_be_promised(tx, &filing)?;
        let ctx = Context {
            now,
            calendar: &calendar,
            actor: &filer,
            expected_version: None,
        };
        Ok(Opening {
            event: rules::file(ctx, &filing),
            filer,
            proxy,
        })
    }

    /// Files, with more said in the event that opens the case.
    pub(crate) fn file_with(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        application: &Application,
        say: impl FnOnce(&mut casework::Event),
    ) -> Result<Case, Error> {
        let calendar = self.app.calendar();
        let form = answers::store(
            tx,
            &self.app.people,
            application.case_id,
            1,
            &application.answers,
        )?;
        let mut opening = self.opening(tx, actor, now, application, form)?;
        say(&mut opening.event);
        let case = cases::open(tx, &calendar, application.case_id, &opening.event)?;
        plan_deemed(tx, &case, &calendar)?;
        opening.filed(tx, &case)?;
        let published = &application.published;
        debug_assert_eq!(case.org, published.org_id);
        Ok(case)
    }

    /// Acts on a case.
    ///
    /// # Errors
    /// [`Error::Refused`] with who was first when somebody else acted meanwhile; [`Error::NotFound`] for an actor
    /// who may not know of the case.
    pub fn act(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        case_id: CaseId,
        expected_version: Option<i64>,
        act: &Act,
    ) -> Result<Case, Error> {
        let calendar = self.app.calendar();
        let before = cases::load(tx, case_id)?
            .filter(|case| case.kind == KIND)
            .ok_or(Error::NotFound)?;
        let item = about(&before).map(|about| about.item);
        let proxy = proxies::authority(tx, actor, before.applicant, item, now)?;
        // Whoever looks after the platform moves cases to another route without reading them.
        let migrates = matches!(act, Act::Route(routing::Command::Migrate { .. }))
            && actor.may(casework::Permission::Administer, &before.scope());
        if !may_know(actor, &before) && !migrates {
            return Err(Error::NotFound);
        }
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version,
        };
        // Refuse before anything is numbered or stored.
        let plan = routing::store::entered(tx, &before, act)?;
        if let Err(refusal) =
            rules::decide_on(ctx, &before, &preview_command(&before, act), plan.as_ref())
        {
            return Err(explained(tx, case_id, expected_version, refusal)?);
        }
        trusted(tx, &before, now, act)?;
        if matches!(act, Act::Grant { .. } | Act::After(_)) {
            // A certificate is made beside the case: two who grant at once must not both make one.
            cases::claim(tx, &before)?;
        }
        let command = self.command(tx, &before, now, act)?;
        let case = cases::execute(tx, &calendar, case_id, |case| {
            rules::decide_on(ctx, case, &command, plan.as_ref()).map_err(Error::from)
        })?;
        if case.state == "received" {
            plan_deemed(tx, &case, &calendar)?;
        } else if before.state == "received" {
            tx.unschedule(case.id.uuid())?;
        }
        after::renewal::settled(tx, &case)?;
        quota::follow(tx, &before, &case)?;
        special::urging::follow(tx, &before, &case)?;
        window::rows::follow(tx, actor, &case)?;
        proxies::note(tx, proxy.as_ref(), &case)?;
        crate::jobs::plan(tx, &before, &case, &calendar)?;
        consequences(tx, &case, act)?;
        aftercheck::follow(self, tx, &case, now)?;
        Ok(case)
    }

    /// Who acted for the applicant, and the hand-over that a window elsewhere owes.
    fn filed_by(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        application: &Application,
        proxy: Option<&people::Proxy>,
    ) -> Result<window::FiledBy, Error> {
        let agent = proxy.map(|proxy| window::AgentNote {
            party: proxy.agent,
            name: actor.name().to_owned(),
            proxy: proxy.id,
            ground: proxy.how.ground,
        });
        let handover = match actor {
            Actor::Staff(staff) => elsewhere(tx, staff, now, application)?,
            Actor::Person(_) | Actor::System => None,
        };
        Ok(window::FiledBy { agent, handover })
    }

    /// What `act` would do to the case, without doing it.
    pub fn preview(
        &self,
        actor: &Actor,
        now: Timestamp,
        case: &Case,
        act: &Act,
    ) -> Result<crate::effect::Effects, casework::Refusal> {
        let calendar = self.app.calendar();
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version: None,
        };
        let event = rules::decide(ctx, case, &preview_command(case, act))?;
        Ok(crate::effect::of(case, &event, &calendar))
    }

    pub(crate) fn command(
        &self,
        tx: &mut Tx<'_>,
        case: &Case,
        now: Timestamp,
        act: &Act,
    ) -> Result<Command, Error> {
        let mut command = preview_command(case, act);
        let today = calendar::civil_date(now);
        match &mut command {
            Command::Accept { doc_no, .. } => {
                *doc_no = number(tx, case, Letter::Acceptance, today)?;
            }
            Command::RequestCorrection { doc_no, .. } => {
                *doc_no = number(tx, case, Letter::Correction, today)?;
            }
            Command::RefuseAcceptance { doc_no, .. } => {
                *doc_no = number(tx, case, Letter::NotAccepted, today)?;
            }
            Command::Grant {
                doc_no, license_id, ..
            } => {
                *doc_no = number(tx, case, Letter::Granted, today)?;
                *license_id = self.issue(tx, case, now, today, doc_no)?;
            }
            Command::Refuse { doc_no, .. } => {
                *doc_no = number(tx, case, Letter::Refused, today)?;
            }
            Command::SupplyCorrection {
                form: Some(form), ..
            } => {
                if let Act::SupplyCorrection {
                    answers: Some(answers),
                    ..
                } = act
                {
                    *form = answers::store(
                        tx,
                        &self.app.people,
                        case.id,
                        next_revision(case),
                        answers,
                    )?;
                }
            }
            Command::After(after::Command::DeemRenewed { doc_no, license_id }) => {
                *doc_no = number(tx, case, Letter::Granted, today)?;
                *license_id = self.issue(tx, case, now, today, doc_no)?;
            }
            Command::After(after::Command::Ban { doc_no, .. }) => {
                *doc_no = number(tx, case, Letter::Banned, today)?;
            }
            Command::Archive(command) => archive::complete(self, tx, case, today, command)?,
            Command::Special(command) => {
                for (letter, doc_no) in command.letters() {
                    *doc_no = number(tx, case, letter, today)?;
                }
                if let special::Command::DeemGranted { doc_no, license_id } = command {
                    *license_id = self.issue(tx, case, now, today, doc_no)?;
                }
            }
            Command::SupplyCorrection { .. }
            | Command::DeemAccepted
            | Command::Deliver { .. }
            | Command::Withdraw { .. }
            | Command::Take { .. }
            | Command::Reveal { .. }
            | Command::Release(_)
            | Command::Window(_)
            | Command::Route(_) => {}
        }
        Ok(command)
    }

    /// Makes the certificate where the item's result is one.
    fn issue(
        &self,
        tx: &mut Tx<'_>,
        case: &Case,
        now: Timestamp,
        today: Date,
        doc_no: &str,
    ) -> Result<Option<String>, Error> {
        let Some(about) = about(case) else {
            return Ok(None);
        };
        let published = self
            .catalog
            .version_in(tx, about.version)?
            .ok_or(Error::NoVersion(about.version))?;
        let result = &published.item.result;
        if result.kind != ResultKind::Certificate {
            return Ok(None);
        }
        if let Some(after) = after::after(case) {
            let years = result.valid_years;
            return after::succeed(self, tx, case, &after, years, doc_no, now).map(Some);
        }
        let org = people::orgs::by_id(tx, case.org).map_err(people_error)?;
        let Some((issuer_name, Some(issuer_uscc))) = org.map(|org| (org.name, org.uscc)) else {
            return Err(casework::Refusal::invalid(
                "org",
                "本机关没有登记统一社会信用代码，不能制发电子证照，请联系系统管理员补登",
            )
            .into());
        };
        let issued = license::issue(
            tx,
            &self.app.people,
            &license::NewLicense {
                case_id: case.id,
                case_no: case.no.clone(),
                type_name: if result.name.is_empty() {
                    case.title.clone()
                } else {
                    result.name.clone()
                },
                item_name: case.title.clone(),
                item_id: about.item,
                holder: case.applicant,
                holder_name: case.applicant_name.clone(),
                issuer: case.org,
                issuer_name,
                issuer_uscc,
                region: case.region.clone(),
                valid_from: today,
                valid_years: result.valid_years,
                at: now,
            },
        )?;
        Ok(Some(issued.license_id))
    }
}

/// Whether the materials of an application may be promised, by this applicant (see [`promise`], [`credit`]).
pub(crate) fn may_be_promised(tx: &mut Tx<'_>, filing: &Filing) -> Result<(), Error> {
    promise::check(&filing.terms.law, &filing.materials)?;
    if promise::is_made(&filing.materials) {
        credit::may_promise(tx, filing.applicant)?;
    }
    Ok(())
}

/// What the applicant's credit stands in the way of (see [`credit`]).
fn trusted(tx: &mut Tx<'_>, case: &Case, now: Timestamp, act: &Act) -> Result<(), Error> {
    match act {
        Act::Special(special::Command::PromiseGap) => credit::may_promise(tx, case.applicant),
        Act::Special(special::Command::AcceptWithGap { .. }) => {
            credit::may_promise(tx, case.applicant)?;
            may_apply(tx, case, now)
        }
        Act::Accept { .. } => may_apply(tx, case, now),
        _ => Ok(()),
    }
}

/// 行政许可法第七十八条、第七十九条: for a time after a false application the same matter is not accepted again.
fn may_apply(tx: &mut Tx<'_>, case: &Case, now: Timestamp) -> Result<(), Error> {
    match about(case) {
        Some(about) => {
            let today = calendar::civil_date(now);
            credit::may_apply(tx, case.applicant, &about.impl_code, today)
        }
        None => Ok(()),
    }
}

/// What follows from an act outside the case.
fn consequences(tx: &mut Tx<'_>, case: &Case, act: &Act) -> Result<(), Error> {
    let kind = match act {
        Act::Special(special::Command::RecordFalseMaterials { .. })
            if crate::details::terms(case).law.set.safety =>
        {
            credit::Kind::FalseMaterials
        }
        Act::After(after::Act::Ban { .. }) => credit::Kind::FalseMaterials,
        // Refused because what was promised did not come.
        Act::Refuse { .. } if special::gap::of(case).is_some_and(|gap| gap.lapsed_at.is_some()) => {
            credit::Kind::GapNotKept
        }
        _ => return Ok(()),
    };
    let reason = match after::bans::noted(case) {
        Some(noted) if matches!(act, Act::After(_)) => noted.facts,
        _ => case
            .outcome
            .as_ref()
            .map(|outcome| outcome.reason.clone())
            .unwrap_or_default(),
    };
    let entry = credit::NewEntry::following(case, Some(case), kind, reason);
    credit::record(tx, &entry)
}

/// The command with placeholders where the real one takes numbers from the database.
pub(crate) fn preview_command(case: &Case, act: &Act) -> Command {
    let doc_no = String::new();
    match act.clone() {
        Act::Accept { remark } => Command::Accept { doc_no, remark },
        Act::RequestCorrection { items, remark } => Command::RequestCorrection {
            doc_no,
            items,
            remark,
        },
        Act::SupplyCorrection {
            answers,
            materials,
            sources,
            remark,
        } => Command::SupplyCorrection {
            form: answers.map(|answers| answers::reference(next_revision(case), &answers)),
            materials,
            sources,
            remark,
        },
        Act::RefuseAcceptance {
            reason,
            legal_basis,
            right_agency,
        } => Command::RefuseAcceptance {
            doc_no,
            reason,
            legal_basis,
            right_agency,
        },
        Act::DeemAccepted => Command::DeemAccepted,
        Act::Grant { opinion } => Command::Grant {
            doc_no,
            opinion,
            license_id: None,
        },
        Act::Refuse {
            reason,
            legal_basis,
        } => Command::Refuse {
            doc_no,
            reason,
            legal_basis,
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
        Act::Take { back } => Command::Take { back },
        Act::Reveal { purpose } => Command::Reveal { purpose },
        Act::After(act) => Command::After(after::Command::preview(&act)),
        Act::Route(command) => Command::Route(command),
        Act::Archive(act) => Command::Archive(archive::Command::preview(case, &act)),
        Act::Release(release) => Command::Release(release),
        Act::Window(command) => Command::Window(command),
        Act::Special(mut command) => {
            // What stops a clock names its notice: the trial has one, the command itself gets the real number.
            for (_, number) in command.letters() {
                if number.is_empty() {
                    "待编号".clone_into(number);
                }
            }
            Command::Special(command)
        }
    }
}

/// Takes the next document number of the responsible body.
pub(crate) fn number(
    tx: &mut Tx<'_>,
    case: &Case,
    letter: Letter,
    today: Date,
) -> Result<String, Error> {
    let item_type = about(case).map(|about| about.item_type).unwrap_or_default();
    let org = people::orgs::by_id(tx, case.org).map_err(people_error)?;
    let short_name = org.map(|org| org.short_name).unwrap_or_default();
    Ok(letter::number(
        tx,
        &short_name,
        &item_type,
        letter,
        today.year(),
    )?)
}

/// Whether the actor may know that the case exists: its applicant, or staff whose scope covers it.
pub fn may_know(actor: &Actor, case: &Case) -> bool {
    match actor {
        Actor::System => true,
        Actor::Person(_) => actor.owns(case.applicant),
        Actor::Staff(_) => {
            let read = casework::Permission::ReadCase;
            actor.may(read, &case.scope())
                || has_task(actor, case)
                || window::handover::transfer(case).is_some_and(|transfer| {
                    let from = &transfer.message.from;
                    let taken_in = casework::Scope {
                        region: &from.region,
                        org: Some(from.org),
                    };
                    actor.may(read, &taken_in)
                })
        }
    }
}

/// Whether work on the case stands with the actor: another body's step of a route.
fn has_task(actor: &Actor, case: &Case) -> bool {
    case.tasks.iter().any(|task| match (&task.duty, actor) {
        (_, Actor::Staff(_)) if task.staff.is_some_and(|holder| actor.answers_for(holder)) => true,
        (
            casework::case::Duty::Staff {
                permission,
                org,
                region,
            },
            _,
        ) => {
            let scope = casework::Scope {
                region,
                org: Some(*org),
            };
            actor.may(*permission, &scope)
        }
        (casework::case::Duty::Applicant, _) => false,
    })
}

pub(crate) fn filing(
    application: &Application,
    form: FormRef,
    after: Option<After>,
    set: Settings,
) -> Filing {
    let published = &application.published;
    let item = &published.item;
    Filing {
        case_id: application.case_id,
        case_no: application.case_no.clone(),
        title: item.name.clone(),
        region: item.region_code.clone(),
        org: published.org_id,
        applicant: application.applicant,
        applicant_name: application.applicant_name.clone(),
        channel: application.channel,
        about: About {
            item: published.item_id,
            version: published.version_id,
            impl_code: item.impl_code.clone(),
            item_type: item.item_type.clone(),
            result_name: item.result.name.clone(),
            situation: application.situation.clone(),
        },
        terms: law::terms(item, set),
        form,
        materials: application.materials.clone(),
        delivery: application.delivery,
        origins: application.origins.clone(),
        query_code: query_digest(&application.case_no, &application.query_code),
        after,
        together: application.together.clone(),
        filed_by: window::FiledBy::default(),
    }
}

/// A refusal because somebody was first tells what they changed to what.
fn explained(
    tx: &mut Tx<'_>,
    case: CaseId,
    seen: Option<i64>,
    refusal: casework::Refusal,
) -> Result<Error, Error> {
    let (casework::Refusal::Changed { .. }, Some(seen)) = (&refusal, seen) else {
        return Ok(Error::Refused(refusal));
    };
    let trail = cases::trail(tx, case)?;
    let later: Vec<casework::Event> = trail
        .into_iter()
        .filter(|row| row.seq > seen)
        .map(|row| row.event)
        .collect();
    Ok(Error::Changed(Box::new((refusal, changes::since(&later)))))
}

/// The message to the office that decides, where the clerk's own grants do not reach it.
fn elsewhere(
    tx: &mut Tx<'_>,
    clerk: &casework::actor::Staff,
    now: Timestamp,
    application: &Application,
) -> Result<Option<HandOver>, Error> {
    let published = &application.published;
    let item = &published.item;
    let receive = casework::Permission::Receive;
    let scope = casework::Scope {
        region: &item.region_code,
        org: Some(published.org_id),
    };
    let own = Actor::Staff(clerk.clone());
    if own.may(receive, &scope) {
        return Ok(None);
    }
    let grants = || {
        clerk
            .grants
            .iter()
            .filter(|grant| grant.role.permissions().contains(&receive))
    };
    let reaching = grants().find(|grant| {
        handover::may_take_in(&item.cross_region_scope, &item.region_code, &grant.region)
    });
    let Some(grant) = reaching.or_else(|| grants().next()) else {
        return Ok(None);
    };
    // The window of a body is that body's: whoever took something in there goes on seeing it.
    let office = grant.org.unwrap_or(clerk.org);
    let name = |tx: &mut Tx<'_>, org| -> Result<String, Error> {
        let org = people::orgs::by_id(tx, org).map_err(people_error)?;
        Ok(org.map(|org| org.name).unwrap_or_default())
    };
    let materials = application.materials.iter().map(|given| Received {
        key: given.key.clone(),
        name: item
            .materials
            .iter()
            .find(|material| material.key == given.key)
            .map(|material| material.name.clone())
            .unwrap_or_default(),
        files: given.files.iter().map(|file| file.digest.clone()).collect(),
        paper: given.paper,
    });
    Ok(Some(HandOver {
        version: handover::VERSION,
        case_no: application.case_no.clone(),
        item_code: item.impl_code.clone(),
        item_name: item.name.clone(),
        applicant_name: application.applicant_name.clone(),
        scope: item.cross_region_scope.clone(),
        materials: materials.collect(),
        from: Place {
            org: office,
            org_name: name(tx, office)?,
            region: grant.region.clone(),
        },
        to: Place {
            org: published.org_id,
            org_name: name(tx, published.org_id)?,
            region: item.region_code.clone(),
        },
        clerk: clerk.name.clone(),
        taken_at: now,
    }))
}

/// Digest under which the query password is kept: salted with the case number.
pub fn query_digest(case_no: &str, code: &str) -> String {
    base::crypto::to_hex(&base::crypto::sm3(
        format!("query|{case_no}|{code}").as_bytes(),
    ))
}

fn next_revision(case: &Case) -> i64 {
    form(case).map_or(1, |form| form.revision + 1)
}

fn plan_deemed(tx: &mut Tx<'_>, case: &Case, calendar: &calendar::Calendar) -> Result<(), Error> {
    let due = case
        .open_clock(clocks::NOTICE)
        .and_then(|clock| clocks::due_at(clock, calendar));
    if let Some(due) = due {
        tx.schedule(NewJob {
            job_id: case.id.uuid(),
            kind: DEEM_JOB.to_owned(),
            subject: case.id.uuid(),
            due_at: due.as_millisecond(),
            payload: String::new(),
        })?;
    }
    Ok(())
}

/// Kind of the job that deems a case accepted when the notice is overdue.
pub const DEEM_JOB: &str = "approval.deem_accepted";

/// What a body is called.
pub(crate) fn org_name(tx: &mut Tx<'_>, org: base::ids::OrgId) -> Result<String, Error> {
    let org = people::orgs::by_id(tx, org).map_err(people_error)?;
    Ok(org.map(|org| org.name).unwrap_or_default())
}

pub(crate) fn people_error(error: people::Error) -> Error {
    Error::Cases(cases::Error::Damaged(error.to_string()))
}
