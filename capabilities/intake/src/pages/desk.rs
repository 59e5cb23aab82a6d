//! 窗口收件: taking everything in on one page, by keyboard.

use std::sync::Arc;

use approval::details::{self, MaterialGiven};
use approval::origins::{AnswerOrigin, AnswerSource, MaterialOrigin, Origins};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{CaseId, ItemId, PartyId};
use casework::Channel;
use catalog::guided::{Answers, Guide, Misfit, Step};
use catalog::model::{Field, FieldKind, Form, Material, Published};
use catalog::pages::question_field;
use people::{Party, PartyKind};
use serde::Deserialize;
use ui::Page;
use web::upload::Rules;
use web::{Fields, Multipart, Problem, Query, Result, Visit, render_with};

use super::field_view::FieldViews;
use super::materials::by_part;
use super::question::{way, way_of};
use super::seen::Seen;
use super::view::{MaterialView, summary};
use super::{desk_items, handed};
use crate::documents::{self, Offer};
use crate::draft::deliveries;
use crate::filing::{self, Application};
use crate::form::lookup::Who;
use crate::form::typed::{self, Arrived, Change};
use crate::form::{self, Typed, Wrong};
use crate::said::Said;
use crate::{Intake, materials as rules, situation, uploads};

#[derive(Deserialize)]
pub(super) struct FormQuery {
    party: PartyId,
    item: Option<ItemId>,
    q: Option<String>,
    /// `1`: the applicant agreed that their documents are used.
    consent: Option<String>,
}

impl FormQuery {
    fn agreed(&self) -> bool {
        self.consent.as_deref() == Some("1")
    }
}

/// The applicant as a clerk sees them: masked.
pub(super) struct PartyView {
    pub id: PartyId,
    pub kind: &'static str,
    pub name: String,
    pub id_number: String,
    pub phone: String,
}

impl PartyView {
    pub(super) fn of(party: &Party) -> PartyView {
        PartyView {
            id: party.id,
            kind: party.kind.label(),
            name: if party.kind == PartyKind::Legal {
                party.name.clone()
            } else {
                base::mask::name(&party.name)
            },
            id_number: party.id_number.masked(),
            phone: party
                .phone
                .as_ref()
                .map(people::Secret::masked)
                .unwrap_or_default(),
        }
    }
}

/// Whoever something is taken in for; not somebody who is on record as deceased.
async fn party(intake: &Intake, id: PartyId) -> Result<Party> {
    let handle = intake.clone();
    intake
        .app
        .db
        .read(move |tx| {
            let party = filing::party(&handle, tx, id)?;
            filing::alive(tx, party.id)?;
            Ok(party)
        })
        .await
}

pub(super) async fn form(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<FormQuery>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let party = party(&intake, query.party).await?;
    if let Some(item) = query.item {
        let whole = intake.open_item(item).await?;
        filing::may_receive(&actor, &whole)?;
        filing::serves(&whole.item, party.kind)?;
        let asked = Asked::of(&intake, &visit, &whole)?;
        let mut taking = Taking::empty(&asked.published);
        taking.known = Already::of(&intake, &party, &asked.published, query.agreed()).await?;
        return form_page(&intake, &visit, &party, &asked, &taking).await;
    }
    desk_items::show(&intake, &visit, &party, &query.q.unwrap_or_default()).await
}

/// The item as the clerk takes it in: whole, or as the answers on the page say.
struct Asked {
    published: Arc<Published>,
    guide: Option<Arc<Guide>>,
    /// Answers that lead to `published`; empty for the whole item.
    answers: Answers,
    /// Everything that was answered.
    sent: Answers,
    /// The question that is still open, if any was answered.
    open: Option<usize>,
    outcomes: Vec<String>,
    stop: String,
}

impl Asked {
    fn of(intake: &Intake, visit: &Visit, whole: &Arc<Published>) -> Result<Asked> {
        let fields = Fields::parse(visit.query().unwrap_or_default().as_bytes())
            .map_err(|malformed| Problem::bad_request("query_malformed", malformed.to_string()))?;
        let sent = situation::of_pairs(whole, fields.iter());
        let mut asked = Asked {
            published: Arc::clone(whole),
            guide: intake.catalog.guide(whole),
            answers: Answers::new(),
            sent,
            open: None,
            outcomes: Vec::new(),
            stop: String::new(),
        };
        let Some(guide) = asked.guide.clone().filter(|_| !asked.sent.is_empty()) else {
            return Ok(asked);
        };
        match guide.progress(&asked.sent).step {
            Step::Ask(at) => asked.open = Some(at),
            Step::Stop(at) => asked.stop.clone_from(&guide.outcomes()[at].stop),
            Step::Done(done) => {
                asked.published = guide.published(whole, &asked.sent);
                asked.answers = guide.kept(&asked.sent);
                let names = done.into_iter().map(|at| guide.outcomes()[at].name.clone());
                asked.outcomes = names.filter(|name| !name.is_empty()).collect();
            }
        }
        Ok(asked)
    }

    /// All questions on one page; those that the answers do not lead to are passed over when read.
    fn fields(&self, page: &Page) -> Vec<ui::fields::Field> {
        let Some(guide) = &self.guide else {
            return Vec::new();
        };
        let questions = guide.questions().iter().enumerate();
        questions
            .map(|(at, question)| {
                let wrong = (self.open == Some(at)).then_some(Misfit::Missing);
                let field = question_field(page, question, self.sent.get(&question.key), wrong);
                ui::fields::Field {
                    required: question.when.is_empty(),
                    ..field
                }
            })
            .collect()
    }
}

/// What is on the clerk's page.
struct Taking {
    typed: Typed,
    given: Vec<MaterialGiven>,
    delivery: details::Delivery,
    wrong_answers: Vec<Wrong>,
    wrong_materials: Vec<Wrong>,
    wrong_delivery: Option<Said>,
    /// A row was added or removed: the page is shown again, nothing is checked.
    again: bool,
    known: Already,
}

/// What the applicant has already: certificates, and with their consent what they handed in before.
#[derive(Default)]
struct Already {
    agreed: bool,
    offers: Vec<Offer>,
    held: Vec<MaterialOrigin>,
}

impl Already {
    async fn of(
        intake: &Intake,
        party: &Party,
        published: &Arc<Published>,
        agreed: bool,
    ) -> Result<Already> {
        let offers = if agreed {
            intake.offered_to(party.id, published).await?
        } else {
            Vec::new()
        };
        Ok(Already {
            agreed,
            offers,
            held: intake.held_by(party.id, published).await?,
        })
    }

    /// The files that may be taken over, as the form names them.
    fn files(&self) -> Vec<MaterialGiven> {
        self.offers.iter().map(Offer::given).collect()
    }
}

impl Taking {
    fn empty(published: &Published) -> Taking {
        Taking {
            typed: Typed::new(),
            given: Vec::new(),
            delivery: deliveries(&published.item)[0],
            wrong_answers: Vec::new(),
            wrong_materials: Vec::new(),
            wrong_delivery: None,
            again: false,
            known: Already::default(),
        }
    }
}

#[derive(Template)]
#[template(path = "desk/form.html")]
struct TakingPage {
    page: Page,
    party: PartyView,
    item_id: ItemId,
    /// The guided questions on one page; empty where the item asks none.
    questions: Vec<ui::fields::Field>,
    /// Their answers as the address carries them, with `&` in front.
    situation: String,
    /// What they lead to, or why the item does not help.
    outcomes: Vec<String>,
    stop: String,
    item: String,
    org: String,
    limit: String,
    key: String,
    parts: Vec<(String, Vec<ui::fields::Field>)>,
    materials: Vec<MaterialView>,
    ways: Vec<(&'static str, &'static str, bool)>,
    delivery_error: String,
    errors: Vec<(String, String)>,
    size_max: String,
    /// Controls that take a scanned identity number, and a scanned credit code.
    takes_id: String,
    takes_uscc: String,
    /// Keys of the materials that “全部收齐” stands for.
    required_paper: Vec<String>,
    /// The applicant agreed that what they handed in before is used.
    agreed: bool,
    /// The page with their documents.
    consent: String,
}

async fn form_page(
    intake: &Intake,
    visit: &Visit,
    party: &Party,
    asked: &Asked,
    taking: &Taking,
) -> Result<Response> {
    let published = &asked.published;
    let page = visit
        .page("收件登记")
        .with_nav("intake")
        .with_crumb(visit.page("").t("窗口收件").to_owned(), "/staff/intake");
    let item = &published.item;
    let mut errors = summary(&page, "f-", &taking.wrong_answers);
    errors.extend(summary(&page, "m-", &taking.wrong_materials));
    let delivery_error = taking
        .wrong_delivery
        .as_ref()
        .map(|said| super::view::said(&page, said))
        .unwrap_or_default();
    if !delivery_error.is_empty() {
        errors.push(("delivery".to_owned(), delivery_error.clone()));
    }
    let refused = !errors.is_empty();
    let page = if refused { page.with_error() } else { page };
    let seen = Seen::of(
        intake,
        &who(visit, party)?,
        &item.region_code,
        item.form.fields(),
        &taking.typed,
    )
    .await?;
    let views = FieldViews {
        page: &page,
        prefix: "f-",
        typed: &taking.typed,
        wrong: &taking.wrong_answers,
        seen: &seen,
        file_href: &|_| String::new(),
    };
    let body = TakingPage {
        party: PartyView::of(party),
        item_id: published.item_id,
        questions: asked.fields(&page),
        situation: match situation::to_text(&asked.answers) {
            text if text.is_empty() => text,
            text => format!("&{text}"),
        },
        outcomes: asked.outcomes.clone(),
        stop: asked.stop.clone(),
        item: item.name.clone(),
        org: intake
            .catalog
            .snapshot()
            .org_name(published.org_id)
            .to_owned(),
        limit: item
            .promised_limit
            .as_ref()
            .or(item.statutory_limit.as_ref())
            .map(|limit| ui::strip::length(page.lang, calendar::Length::new(limit.n, limit.unit)))
            .unwrap_or_default(),
        key: visit.new_request_key(),
        parts: item
            .form
            .pages
            .iter()
            .map(|part| {
                let fields = part
                    .fields
                    .iter()
                    .map(|field| {
                        let mut view = views.of(field);
                        if let Some(known) = on_record(party, field) {
                            view.hint = page.t1("不填就用登记的：{value}", "value", known.masked);
                        }
                        view
                    })
                    .collect();
                (part.title.clone(), fields)
            })
            .collect(),
        materials: item
            .materials
            .iter()
            .map(|material| {
                MaterialView::of(
                    &page,
                    item,
                    material,
                    &taking.given,
                    &taking.wrong_materials,
                    |_| String::new(),
                )
                .with_known(&page, &taking.known.offers, &taking.known.held)
            })
            .collect(),
        agreed: taking.known.agreed,
        consent: format!(
            "/staff/intake/new?party={}&item={}{}&consent=1",
            party.id,
            published.item_id,
            match situation::to_text(&asked.answers) {
                text if text.is_empty() => text,
                text => format!("&{text}"),
            }
        ),
        ways: deliveries(item)
            .into_iter()
            .map(|offered| {
                let (word, label, _) = way(offered);
                (word, label, offered == taking.delivery)
            })
            .collect(),
        delivery_error,
        errors,
        size_max: rules::size_text(visit.app.config.upload_bytes_max),
        takes_id: controls(&item.form, FieldKind::CitizenId),
        takes_uscc: controls(&item.form, FieldKind::Uscc),
        required_paper: required_paper(&published.item)
            .map(|material| material.key.clone())
            .collect(),
        page,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// Names of the controls of one kind, for whatever is scanned while the form is open.
fn controls(form: &Form, kind: FieldKind) -> String {
    let of_kind = form.fields().filter(|field| field.kind == kind);
    let names: Vec<String> = of_kind.map(|field| format!("f-{}", field.key)).collect();
    names.join(" ")
}

/// What every applicant hands in on paper.
fn required_paper(item: &catalog::model::Item) -> impl Iterator<Item = &Material> {
    item.materials.iter().filter(|material| {
        rules::need(material) == rules::Need::Required && rules::paper_allowed(item, material)
    })
}

/// What is known of the applicant and a form asks for again.
struct Known {
    value: String,
    masked: String,
}

/// The applicant's own record as the answer to a question about the applicant; questions about anybody else, or that
/// could be, have none.
fn on_record(party: &Party, field: &Field) -> Option<Known> {
    const PHONES: [&str; 4] = ["联系电话", "手机号码", "本人手机号码", "申请人联系电话"];
    const ADDRESSES: [&str; 5] = ["现居住地址", "联系地址", "通讯地址", "邮寄地址", "住所"];
    const NUMBERS: [&str; 3] = ["本人身份证号码", "申请人身份证号码", "申请人证件号码"];
    const NAMES: [&str; 4] = ["申请人姓名", "申请人名称", "单位名称", "企业名称"];
    let label = field.label.as_str();
    let secret = |secret: &people::Secret| Known {
        value: secret.reveal().to_owned(),
        masked: secret.masked(),
    };
    let plain = |text: &String| Known {
        value: text.clone(),
        masked: text.clone(),
    };
    match field.kind {
        FieldKind::Phone if PHONES.contains(&label) => party.phone.as_ref().map(secret),
        FieldKind::Address if ADDRESSES.contains(&label) => party.address.as_ref().map(secret),
        FieldKind::CitizenId if NUMBERS.contains(&label) && party.kind == PartyKind::Person => {
            Some(secret(&party.id_number))
        }
        FieldKind::Uscc if party.kind == PartyKind::Legal && label == "统一社会信用代码" => {
            Some(secret(&party.id_number))
        }
        FieldKind::Text if NAMES.contains(&label) => Some(Known {
            value: party.name.clone(),
            masked: PartyView::of(party).name,
        }),
        FieldKind::Text if label == "法定代表人姓名" => {
            party.legal_representative.as_ref().map(plain)
        }
        _ => None,
    }
}

/// Questions about the applicant that were left empty are answered from the record.
fn fill_from_record(party: &Party, form: &Form, typed: &mut Typed) -> Vec<AnswerOrigin> {
    let mut filled = Vec::new();
    for field in form.fields() {
        let empty = typed
            .get(&field.key)
            .is_none_or(|texts| texts.iter().all(|text| text.trim().is_empty()));
        if let Some(known) = on_record(party, field).filter(|_| empty) {
            typed.insert(field.key.clone(), vec![known.value]);
            filled.push(AnswerOrigin {
                field: field.key.clone(),
                from: AnswerSource::Record,
                corrected: false,
            });
        }
    }
    filled
}

/// Whose uploads the answers may name, and who may sign them.
fn who(visit: &Visit, party: &Party) -> Result<Who> {
    Ok(Who {
        account: crate::api::account(visit.actor()?)?,
        signers: filing::signers(party).collect(),
        known: Vec::new(),
    })
}

/// What the page says, without its materials.
fn read(published: &Published, fields: &Fields, arrived: &Arrived) -> Taking {
    let form = &published.item.form;
    let change = fields.get("action").and_then(Change::parse);
    let mut typed = typed::from_fields(form.fields(), "f-", fields, arrived, change.is_some());
    if let Some(change) = &change {
        change.apply(form, &mut typed);
    }
    let mut taking = Taking::empty(published);
    taking.typed = typed;
    taking.again = change.is_some();
    if let Some(way) = fields.get("delivery").and_then(way_of) {
        taking.delivery = way;
    }
    taking
}

pub(super) async fn file(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<FormQuery>,
    multipart: Multipart,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let item = query
        .item
        .ok_or_else(|| Problem::bad_request("item_missing", "请先选择事项"))?;
    let party = party(&intake, query.party).await?;
    let whole = intake.open_item(item).await?;
    filing::may_receive(&actor, &whole)?;
    filing::serves(&whole.item, party.kind)?;
    let in_situation = Asked::of(&intake, &visit, &whole)?;
    let published = Arc::clone(&in_situation.published);
    let mut received = multipart.receive_all(&Rules::DOCUMENTS).await?;
    let refused = received.refused.take();
    let idempotency = web::Idempotency::of_form(&visit)?;
    let who = who(&visit, &party)?;
    let arrived = uploads::keep(&intake, who.account, &received, visit.app.now()).await?;
    if received.fields.get("paper-all").is_some() {
        for material in required_paper(&published.item) {
            received.fields.push(format!("paper:{}", material.key), "1");
        }
    }
    let mut taking = read(&published, &received.fields, &arrived);
    let asked: Vec<&Material> = published.item.materials.iter().collect();
    let agreed = query.agreed();
    let known = Already::of(&intake, &party, &published, agreed).await?;
    let (given, wrong) =
        handed::collect(&intake, &visit, &asked, &received, known.files(), true).await?;
    taking.given = given;
    let reused: Vec<MaterialOrigin> = known
        .offers
        .iter()
        .map(|offer| offer.origin(true))
        .collect();
    let materials = documents::sources(&taking.given, &reused, &known.held);
    taking.known = known;
    if taking.again {
        return form_page(&intake, &visit, &party, &in_situation, &taking).await;
    }
    let filled = fill_from_record(&party, &published.item.form, &mut taking.typed);
    let origins = Origins {
        answers: filled,
        materials,
    };
    let (answers, wrong_answers) =
        form::check_typed(&intake, &published, &taking.typed, &who).await?;
    let application = Application {
        published: Arc::clone(&published),
        channel: Channel::Window,
        situation: in_situation.answers.clone(),
        answers,
        materials: taking.given.clone(),
        delivery: taking.delivery,
        after: None,
        origins,
    };
    let findings = intake.check(&application)?;
    taking.wrong_answers = wrong_answers;
    taking.wrong_materials = wrong;
    if let Some(problem) = refused {
        let (answers, materials) = by_part(problem, "f-")?;
        taking.wrong_answers.extend(answers);
        taking.wrong_materials.extend(materials);
    }
    taking.wrong_materials.extend(findings.materials);
    taking.wrong_delivery = findings.delivery;
    if taking.delivery == details::Delivery::Post && party.address.is_none() {
        taking.wrong_delivery = Some(Said::plain(
            "申请人没有登记地址，请改用其他方式，或先补登地址",
        ));
    }
    let clean = taking.wrong_answers.is_empty()
        && taking.wrong_materials.is_empty()
        && taking.wrong_delivery.is_none();
    if !clean {
        return form_page(&intake, &visit, &party, &in_situation, &taking).await;
    }
    let now = visit.app.now();
    let case_id: CaseId = visit.app.ids.next(now);
    let case_no = intake
        .approval
        .next_case_no(&published.item.region_code, Channel::Window)
        .await?;
    let looked = intake
        .look(&published, || crate::at_once::Ask {
            case_id,
            published: Arc::clone(&published),
            applicant: crate::at_once::Applicant::Party(party.id),
            answers: application.answers.clone(),
            materials: application.materials.clone(),
            now,
        })
        .await;
    let handle = intake.clone();
    let answer = web::once(&visit, &idempotency, move |tx| -> Result<web::Answer> {
        filing::alive(tx, party.id)?;
        handle.file_looked(
            tx,
            &actor,
            now,
            (case_id, &case_no),
            (party.id, &party.name),
            &application,
            &looked,
        )?;
        Ok(web::Answer::see(format!("/staff/intake/cases/{case_id}")))
    })
    .await?;
    Ok(axum::response::IntoResponse::into_response(answer))
}
