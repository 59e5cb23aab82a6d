//! 提出申请: a whole application at once, by a person, a window or another system.

use std::sync::Arc;

use approval::details;
use approval::origins::Origins;
use axum::extract::State;
use axum::http::StatusCode;
use base::ids::{CaseId, ItemId, PartyId};
use casework::{Actor, Channel};
use catalog::model::Published;
use people::{NewParty, PartyKind};
use store::Tx;
use web::{Answer, Idempotency, Json, Path, Problem, Result, Visit, once};

use super::named::{as_named, look_up, use_again, used_again, without_files};
use super::wire::{
    ANSWERS_MAX, CaseJson, FiledJson, MATERIALS_MAX, NewApplicant, NewCase, NewMaterial, PartyWord,
    PromiseTermsJson,
};
use super::{in_answers, in_materials, refused};
use crate::documents;
use crate::filing::{self, Application};
use crate::form::Answers;
use crate::form::lookup::Who;
use crate::{Intake, at_once, draft, materials};

pub(super) async fn file(
    State(intake): State<Intake>,
    visit: Visit,
    idempotency: Idempotency,
    Json(body): Json<NewCase>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    limits(&body.answers, &body.materials)?;
    let item: ItemId = body.item_id.parse().map_err(|_| {
        Problem::invalid("item_id", "事项标识不正确，应为32位十六进制（可带连字符）")
    })?;
    let published = intake.open_item(item).await?;
    let channel = channel(&actor, &body)?;
    match &actor {
        Actor::Person(_) => filing::online(&published)?,
        Actor::Staff(_) | Actor::System => filing::may_receive(&actor, &published)?,
    }
    let (published, situation) = intake.in_situation(&published, &body.situation)?;
    let mut application = Application {
        channel,
        situation,
        answers: body.answers,
        materials: Vec::new(),
        delivery: body.delivery.map_or_else(
            || draft::deliveries(&published.item)[0],
            details::Delivery::from,
        ),
        after: body.after,
        origins: Origins::default(),
        published,
    };
    if let Actor::Person(person) = &actor {
        let held = intake.held_by(person.applicant(), &application.published);
        application.origins.materials = held.await?;
    }
    let who = who(&intake, &actor, body.applicant.as_ref()).await?;
    let published = Arc::clone(&application.published);
    let form = &published.item.form;
    let settled = intake.settle(&who, form, &mut application.answers).await?;
    let answered = intake.check(&application)?;
    let mut findings: Vec<_> = in_answers(form, settled).collect();
    findings.extend(in_answers(form, answered.answers));
    if let Some(said) = answered.delivery {
        let wrong = crate::form::Wrong {
            field: "delivery".to_owned(),
            said,
        };
        findings.push(("/delivery".to_owned(), wrong));
    }
    // Materials without files are complete as named; with files they are looked up first.
    let named = body.materials;
    let files_named = named
        .iter()
        .any(|material| !material.files.is_empty() || used_again(material));
    if !files_named {
        application.materials = without_files(&named, matches!(actor, Actor::Staff(_)));
        let wrong = materials::check_beside(
            &application.published.item,
            &application.materials,
            &filing::certified(&application.origins),
        );
        findings.extend(in_materials(wrong, &named));
    }
    if !findings.is_empty() {
        return Err(refused(findings));
    }
    let now = visit.app.now();
    let case_id: CaseId = visit.app.ids.next(now);
    let case_no = intake
        .approval
        .next_case_no(&application.published.item.region_code, channel)
        .await?;
    let party_id: PartyId = visit.app.ids.next(now);
    let applicant = match (&actor, &body.applicant) {
        (Actor::Person(person), _) => Some(at_once::Applicant::Party(person.applicant())),
        (_, Some(new)) => Some(at_once::Applicant::Named {
            kind: party_kind(new.kind),
            name: new.name.clone(),
            id_number: new.id_number.clone(),
        }),
        (_, None) => None,
    };
    // Files are found inside the transaction; that they are named is known before.
    let given = if files_named {
        as_named(&named)
    } else {
        application.materials.clone()
    };
    let looked = match applicant {
        Some(applicant) => {
            intake
                .look(&application.published, || at_once::Ask {
                    case_id,
                    published: Arc::clone(&application.published),
                    applicant,
                    answers: application.answers.clone(),
                    materials: given,
                    now,
                })
                .await
        }
        None => at_once::Looked::default(),
    };
    let (named, applicant) = (Arc::new(named), Arc::new(body.applicant));
    let application = Arc::new(application);
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let mut application = Application::clone(&application);
        let (applicant, name) = match &actor {
            Actor::Person(person) => {
                filing::applicant(&intake, tx, person, &application.published, now)?
            }
            Actor::Staff(_) | Actor::System => {
                let new = applicant.as_ref().as_ref().ok_or_else(|| {
                    Problem::invalid("applicant", "请写明申请人：类型、姓名或名称、证件号码")
                })?;
                registered(&intake, tx, new, &application.published, party_id, now)?
            }
        };
        if files_named {
            attach(&intake, tx, (&actor, applicant), &named, &mut application)?;
        }
        let origins = &mut application.origins.materials;
        *origins = documents::sources(&application.materials, origins, origins);
        let case = intake.file_looked(
            tx,
            &actor,
            now,
            (case_id, &case_no),
            (applicant, &name),
            &application,
            &looked,
        )?;
        let calendar = intake.app.calendar();
        let body = FiledJson {
            case: CaseJson::of(&case, &calendar, now),
            query_code: intake.query_code(case_id),
        };
        Ok(Answer::json(StatusCode::CREATED, &body))
    })
    .await
}

/// The channel as the actor may claim it.
fn channel(actor: &Actor, body: &NewCase) -> Result<Channel> {
    let asked = body.channel.map(Channel::from);
    match (actor, asked) {
        (Actor::Person(_), _) if body.applicant.is_some() => Err(Problem::invalid(
            "applicant",
            "本人申请不用写申请人；为他人办理请先切换委托人，或由窗口办理",
        )),
        (Actor::Person(_), None) => Ok(Channel::Web),
        (Actor::Person(_), Some(channel @ (Channel::Web | Channel::Mobile))) => Ok(channel),
        (Actor::Person(_), Some(_)) => Err(Problem::invalid(
            "channel",
            "本人申请的渠道只能是 web 或 mobile",
        )),
        (_, None) => Ok(Channel::Window),
        (_, Some(channel)) => Ok(channel),
    }
}

pub(super) fn limits(answers: &Answers, materials: &[NewMaterial]) -> Result<()> {
    if answers.len() > ANSWERS_MAX {
        return Err(Problem::invalid(
            "answers",
            format!("一次最多{ANSWERS_MAX}项回答"),
        ));
    }
    if materials.len() > MATERIALS_MAX {
        return Err(Problem::invalid(
            "materials",
            format!("一次最多{MATERIALS_MAX}项材料"),
        ));
    }
    Ok(())
}

/// Whose uploads the answers may name, and who may sign them.
pub(super) async fn who(
    intake: &Intake,
    actor: &Actor,
    applicant: Option<&NewApplicant>,
) -> Result<Who> {
    let mut signers = Vec::new();
    if let Some(new) = applicant {
        signers.push(new.name.clone());
        signers.extend(new.legal_representative.clone());
    }
    if let Actor::Person(person) = actor {
        signers.push(person.name.clone());
        if let Some(principal) = person.acting_for {
            let handle = intake.clone();
            let party = intake
                .app
                .db
                .read(move |tx| filing::party(&handle, tx, principal))
                .await?;
            signers.extend(filing::signers(&party));
        }
    }
    Ok(Who {
        account: super::account(actor)?,
        signers,
        known: Vec::new(),
    })
}

/// Finds the named files among the actor's own uploads, the named documents among those of the applicant, and checks
/// the whole.
fn attach(
    intake: &Intake,
    tx: &mut Tx<'_>,
    (actor, applicant): (&Actor, PartyId),
    named: &[NewMaterial],
    application: &mut Application,
) -> Result<()> {
    let mut given = look_up(tx, actor, named)?;
    let published = Arc::clone(&application.published);
    let again = use_again(
        intake,
        tx,
        (actor, applicant),
        &published,
        named,
        &mut given,
    )?;
    application.origins.materials.extend(again.sources);
    let mut wrong = again.wrong;
    let certified = filing::certified(&application.origins);
    wrong.extend(materials::check_beside(
        &application.published.item,
        &given,
        &certified,
    ));
    if !wrong.is_empty() {
        return Err(refused(in_materials(wrong, named)));
    }
    application.materials = given;
    Ok(())
}

fn party_kind(word: PartyWord) -> PartyKind {
    match word {
        PartyWord::Person => PartyKind::Person,
        PartyWord::Legal => PartyKind::Legal,
    }
}

/// The applicant a window or another system names: found, or registered now.
fn registered(
    intake: &Intake,
    tx: &mut Tx<'_>,
    new: &NewApplicant,
    published: &Published,
    party_id: PartyId,
    now: jiff::Timestamp,
) -> Result<(PartyId, String)> {
    let kind = party_kind(new.kind);
    filing::serves(&published.item, kind)?;
    let party = intake.app.people.register_party(
        tx,
        &NewParty {
            kind,
            name: new.name.clone(),
            id_number: new.id_number.clone(),
            phone: new.phone.clone(),
            address: new.address.clone(),
            region: String::new(),
            legal_representative: new.legal_representative.clone(),
        },
        party_id,
        now,
    )?;
    filing::alive(tx, party.id)?;
    Ok((party.id, party.name))
}

pub(super) async fn promise_terms(
    State(intake): State<Intake>,
    visit: Visit,
    Path(item): Path<ItemId>,
) -> Result<Json<PromiseTermsJson>> {
    let published = intake.open_item(item).await?;
    let terms = crate::pages::promise::terms(&published.item)
        .ok_or_else(|| Problem::not_found("这个事项不适用告知承诺，请提交材料"))?;
    let barred = intake.promise_barred(visit.person()?.applicant()).await?;
    Ok(Json(PromiseTermsJson {
        materials: terms
            .law
            .replaceable
            .into_iter()
            .map(|named| named.key)
            .collect(),
        told: terms.told.iter().map(ToString::to_string).collect(),
        promised: terms.promised.iter().map(ToString::to_string).collect(),
        barred,
    }))
}
