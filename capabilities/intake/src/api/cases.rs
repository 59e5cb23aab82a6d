//! Filing and following cases through the API.

use std::sync::Arc;

use approval::Act;
use approval::details::{self, MaterialGiven};
use approval::origins::{MaterialOrigin, Origins};
use axum::extract::State;
use axum::http::StatusCode;
use base::ids::{CaseId, ItemId, PartyId};
use cases::list::Line;
use cases::mine::{self, Narrow, Part};
use casework::{Actor, Case, Channel};
use catalog::model::Published;
use people::{NewParty, PartyKind};
use serde::{Deserialize, Serialize};
use store::Tx;
use web::{Answer, Idempotency, Json, Listing, Path, Problem, Query, Result, Visit, cursor, once};

use super::wire::{
    ANSWERS_MAX, CaseJson, CaseLineJson, FiledJson, ListMyCases, MATERIALS_MAX, NewApplicant,
    NewCase, NewCorrection, NewGapSupply, NewMaterial, NewWithdrawal, PartyWord, PromiseTermsJson,
    ViewWord,
};
use super::{in_answers, in_materials, receives, refused};
use crate::account::authorising;
use crate::documents::{self, Offer};
use crate::filing::{self, Application};
use crate::form::lookup::Who;
use crate::form::{Answers, Wrong};
use crate::said::Said;
use crate::turn::{self, Turn};
use crate::{Intake, asked, at_once, draft, materials, uploads};

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

fn limits(answers: &Answers, materials: &[NewMaterial]) -> Result<()> {
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
async fn who(intake: &Intake, actor: &Actor, applicant: Option<&NewApplicant>) -> Result<Who> {
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

/// A person who says `paper` will bring it; staff have taken it in.
fn without_files(named: &[NewMaterial], staff: bool) -> Vec<MaterialGiven> {
    named
        .iter()
        .filter(|material| material.paper || material.promised)
        .map(|material| MaterialGiven {
            key: material.key.clone(),
            files: Vec::new(),
            paper: material.paper && staff,
            promised: material.promised,
        })
        .collect()
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

/// Whether what was handed in before is to be used.
fn used_again(material: &NewMaterial) -> bool {
    material.kept || !material.documents.is_empty()
}

/// What came of using documents again.
#[derive(Default)]
struct Again {
    sources: Vec<MaterialOrigin>,
    wrong: Vec<Wrong>,
}

/// Adds the documents that are used again: those a person names, those a window takes with the applicant's consent.
fn use_again(
    intake: &Intake,
    tx: &mut Tx<'_>,
    (actor, applicant): (&Actor, PartyId),
    published: &Published,
    named: &[NewMaterial],
    given: &mut Vec<MaterialGiven>,
) -> Result<Again> {
    let mut again = Again::default();
    if !named.iter().any(used_again) {
        return Ok(again);
    }
    let (library, today) = (intake.catalog.library(), intake.app.today());
    let offers = documents::offered(tx, &library, applicant, &published.item, today)?;
    let at_window = !matches!(actor, Actor::Person(_));
    for material in named.iter().filter(|named| used_again(named)) {
        let key = material.key.as_str();
        let mut refuse = |said: &'static str| {
            again.wrong.push(Wrong::new(key, Said::plain(said)));
        };
        match (at_window, material.kept, material.documents.is_empty()) {
            (true, _, false) => {
                refuse("窗口征得申请人当面同意后，请用 kept 使用其以前交过的这份材料");
                continue;
            }
            (false, true, _) => {
                refuse("kept 只用于窗口收件，本人请在 documents 里写明是哪一份");
                continue;
            }
            _ => {}
        }
        let of_material = offers.iter().filter(|offer| offer.material == key);
        let chosen: Vec<Option<&Offer>> = if at_window {
            let newest = of_material.max_by_key(|offer| offer.document.added_at);
            let snapshot = intake.catalog.snapshot();
            let item = &published.item;
            let mut held =
                documents::held(tx, &library, &snapshot, applicant, item, today)?.into_iter();
            if newest.is_none()
                && let Some(origin) = held.find(|origin| origin.material == key)
            {
                again.sources.push(origin);
                continue;
            }
            vec![newest]
        } else {
            let ids = material.documents.iter();
            ids.map(|id| {
                let mut known = of_material.clone();
                known.find(|offer| offer.document.document_id.to_string() == *id)
            })
            .collect()
        };
        for offer in chosen {
            let Some(offer) = offer else {
                let said = Said::plain("没有这份材料，它可能已经删除、过期，或者不是这项材料");
                again.wrong.push(Wrong::new(key, said));
                continue;
            };
            match materials::add_file(given, key, offer.file()) {
                Ok(()) => again.sources.push(offer.origin(at_window)),
                Err(said) => again.wrong.push(Wrong::new(key, said)),
            }
        }
    }
    Ok(again)
}

fn look_up(tx: &mut Tx<'_>, actor: &Actor, named: &[NewMaterial]) -> Result<Vec<MaterialGiven>> {
    let (account, staff) = match actor {
        Actor::Person(person) => (person.account, false),
        Actor::Staff(staff) => (staff.account, true),
        Actor::System => return Err(Problem::not_allowed("系统自身不提交材料")),
    };
    let wanted: Vec<uploads::Named> = named
        .iter()
        .filter(|material| material.paper || material.promised || !material.files.is_empty())
        .map(|material| uploads::Named {
            key: material.key.clone(),
            digests: material.files.clone(),
            paper: material.paper && staff,
            promised: material.promised,
        })
        .collect();
    uploads::attach(tx, account, &wanted)?.map_err(|wrong| refused(in_materials(wrong, named)))
}

fn party_kind(word: PartyWord) -> PartyKind {
    match word {
        PartyWord::Person => PartyKind::Person,
        PartyWord::Legal => PartyKind::Legal,
    }
}

/// Materials as far as they are named: which have files, which came on paper.
fn as_named(named: &[NewMaterial]) -> Vec<MaterialGiven> {
    named
        .iter()
        .map(|material| MaterialGiven {
            key: material.key.clone(),
            files: material
                .files
                .iter()
                .map(|digest| details::FileGiven {
                    digest: digest.clone(),
                    size: 0,
                    media_type: String::new(),
                    name: String::new(),
                })
                .collect(),
            paper: material.paper,
            promised: material.promised,
        })
        .collect()
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

pub(super) async fn get(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Json<CaseJson>> {
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &actor, case_id, now))
        .await?;
    let calendar = intake.app.calendar();
    Ok(Json(CaseJson::of(&case, &calendar, visit.app.now())))
}

/// An approval the actor may know of; for anybody else it is not there.
///
/// # Errors
/// 404; 403 with the reason for an agent whose authorisation has ended or does not cover the item.
pub(crate) fn visible(
    tx: &mut Tx<'_>,
    actor: &Actor,
    case_id: CaseId,
    now: jiff::Timestamp,
) -> Result<Case> {
    let missing = || Problem::not_found("没有找到这个办件");
    let case = cases::load(tx, case_id)
        .map_err(approval::Error::from)?
        .filter(|case| case.kind == approval::flow::KIND)
        .ok_or_else(missing)?;
    match approval::check_sight(tx, actor, &case, now) {
        Err(approval::Error::NotFound) => Err(missing()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(case),
    }
}

/// Where a page of 我的办件 ended.
#[derive(Serialize, Deserialize)]
struct Place {
    at: i64,
    id: CaseId,
}

pub(super) async fn list_mine(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<ListMyCases>,
) -> Result<Json<Listing<CaseLineJson>>> {
    let applicant = visit.person()?.applicant();
    let limit = query.limit.unwrap_or(cursor::PAGE_DEFAULT);
    if !(1..=cursor::PAGE_MAX).contains(&limit) {
        let message = format!("每页条数应为1至{}", cursor::PAGE_MAX);
        return Err(
            Problem::bad_request("query_invalid", message.clone()).and_field("limit", message)
        );
    }
    let limit = limit as usize;
    let before = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode::<Place>(&visit.app, "my_cases", text))
        .transpose()?
        .map(|place| cases::list::Before {
            opened_at: place.at,
            case_id: place.id,
        });
    let (person, now) = (visit.person()?.clone(), visit.app.now());
    let people = intake.app.people.clone();
    let narrow = Narrow {
        part: match query.view {
            Some(ViewWord::Waiting) => Part::Theirs(turn::waiting(now)),
            Some(ViewWord::Running) => Part::Running(turn::waiting(now)),
            Some(ViewWord::Done) => Part::Closed,
            None => Part::All,
        },
        text: String::new(),
    };
    let (mut lines, narrowed) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let lines = mine::page(tx, applicant, &narrow, before.as_ref(), limit + 1)
                .map_err(approval::Error::from)?;
            Ok((lines, authorising::narrowed(&people, tx, &person, now)?))
        })
        .await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| more).map(|line| {
        let place = Place {
            at: line.opened_at.as_millisecond(),
            id: line.case_id,
        };
        cursor::encode(&visit.app, "my_cases", &place)
    });
    // An agent for some items sees no case of others; the cursor still passes over them.
    if let Some(scope) = narrowed {
        lines = intake
            .app
            .db
            .read(move |tx| -> Result<_> {
                let mut seen = Vec::with_capacity(lines.len());
                for line in lines {
                    if authorising::within(tx, &scope, line.case_id)? {
                        seen.push(line);
                    }
                }
                Ok(seen)
            })
            .await?;
    }
    let calendar = intake.app.calendar();
    let items = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let mut items = Vec::with_capacity(lines.len());
            for line in lines {
                let open = match line.closed_at {
                    None => cases::load(tx, line.case_id).map_err(approval::Error::from)?,
                    Some(_) => None,
                };
                let turn = open.and_then(|case| turn::of(&case, &calendar, now));
                items.push(line_json(line, turn));
            }
            Ok(items)
        })
        .await?;
    Ok(Json(Listing { items, next }))
}

fn line_json(line: Line, turn: Option<Turn>) -> CaseLineJson {
    CaseLineJson {
        case_id: line.case_id.to_string(),
        case_no: line.case_no,
        state_label: approval::flow::state_label(&line.state).to_owned(),
        state: line.state,
        title: line.title,
        opened_at: line.opened_at.to_string(),
        closed_at: line.closed_at.map(|at| at.to_string()),
        due_at: line.due_at.map(|at| at.to_string()),
        outcome: line.outcome,
        awaits: turn.map(|turn| turn.what),
        awaits_until: turn.and_then(|turn| turn.until).map(|day| day.to_string()),
    }
}

pub(super) async fn correct(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewCorrection>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    limits(
        body.answers.as_ref().unwrap_or(&Answers::new()),
        &body.materials,
    )?;
    let now = visit.app.now();
    let seen_by = actor.clone();
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &seen_by, case_id, now))
        .await?;
    let published = intake.version_of(&case).await?;
    let asked = asked::of(&case);
    let mut findings: Vec<_> = in_materials(
        asked.check(body.materials.iter().map(|material| material.key.as_str())),
        &body.materials,
    )
    .collect();
    let mut body = body;
    if let Some(answers) = &mut body.answers {
        let form = &published.item.form;
        let who = Who {
            known: intake.files_of(&case, form).await?,
            ..who(&intake, &actor, None).await?
        };
        let settled = intake.settle(&who, form, answers).await?;
        findings.extend(in_answers(form, settled));
        let validator = intake.schemas.of(&published)?;
        let wrong = crate::form::check(
            &published.item.form,
            &validator,
            answers,
            intake.app.today(),
        );
        findings.extend(in_answers(form, wrong));
        if !asked.form {
            let said = crate::said::Said::plain("补正告知书没有要求修改申请表");
            let wrong = crate::form::Wrong {
                field: "answers".to_owned(),
                said,
            };
            findings.push(("/answers".to_owned(), wrong));
        }
    }
    if case.state == "correcting" && !findings.is_empty() {
        return Err(refused(findings));
    }
    let (body, applicant) = (Arc::new(body), case.applicant);
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let named = &body.materials;
        let mut materials = look_up(tx, &actor, named)?;
        let who = (&actor, applicant);
        let again = use_again(&intake, tx, who, &published, named, &mut materials)?;
        if !again.wrong.is_empty() {
            return Err(refused(in_materials(again.wrong, named)));
        }
        let act = Act::SupplyCorrection {
            answers: body.answers.clone(),
            materials,
            sources: again.sources,
            remark: body.remark.clone(),
        };
        let case = intake
            .approval
            .act(tx, &actor, now, case_id, body.version, &act)?;
        let calendar = intake.app.calendar();
        Ok(Answer::json(
            StatusCode::OK,
            &CaseJson::of(&case, &calendar, now),
        ))
    })
    .await
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

pub(super) async fn supply_gap(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewGapSupply>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    if matches!(actor, Actor::Staff(_)) && !receives(&actor) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    limits(&Answers::new(), &body.materials)?;
    if body.materials.iter().any(used_again) {
        return Err(Problem::invalid(
            "materials",
            "补交的容缺材料请上传文件，或者写明收到纸质件",
        ));
    }
    let now = visit.app.now();
    let body = Arc::new(body);
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        visible(tx, &actor, case_id, now)?;
        let materials = look_up(tx, &actor, &body.materials)?;
        let act = Act::Special(approval::special::Command::SupplyGap { materials });
        let case = intake
            .approval
            .act(tx, &actor, now, case_id, body.version, &act)?;
        let calendar = intake.app.calendar();
        Ok(Answer::json(
            StatusCode::OK,
            &CaseJson::of(&case, &calendar, now),
        ))
    })
    .await
}

pub(super) async fn withdraw(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewWithdrawal>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    if matches!(actor, Actor::Staff(_)) && !receives(&actor) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    let now = visit.app.now();
    let body = Arc::new(body);
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let act = Act::Withdraw {
            reason: body.reason.clone(),
        };
        let case = intake
            .approval
            .act(tx, &actor, now, case_id, body.version, &act)?;
        let calendar = intake.app.calendar();
        Ok(Answer::json(
            StatusCode::OK,
            &CaseJson::of(&case, &calendar, now),
        ))
    })
    .await
}
