//! 提交申请: the one door through which an application becomes a case, whatever the channel.

use std::sync::Arc;

use approval::details::{Delivery, FileGiven, MaterialGiven};
use approval::origins::Origins;
use base::ids::{CaseId, ItemId, PartyId};
use casework::{Actor, Case, Channel, Permission, Scope};
use catalog::guided::Answers as Situation;
use catalog::model::{Item, ItemState, Published};
use jiff::Timestamp;
use people::{Party, PartyKind};
use store::Tx;
use web::{Problem, Result};

use crate::at_once::Looked;
use crate::form::{self, Answers, Wrong};
use crate::{Intake, draft, materials};

/// An application as it comes in, before it is checked.
#[derive(Clone, Debug)]
pub struct Application {
    /// The version as it applies to the situation.
    pub published: Arc<Published>,
    /// 情形导办: the answers it follows from.
    pub situation: Situation,
    pub channel: Channel,
    pub answers: Answers,
    pub materials: Vec<MaterialGiven>,
    pub delivery: Delivery,
    /// 变更、延续、补证: the certificate it is about.
    pub after: Option<approval::after::Ask>,
    /// What was filled in or handed in before.
    pub origins: Origins,
}

/// What is wrong with an application, by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// By field key.
    pub answers: Vec<Wrong>,
    /// By material key.
    pub materials: Vec<Wrong>,
    /// The item does not offer this way of delivery.
    pub delivery: Option<crate::said::Said>,
}

impl Findings {
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.materials.is_empty() && self.delivery.is_none()
    }
}

impl Intake {
    /// Checks form, materials and delivery against the item version.
    pub fn check(&self, application: &Application) -> Result<Findings> {
        let item = &application.published.item;
        let validator = self.schemas.of(&application.published)?;
        let offered = draft::deliveries(item).contains(&application.delivery);
        Ok(Findings {
            answers: form::check(
                &item.form,
                &validator,
                &application.answers,
                self.app.today(),
            ),
            materials: materials::check_beside(
                item,
                &application.materials,
                &certified(&application.origins),
            ),
            delivery: (!offered)
                .then(|| crate::said::Said::plain("这个事项不能用这种方式取得结果，请另选一种")),
        })
    }

    /// The version an application is filed under today.
    ///
    /// # Errors
    /// 404 for an item that is not there; 409 for one that is suspended, cancelled or incomplete.
    pub async fn open_item(&self, item: ItemId) -> Result<Arc<Published>> {
        let published = match self.catalog.current(item).await? {
            Some(published) => Some(published),
            None => self.composite(item).await?.map(|found| found.published),
        };
        let published = published.ok_or_else(|| Problem::not_found("没有找到这个事项"))?;
        match published.state {
            // A record from an old catalogue may not say where it is exercised: no case could be numbered.
            ItemState::Published if published.item.region_code.len() < 6 => Err(Problem::conflict(
                "item_incomplete",
                "这个事项的登记信息还不完整，暂时不能申请。请到办事大厅办理，或者拨打12345",
            )),
            ItemState::Published => Ok(published),
            ItemState::Suspended => Err(Problem::conflict(
                "item_suspended",
                "这个事项目前暂停办理，恢复后可以再来申请。有疑问请拨打12345",
            )),
            ItemState::Cancelled => Err(Problem::conflict(
                "item_cancelled",
                "这个事项已经取消，不再办理。有疑问请拨打12345",
            )),
        }
    }

    /// Files a checked application inside the caller's transaction.
    pub fn file(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        case: (CaseId, &str),
        applicant: (PartyId, &str),
        application: &Application,
    ) -> Result<Case> {
        let application = self.complete(case, applicant, application);
        Ok(self.approval.file(tx, actor, now, &application)?)
    }

    /// Files like [`Intake::file`], by whoever looked at the application before where somebody did
    /// ([`Intake::look`]): then it may be decided in the same transaction.
    #[expect(
        clippy::too_many_arguments,
        reason = "who, when, which, for whom, what: everything filing needs"
    )]
    pub fn file_looked(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        case: (CaseId, &str),
        applicant: (PartyId, &str),
        application: &Application,
        looked: &Looked,
    ) -> Result<Case> {
        let application = self.complete(case, applicant, application);
        match &looked.0 {
            Some(ready) => ready.file(tx, actor, now, &application),
            None => Ok(self.approval.file(tx, actor, now, &application)?),
        }
    }

    /// The application as a case is made of it.
    fn complete(
        &self,
        (case_id, case_no): (CaseId, &str),
        (applicant, applicant_name): (PartyId, &str),
        application: &Application,
    ) -> approval::Application {
        approval::Application {
            case_id,
            case_no: case_no.to_owned(),
            published: Arc::clone(&application.published),
            situation: application.situation.clone(),
            applicant,
            applicant_name: applicant_name.to_owned(),
            channel: application.channel,
            answers: application.answers.clone(),
            materials: application.materials.clone(),
            delivery: application.delivery,
            origins: application.origins.clone(),
            query_code: self.query_code(case_id),
            after: application.after.clone(),
            together: approval::together::Together::default(),
        }
    }

    /// Files that stand among the answers of a case.
    pub(crate) async fn files_of(
        &self,
        case: &Case,
        form: &catalog::model::Form,
    ) -> Result<Vec<FileGiven>> {
        let Some(current) = approval::details::form(case) else {
            return Ok(Vec::new());
        };
        let (handle, id) = (self.clone(), case.id);
        let answers = self
            .app
            .db
            .read(move |tx| -> Result<_> {
                let people = &handle.app.people;
                Ok(approval::answers::load(tx, people, id, current.revision)?)
            })
            .await?
            .unwrap_or_default();
        Ok(files_among(form, &answers))
    }

    /// 查询密码: six digits that follow from the case and this installation's key, so that they are stored nowhere
    /// and the owner can print the receipt again.
    pub fn query_code(&self, case: CaseId) -> String {
        let code = self
            .app
            .people
            .mac("intake.query_code.1")
            .code(&[case.uuid().as_bytes()]);
        let number = code[..8]
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }
}

/// Keys of materials that a certificate stands for.
pub(crate) fn certified(origins: &Origins) -> Vec<&str> {
    origins.certified().collect()
}

/// Files that stand among some answers, as a case keeps files.
pub fn files_among(form: &catalog::model::Form, answers: &Answers) -> Vec<FileGiven> {
    catalog::form::files(form, answers)
        .into_iter()
        .map(|file| FileGiven {
            digest: file.digest,
            size: file.size,
            media_type: file.media_type,
            name: file.name,
        })
        .collect()
}

/// Whether the item serves this kind of applicant.
pub fn serves(item: &Item, kind: PartyKind) -> Result<()> {
    let serves = item.service_objects.is_empty()
        || match kind {
            PartyKind::Person => item.for_people(),
            PartyKind::Legal => item.for_enterprises(),
        };
    match (serves, kind) {
        (true, _) => Ok(()),
        (false, PartyKind::Person) => Err(Problem::conflict(
            "applicant_kind",
            "这个事项面向企业和其他组织办理。请先登记您代表的单位，并切换为以单位身份办理",
        )),
        (false, PartyKind::Legal) => Err(Problem::conflict(
            "applicant_kind",
            "这个事项只面向个人办理，请以本人身份申请",
        )),
    }
}

/// For whom a signed-in person files: themselves, or the party they act for, if their authorisation covers the item.
///
/// # Errors
/// 403 with the reason where the authorisation does not carry it, a child under eight files alone, or the register knows
/// that the applicant has died.
pub fn applicant(
    intake: &Intake,
    tx: &mut Tx<'_>,
    person: &casework::actor::Person,
    item: &Published,
    now: Timestamp,
) -> Result<(PartyId, String)> {
    let Some(principal) = person.acting_for else {
        // Whoever meant to act for somebody does not file for themselves by accident.
        if let Some(lapsed) = &person.lapsed {
            return Err(Problem::new(
                web::Kind::NotAllowed,
                lapsed.code,
                lapsed.reason,
            ));
        }
        serves(&item.item, PartyKind::Person)?;
        alive(tx, person.party)?;
        not_a_small_child(intake, tx, person.party, now)?;
        return Ok((person.party, person.name.clone()));
    };
    people::proxy::authority(tx, person.party, principal, Some(item.item_id), now)?
        .map_err(people::Error::from)?;
    let party = party(intake, tx, principal)?;
    serves(&item.item, party.kind)?;
    Ok((party.id, party.name))
}

/// 民法典第十三条: nobody applies in the name of somebody who has died, whoever knows the password.
pub fn alive(tx: &mut Tx<'_>, party: PartyId) -> Result<()> {
    if people::proxy::standing(tx, party)?.is_some() {
        return Err(Problem::new(
            web::Kind::NotAllowed,
            "applicant_deceased",
            "登记信息显示申请人已经去世，不能再以其名义申请。登记有误的，请本人带身份证件到窗口更正",
        ));
    }
    Ok(())
}

/// 民法典第二十条: under eight nobody acts alone, the guardian does. Between eight and eighteen the guardian's consent
/// is asked for at the window (第十九条), which the rule of filing does not see.
fn not_a_small_child(
    intake: &Intake,
    tx: &mut Tx<'_>,
    party: PartyId,
    now: Timestamp,
) -> Result<()> {
    let known = self::party(intake, tx, party)?;
    let today = people::china_day(now);
    let small = born(&known, today)
        .is_some_and(|born| people::Capacity::of(born, today) == people::Capacity::None);
    if small {
        return Err(Problem::new(
            web::Kind::NotAllowed,
            "guardian_needed",
            "未满八周岁的，由监护人代为办理。请监护人带户口簿到窗口登记监护关系",
        ));
    }
    Ok(())
}

/// The birthday in the identity number of a natural person.
pub fn born(party: &Party, today: jiff::civil::Date) -> Option<jiff::civil::Date> {
    base::codes::CitizenId::parse(party.id_number.reveal(), today)
        .ok()
        .map(|id| id.birth_date())
}

/// Who may sign for a party: the person; an enterprise's legal representative.
pub fn signers(party: &Party) -> impl Iterator<Item = String> {
    match party.kind {
        PartyKind::Person => Some(party.name.clone()),
        PartyKind::Legal => party.legal_representative.clone(),
    }
    .into_iter()
}

/// A party that must be there.
pub fn party(intake: &Intake, tx: &mut Tx<'_>, id: PartyId) -> Result<Party> {
    intake
        .app
        .people
        .party(tx, id)?
        .ok_or_else(|| Problem::not_found("没有找到申请人的登记信息"))
}

/// Whether staff may take in applications for this item (收件).
///
/// A window takes in every department's items of the place it serves (一窗受理), so the region decides.
pub fn may_receive(actor: &Actor, published: &Published) -> Result<()> {
    let scope = Scope {
        region: &published.item.region_code,
        org: Some(published.org_id),
    };
    if actor.may(Permission::Receive, &scope) || from_elsewhere(actor, &published.item) {
        Ok(())
    } else {
        Err(Problem::not_allowed(
            "您的窗口不收这个区划的事项，请引导到对应的大厅，或联系系统管理员",
        ))
    }
}

/// 全城通办、省内通办: whether the item's 通办范围 reaches a window of this clerk.
pub fn from_elsewhere(actor: &Actor, item: &Item) -> bool {
    let Actor::Staff(staff) = actor else {
        return false;
    };
    // A window serves the whole city; a department's own program files for its department.
    staff.grants.iter().any(|grant| {
        grant.role == casework::Role::WindowClerk
            && approval::window::handover::may_take_in(
                &item.cross_region_scope,
                &item.region_code,
                &grant.region,
            )
    })
}

/// Whether a person may file this item over the network.
pub fn online(published: &Published) -> Result<()> {
    let forms = &published.item.handling_forms;
    if forms.is_empty() || published.item.online() {
        Ok(())
    } else {
        Err(Problem::conflict(
            "window_only",
            "这个事项只在窗口办理，请带上材料到办事大厅，地点和时间见办事指南",
        ))
    }
}
