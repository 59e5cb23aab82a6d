//! 一表申请: what the applicant's record or an earlier application already says stands in the form, with its source.
//!
//! Only facts about the applicant themselves are brought along, only to whoever fills in for that applicant, and only
//! where the question names its data element. What is brought along is shown and may be corrected; it counts as
//! answered when the page is sent, not before.
//!
//! 《国务院关于在线政务服务的若干规定》第七条: what can be had by sharing is not asked for again.

use std::collections::BTreeMap;

use approval::answers;
use approval::origins::AnswerSource;
use base::codes::CitizenId;
use base::ids::PartyId;
use catalog::Catalog;
use catalog::elements::{self, Source};
use catalog::model::{Field, FieldKind, Form, FormPage};
use jiff::civil::Date;
use people::{Party, PartyKind, People};
use store::Tx;

use crate::form::{Answers, Typed, typed_all};
use crate::said::Said;

/// Earlier applications that are looked through.
const EARLIER_MAX: usize = 10;

/// A value that need not be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    /// By the name of the control, as if it had been typed.
    pub typed: Typed,
    /// Where it comes from, said to the applicant.
    pub source: Said,
    /// The same, as the case keeps it.
    pub from: AnswerSource,
}

/// What is known of the answers of a page, by field key.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    people: &People,
    catalog: &Catalog,
    party: &Party,
    page: &FormPage,
    today: Date,
) -> web::Result<BTreeMap<String, Brought>> {
    let mut brought = BTreeMap::new();
    let mut open: Vec<&Field> = Vec::new();
    for field in page.fields.iter().filter(|field| !field.element.is_empty()) {
        match elements::by_code(&field.element)
            .and_then(|element| recorded(element.source, party, field, today))
        {
            Some(text) => {
                let typed = Typed::from([(field.key.clone(), vec![text])]);
                let source = match party.kind {
                    PartyKind::Person => Said::plain("来自您登记的个人信息"),
                    PartyKind::Legal => Said::plain("来自单位登记的信息"),
                };
                let from = AnswerSource::Record;
                brought.insert(
                    field.key.clone(),
                    Brought {
                        typed,
                        source,
                        from,
                    },
                );
            }
            None => open.push(field),
        }
    }
    if !open.is_empty() {
        earlier(tx, people, catalog, party.id, open, &mut brought)?;
    }
    Ok(brought)
}

/// What the applicant's own record says.
fn recorded(source: Source, party: &Party, field: &Field, today: Date) -> Option<String> {
    let natural = party.kind == PartyKind::Person;
    let text = match source {
        Source::PersonName if natural => party.name.clone(),
        Source::PersonId if natural => of_id(party.id_number.reveal(), field, today)?,
        Source::PersonPhone if natural => party.phone.as_ref()?.reveal().to_owned(),
        Source::PersonAddress if natural => party.address.as_ref()?.reveal().to_owned(),
        Source::EnterpriseName if !natural => party.name.clone(),
        Source::EnterpriseUscc if !natural => party.id_number.reveal().to_owned(),
        Source::LegalRepresentative if !natural => party.legal_representative.clone()?,
        Source::EnterpriseAddress if !natural => party.address.as_ref()?.reveal().to_owned(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The number itself, the day of birth or the sex in it, by what is asked.
fn of_id(number: &str, field: &Field, today: Date) -> Option<String> {
    match field.kind {
        FieldKind::CitizenId => Some(number.to_owned()),
        FieldKind::Date => Some(
            CitizenId::parse(number, today)
                .ok()?
                .birth_date()
                .to_string(),
        ),
        FieldKind::Choice => {
            // The seventeenth digit is odd for men (GB 11643).
            let digit = number.as_bytes().get(16)?.checked_sub(b'0')?;
            let word = if digit % 2 == 1 { "男" } else { "女" };
            let option = field.options.iter().find(|option| option.label == word)?;
            Some(option.value.clone())
        }
        _ => None,
    }
}

/// What the applicant said in their newest applications.
fn earlier(
    tx: &mut Tx<'_>,
    people: &People,
    catalog: &Catalog,
    party: PartyId,
    mut open: Vec<&Field>,
    brought: &mut BTreeMap<String, Brought>,
) -> web::Result<()> {
    let lines = cases::mine::page(
        tx,
        party,
        &cases::mine::Narrow::default(),
        None,
        EARLIER_MAX,
    )
    .map_err(approval::Error::from)?;
    for line in lines {
        if open.is_empty() {
            break;
        }
        let Some(case) = cases::record::load(tx, line.case_id).map_err(approval::Error::from)?
        else {
            continue;
        };
        let (Some(about), Some(form)) = (
            approval::details::about(&case),
            approval::details::form(&case),
        ) else {
            continue;
        };
        let Some(version) = catalog.version_in(tx, about.version)? else {
            continue;
        };
        // Answers sealed with a key that is gone are no answers; the applicant types them again.
        let Ok(Some(said)) = answers::load(tx, people, line.case_id, form.revision) else {
            continue;
        };
        let source = Said::plain("来自您{date}申请“{item}”时填写的内容")
            .with("date", calendar::civil_date(line.opened_at))
            .with("item", &line.title);
        open.retain(
            |field| match same_answer(&version.item.form, &said, field) {
                Some(typed) => {
                    let known = Brought {
                        typed,
                        source: source.clone(),
                        from: AnswerSource::Case {
                            no: case.no.clone(),
                        },
                    };
                    brought.insert(field.key.clone(), known);
                    false
                }
                None => true,
            },
        );
    }
    Ok(())
}

/// The answer to the same fact in an earlier form, as it would be typed into this field.
fn same_answer(form: &Form, said: &Answers, field: &Field) -> Option<Typed> {
    let before = form
        .fields()
        .find(|known| known.element == field.element && known.kind == field.kind)?;
    let value = said.get(&before.key)?;
    if !crate::form::fits_options(field, value)
        || matches!(field.kind, FieldKind::File | FieldKind::Signature)
    {
        return None;
    }
    let only = Form {
        pages: vec![FormPage {
            fields: vec![Field {
                key: field.key.clone(),
                ..before.clone()
            }],
            ..FormPage::default()
        }],
    };
    let typed = typed_all(
        &only,
        &Answers::from_iter([(field.key.clone(), value.clone())]),
    );
    (!typed.is_empty()).then_some(typed)
}
