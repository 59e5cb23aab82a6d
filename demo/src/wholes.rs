//! Several matters as one, on their way: bundles, a basket, two construction projects in different stages. Each step is
//! taken by the rules at its own time.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use approval::details::{Delivery, MaterialGiven};
use base::IdSource;
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::{CaseId, ItemId};
use calendar::civil_date;
use casework::{Actor, Case, Channel};
use intake::materials::{Need, need};
use jiff::{Timestamp, ToSpan as _};
use joint::{Act, Application, CartItem, Composed, Joint, Spec, project, stage};
use store::Tx;

use crate::dice::{Dice, Part};
use crate::forms;
use crate::residents::{Applicant, Town};

/// Numbers of these cases stand behind those of the year.
const SEQUENCE: u32 = 990_000;
/// Words of a part of the year that no case of it has.
const WORDS: u64 = 1 << 40;

/// A whole that was just filed.
struct Filed {
    id: CaseId,
    parts: Vec<CaseId>,
}

struct Writer<'a> {
    joint: &'a Joint,
    town: &'a Town,
    office: Actor,
    ids: IdSource,
    until: Timestamp,
    dice: Dice,
    sequence: u32,
}

pub(crate) async fn write(
    joint: &Joint,
    town: &Town,
    seed: u64,
    ids: IdSource,
    until: Timestamp,
) -> anyhow::Result<()> {
    let people = joint.app().people.clone();
    let office = joint
        .app()
        .db
        .read(move |tx| -> Result<_, people::Error> {
            let account = people.account_by_login(tx, "integrator1")?;
            match account {
                Some(account) => people.actor_for(tx, account.id),
                None => Ok(None),
            }
        })
        .await?
        .context("the city has a program that decides")?;
    let mut writer = Writer {
        joint,
        town,
        office,
        ids,
        until,
        dice: Dice::of(seed, Part::Words(WORDS)),
        sequence: SEQUENCE,
    };
    writer.bundles().await?;
    writer.basket().await?;
    writer.projects().await
}

impl Writer<'_> {
    /// So many hours before the end of the year of cases.
    fn ago(&self, hours: i64) -> anyhow::Result<Timestamp> {
        Ok(self.until.checked_sub(hours.hours())?)
    }

    async fn bundles(&mut self) -> anyhow::Result<()> {
        // Two of three decided; the third waits for nothing any more.
        let filed = self
            .bundle("ride_hailing", 0, Delivery::Window, 150)
            .await?;
        self.accept(&filed, 145).await?;
        self.grant(&filed, filed.parts[0], 100).await?;
        self.grant(&filed, filed.parts[1], 76).await?;
        // Accepted a day ago: what follows the licence waits for it.
        let filed = self
            .bundle("company_start", 1, Delivery::Electronic, 30)
            .await?;
        self.accept(&filed, 26).await?;
        // Not looked at yet.
        self.bundle("flexible_insurance", 2, Delivery::Electronic, 5)
            .await?;
        Ok(())
    }

    async fn basket(&mut self) -> anyhow::Result<()> {
        let snapshot = self.joint.catalog().snapshot();
        let of = |name: &str| -> Option<ItemId> {
            let items = snapshot.items().iter();
            items
                .filter(|brief| brief.name == name)
                .map(|brief| brief.item_id)
                .next()
        };
        let items: Vec<CartItem> = [
            "居住证申领",
            "补领、换领机动车行驶证",
            "基本医疗保险异地就医备案",
        ]
        .into_iter()
        .filter_map(of)
        .map(|item| CartItem {
            item,
            situation: catalog::guided::Answers::new(),
        })
        .collect();
        if items.is_empty() {
            return Ok(());
        }
        self.file(Spec::Cart { items }, 0, Delivery::Window, 52)
            .await?;
        Ok(())
    }

    async fn projects(&mut self) -> anyhow::Result<()> {
        let day = 24;
        let first = self
            .register(
                "social",
                "云川精密制造厂房",
                1,
                "2601-990100-04-01-100001",
                45 * day,
            )
            .await?;
        let land = self.stage(first, "land", 1, 44 * day).await?;
        self.accept(&land, 43 * day).await?;
        self.grant(&land, land.parts[0], 42 * day).await?;
        self.grant(&land, land.parts[1], 36 * day).await?;
        self.settle(first, &land, 36 * day).await?;
        let works = self.stage(first, "works", 1, 20 * day).await?;
        self.accept(&works, 19 * day).await?;
        self.settle(first, &works, 19 * day).await?;
        self.grant(&works, works.parts[0], 12 * day).await?;
        let second = self
            .register(
                "government",
                "云川市第三小学扩建",
                2,
                "2602-990100-04-01-100002",
                20 * day,
            )
            .await?;
        let land = self.stage(second, "land", 2, 18 * day).await?;
        self.accept(&land, 17 * day).await?;
        self.settle(second, &land, 17 * day).await?;
        for part in ["proposal", "geology"] {
            let opinion = stage::Command::GiveOpinion {
                part: part.to_owned(),
                passed: true,
                text: "同意".to_owned(),
            };
            self.act(land.id, Act::Stage(opinion), 10 * day).await?;
        }
        Ok(())
    }

    fn applicant(&self, citizen: usize) -> Applicant<'_> {
        let person = &self.town.residents[citizen];
        Applicant {
            party: person.party,
            name: &person.name,
            person,
            enterprise: None,
            employer: self
                .town
                .enterprises
                .first()
                .map_or("", |enterprise| enterprise.code.as_str()),
        }
    }

    fn case_no(&mut self, region: &str, at: Timestamp) -> anyhow::Result<String> {
        self.sequence += 1;
        let region: String = region.chars().take(6).collect();
        let region = RegionCode::parse(&region)?;
        let digit = Digit::from_digit(Channel::Web.digit()).context("a channel's digit")?;
        CaseNo::make(&region, civil_date(at), digit, self.sequence)
            .map(|no| no.as_str().to_owned())
            .context("a case number")
    }

    async fn bundle(
        &mut self,
        key: &str,
        citizen: usize,
        delivery: Delivery,
        hours: i64,
    ) -> anyhow::Result<Filed> {
        let bundle = self.joint.bundle(key).await.map_err(said)?;
        let spec = Spec::Bundle {
            key: key.to_owned(),
            region: bundle.region,
            situations: std::collections::BTreeMap::new(),
            without: std::collections::BTreeSet::new(),
        };
        self.file(spec, citizen, delivery, hours).await
    }

    async fn stage(
        &mut self,
        project: CaseId,
        key: &str,
        citizen: usize,
        hours: i64,
    ) -> anyhow::Result<Filed> {
        let spec = Spec::Stage {
            project,
            stage: key.to_owned(),
        };
        self.file(spec, citizen, Delivery::Electronic, hours).await
    }

    async fn file(
        &mut self,
        spec: Spec,
        citizen: usize,
        delivery: Delivery,
        hours: i64,
    ) -> anyhow::Result<Filed> {
        let at = self.ago(hours)?;
        let composed: Arc<Composed> = Arc::new(self.joint.compose(spec).await.map_err(said)?);
        let item = &composed.published.item;
        let id: CaseId = self.ids.next(at);
        let no = self.case_no(&item.region_code, at)?;
        let mut parts = Vec::with_capacity(composed.parts.len());
        for part in &composed.parts {
            let part_id: CaseId = self.ids.next(at);
            let region = part.published.item.region_code.clone();
            parts.push((part_id, self.case_no(&region, at)?));
        }
        let mut dice = std::mem::replace(&mut self.dice, Dice::of(0, Part::Words(WORDS)));
        let applicant = self.applicant(citizen);
        let answers = forms::answers(item, &applicant, civil_date(at), &mut dice);
        let (party, name, actor) = (
            applicant.party,
            applicant.name.to_owned(),
            applicant.actor(),
        );
        self.dice = dice;
        // What has to be there is brought to the window.
        let materials = item
            .materials
            .iter()
            .filter(|material| need(material) == Need::Required)
            .map(|material| MaterialGiven {
                key: material.key.clone(),
                files: Vec::new(),
                paper: false,
                promised: false,
            })
            .collect();
        let shared = match &composed.stage {
            Some(stage) => project::results(self.joint, stage.project)
                .await
                .map_err(said)?,
            None => Vec::new(),
        };
        let filed = Filed {
            id,
            parts: parts.iter().map(|part| part.0).collect(),
        };
        let application = Application {
            case: (id, no),
            parts,
            channel: Channel::Web,
            answers,
            materials,
            delivery,
            origins: approval::origins::Origins::default(),
            shared,
            composed,
        };
        let joint = self.joint.clone();
        self.write(move |tx| {
            joint
                .file(tx, &actor, at, (party, &name), &application)
                .map(drop)
        })
        .await?;
        Ok(filed)
    }

    async fn register(
        &mut self,
        class: &str,
        name: &str,
        citizen: usize,
        code: &str,
        hours: i64,
    ) -> anyhow::Result<CaseId> {
        let at = self.ago(hours)?;
        let id: CaseId = self.ids.next(at);
        let region = self.joint.app().config.region.clone();
        let no = self.case_no(&region, at)?;
        let applicant = self.applicant(citizen);
        let (party, who, actor) = (
            applicant.party,
            applicant.name.to_owned(),
            applicant.actor(),
        );
        let wanted = project::rules::Project {
            code: code.to_owned(),
            name: name.to_owned(),
            class: class.to_owned(),
            site: "云川市云川区滨江大道".to_owned(),
            investment_fen: 4_800_000_000,
        };
        let joint = self.joint.clone();
        self.write(move |tx| {
            project::register(&joint, tx, &actor, at, (id, &no), (party, &who), &wanted).map(drop)
        })
        .await?;
        Ok(id)
    }

    async fn accept(&self, filed: &Filed, hours: i64) -> anyhow::Result<()> {
        let remark = String::new();
        self.act(filed.id, Act::Accept { remark }, hours).await
    }

    async fn act(&self, id: CaseId, act: Act, hours: i64) -> anyhow::Result<()> {
        let (joint, office, at) = (self.joint.clone(), self.office.clone(), self.ago(hours)?);
        self.write(move |tx| {
            let whole = joint.act(tx, &office, at, id, None, &act)?;
            told(&joint, tx, at, &whole)
        })
        .await
    }

    /// Grants one part; the whole is told.
    async fn grant(&self, filed: &Filed, part: CaseId, hours: i64) -> anyhow::Result<()> {
        let (joint, office, at) = (self.joint.clone(), self.office.clone(), self.ago(hours)?);
        let whole = filed.id;
        let act = approval::Act::Grant {
            opinion: "材料齐全，符合条件".to_owned(),
        };
        self.write(move |tx| {
            let approval = &joint.intake().approval;
            approval.act(tx, &office, at, part, None, &act)?;
            joint.part_moved(tx, at, whole, part).map(drop)
        })
        .await
    }

    /// The project is told where a stage stands.
    async fn settle(&self, project: CaseId, filed: &Filed, hours: i64) -> anyhow::Result<()> {
        let (joint, at, stage) = (self.joint.clone(), self.ago(hours)?, filed.id);
        self.write(move |tx| project::stage_moved(&joint, tx, at, project, stage))
            .await
    }

    async fn write(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<(), joint::Error> + Send + 'static,
    ) -> anyhow::Result<()> {
        let written: Result<(), joint::Error> = self.joint.app().db.write(body).await;
        written.context("writing a whole")
    }
}

/// What an act on the whole did to its parts is known to it at once.
fn told(joint: &Joint, tx: &mut Tx<'_>, at: Timestamp, whole: &Case) -> Result<(), joint::Error> {
    let Some(plan) = joint::details::plan(whole) else {
        return Ok(());
    };
    for lane in &plan.lanes {
        joint.part_moved(tx, at, whole.id, lane.case_id)?;
    }
    Ok(())
}

fn said(problem: web::Problem) -> anyhow::Error {
    anyhow!(problem.detail)
}
