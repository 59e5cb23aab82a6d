//! Materials as a program names them: by the digests of files it uploaded, as paper, as promised, or as what was
//! handed in before.

use approval::details::{self, MaterialGiven};
use approval::origins::MaterialOrigin;
use base::ids::PartyId;
use casework::Actor;
use catalog::model::Published;
use store::Tx;
use web::{Problem, Result};

use super::wire::NewMaterial;
use super::{in_materials, refused};
use crate::documents::{self, Offer};
use crate::form::Wrong;
use crate::said::Said;
use crate::{Intake, materials, uploads};

/// A person who says `paper` will bring it; staff have taken it in.
pub(super) fn without_files(named: &[NewMaterial], staff: bool) -> Vec<MaterialGiven> {
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

/// Whether what was handed in before is to be used.
pub(super) fn used_again(material: &NewMaterial) -> bool {
    material.kept || !material.documents.is_empty()
}

/// What came of using documents again.
#[derive(Default)]
pub(super) struct Again {
    pub(super) sources: Vec<MaterialOrigin>,
    pub(super) wrong: Vec<Wrong>,
}

/// Adds the documents that are used again: those a person names, those a window takes with the applicant's consent.
pub(super) fn use_again(
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

pub(super) fn look_up(
    tx: &mut Tx<'_>,
    actor: &Actor,
    named: &[NewMaterial],
) -> Result<Vec<MaterialGiven>> {
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

/// Materials as far as they are named: which have files, which came on paper.
pub(super) fn as_named(named: &[NewMaterial]) -> Vec<MaterialGiven> {
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
