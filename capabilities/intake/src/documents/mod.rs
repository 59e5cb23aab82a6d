//! 我的材料: what a person or an enterprise handed in once is offered wherever the same standard material is asked for
//! (一次提交、多次复用), and a certificate they hold stands for the material it is.
//!
//! Files come in by themselves: whatever is handed in with an application and has a standard code is kept for its
//! applicant ([`follow`]). Only the applicant, whoever acts for them, and a window with their consent may use one;
//! every use stands in the case ([`approval::origins`]). Taking a document away only stops offering it: files in cases
//! stay.

pub mod follow;

use std::sync::Arc;

use approval::details::{FileGiven, MaterialGiven};
use approval::origins::{MaterialOrigin, MaterialSource};
use base::crypto::to_hex;
use base::ids::PartyId;
use catalog::library::Library;
use catalog::model::{Item, Published};
use catalog::snapshot::Snapshot;
use jiff::civil::Date;
use license::Kind;
use store::{Error, Tx};

use crate::Intake;
use crate::store::documents as records;
pub use crate::store::documents::{Document, DocumentId, DocumentUse};

/// Documents offered for one material.
pub const OFFERED_MAX: usize = 5;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 60;

/// A document that is offered for a material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Key of the material.
    pub material: String,
    pub document: Document,
}

impl Offer {
    /// The file as a case keeps it.
    pub fn file(&self) -> FileGiven {
        FileGiven {
            digest: to_hex(&self.document.digest),
            size: self.document.size,
            media_type: self.document.media_type.clone(),
            name: self.document.file_name.clone(),
        }
    }

    /// The material as it is given when this is used.
    pub fn given(&self) -> MaterialGiven {
        MaterialGiven {
            key: self.material.clone(),
            files: vec![self.file()],
            paper: false,
            promised: false,
        }
    }

    /// Where a material of a new case comes from when this is used.
    pub fn origin(&self, at_window: bool) -> MaterialOrigin {
        MaterialOrigin {
            material: self.material.clone(),
            from: MaterialSource::Document {
                digest: to_hex(&self.document.digest),
                case_no: self.document.case_no.clone(),
                at_window,
            },
        }
    }
}

/// What a party may use again for the materials of an item, by material.
pub fn offered(
    tx: &mut Tx<'_>,
    library: &Library,
    party: PartyId,
    item: &Item,
    today: Date,
) -> Result<Vec<Offer>, Error> {
    let mut all = Vec::new();
    for material in &item.materials {
        if material.standard.is_empty() {
            continue;
        }
        let codes = library.codes_of(&material.standard);
        let found = records::of_standards(tx, party, &codes, today, OFFERED_MAX)?;
        all.extend(found.into_iter().map(|document| Offer {
            material: material.key.clone(),
            document,
        }));
    }
    Ok(all)
}

/// The materials of an item for which a certificate stands that the party holds and that counts today: the certificate
/// the library names for the standard material, or the result of the item that makes it.
pub fn held(
    tx: &mut Tx<'_>,
    library: &Library,
    snapshot: &Snapshot,
    party: PartyId,
    item: &Item,
    today: Date,
) -> Result<Vec<MaterialOrigin>, Error> {
    let mut origins = Vec::new();
    for material in &item.materials {
        let named = library
            .resolve(&material.standard)
            .map(|standard| standard.licence.as_str())
            .filter(|name| !name.is_empty())
            .map(Kind::Type);
        let made = Some(material.produced_by.as_str())
            .filter(|code| !code.is_empty())
            .and_then(|code| snapshot.named_by_base(code))
            .map(Kind::Item);
        for kind in [named, made].into_iter().flatten() {
            let newest = license::newest_in_force(tx, party, kind, today).map_err(certificates)?;
            let Some(license) = newest else { continue };
            origins.push(MaterialOrigin {
                material: material.key.clone(),
                from: MaterialSource::Licence {
                    license_id: license.license_id,
                    name: license.type_name,
                    serial: license.serial,
                },
            });
            break;
        }
    }
    Ok(origins)
}

impl Intake {
    /// Certificates of a party that stand for materials of an item.
    pub async fn held_by(
        &self,
        party: PartyId,
        published: &Arc<Published>,
    ) -> web::Result<Vec<MaterialOrigin>> {
        let (library, snapshot) = (self.catalog.library(), self.catalog.snapshot());
        let (published, today) = (Arc::clone(published), self.app.today());
        let held = self
            .app
            .db
            .read(move |tx| held(tx, &library, &snapshot, party, &published.item, today))
            .await?;
        Ok(held)
    }

    /// What a party may use again for the materials of an item.
    pub(crate) async fn offered_to(
        &self,
        party: PartyId,
        published: &Arc<Published>,
    ) -> web::Result<Vec<Offer>> {
        let library = self.catalog.library();
        let (published, today) = (Arc::clone(published), self.app.today());
        let offers = self
            .app
            .db
            .read(move |tx| offered(tx, &library, party, &published.item, today))
            .await?;
        Ok(offers)
    }
}

/// Reading certificates can only fail in the store.
fn certificates(error: license::Error) -> Error {
    match error {
        license::Error::Store(error) => error,
        other => Error::Corrupt(format!("certificates: {other}")),
    }
}

/// What an application says of its materials' sources: files that were used again and are still there, certificates
/// where nothing was handed in.
pub fn sources(
    given: &[MaterialGiven],
    reused: &[MaterialOrigin],
    held: &[MaterialOrigin],
) -> Vec<MaterialOrigin> {
    let entry = |key: &str| given.iter().find(|given| given.key == key);
    let files = reused.iter().filter(|origin| match &origin.from {
        MaterialSource::Document { digest, .. } => entry(&origin.material)
            .is_some_and(|given| given.files.iter().any(|file| file.digest == *digest)),
        MaterialSource::Licence { .. } => false,
    });
    let certified = held
        .iter()
        .filter(|origin| entry(&origin.material).is_none());
    files.chain(certified).cloned().collect()
}

/// The words a holder typed for a document.
///
/// # Errors
/// Field and message.
pub fn check_name(name: &str) -> Result<String, (&'static str, &'static str)> {
    let name = base::text::single_line(name);
    let length = base::text::visible_len(&name);
    if (1..=NAME_CHARS_MAX).contains(&length) {
        Ok(name)
    } else {
        Err(("name", "请填写名称，最长60个字"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(digest: &str) -> FileGiven {
        FileGiven {
            digest: digest.into(),
            size: 1,
            media_type: "application/pdf".into(),
            name: "a.pdf".into(),
        }
    }

    fn document(material: &str, digest: &str) -> MaterialOrigin {
        MaterialOrigin {
            material: material.into(),
            from: MaterialSource::Document {
                digest: digest.into(),
                case_no: "99".into(),
                at_window: false,
            },
        }
    }

    fn licence(material: &str) -> MaterialOrigin {
        MaterialOrigin {
            material: material.into(),
            from: MaterialSource::Licence {
                license_id: "1".into(),
                name: "营业执照".into(),
                serial: "1".into(),
            },
        }
    }

    #[test]
    fn only_what_is_really_used_is_said() {
        let given = [MaterialGiven {
            key: "premises".into(),
            files: vec![file("aa")],
            paper: false,
            promised: false,
        }];
        let reused = [document("premises", "aa"), document("premises", "bb")];
        let held = [licence("licence"), licence("premises")];
        assert_eq!(
            sources(&given, &reused, &held),
            [document("premises", "aa"), licence("licence")]
        );
        assert_eq!(sources(&[], &reused, &[]), []);
    }

    #[test]
    fn a_name_is_one_line_and_not_too_long() {
        assert_eq!(check_name(" 租赁\n合同 ").as_deref(), Ok("租赁 合同"));
        assert!(check_name("  ").is_err());
        assert!(check_name(&"字".repeat(NAME_CHARS_MAX + 1)).is_err());
    }
}
