//! Materials of a form that carries everything at once (correction, window): what was there and is kept, what has just
//! arrived, and paper.

use approval::details::{FileGiven, MaterialGiven};
use base::crypto::Digest;
use base::ids::AccountId;
use catalog::model::Material;
use web::{Problem, Received, Result, Visit};

use crate::Intake;
use crate::form::Wrong;
use crate::materials::{FILES_MAX, add_file};
use crate::store::{self as records};
use crate::uploads;

/// What the form holds for each of `asked`, in their order. `known` are files of the case, which may be kept as well as
/// the account's own uploads. `staff` took paper in; anybody else will bring it.
pub(super) async fn collect(
    intake: &Intake,
    visit: &Visit,
    asked: &[&Material],
    received: &Received,
    known: Vec<MaterialGiven>,
    staff: bool,
) -> Result<(Vec<MaterialGiven>, Vec<Wrong>)> {
    let account: AccountId = crate::api::account(visit.actor()?)?;
    let now = visit.app.now();
    let mut new = Vec::new();
    for file in &received.files {
        // Files without this mark answer questions of the form.
        let Some(key) = file.field.strip_prefix("file:") else {
            continue;
        };
        if !asked.iter().any(|material| material.key == key) {
            return Err(Problem::bad_request(
                "material_unknown",
                "这个事项不收这项材料",
            ));
        }
        new.push((key.to_owned(), uploads::record(account, file, now)));
    }
    let mut keep: Vec<(String, Digest)> = Vec::new();
    let mut paper: Vec<String> = Vec::new();
    for material in asked {
        let name = format!("keep:{}", material.key);
        let digests = received
            .fields
            .all(&name)
            .take(FILES_MAX)
            .filter_map(uploads::digest);
        keep.extend(digests.map(|digest| (material.key.clone(), digest)));
        if received
            .fields
            .get(&format!("paper:{}", material.key))
            .is_some()
        {
            paper.push(material.key.clone());
        }
    }
    intake
        .app
        .db
        .write(move |tx| -> Result<_> {
            let mut given: Vec<MaterialGiven> = Vec::new();
            let mut wrong = Vec::new();
            let mut add = |given: &mut Vec<MaterialGiven>, key: &str, file: FileGiven| {
                if let Err(said) = add_file(given, key, file) {
                    wrong.push(Wrong {
                        field: key.to_owned(),
                        said,
                    });
                }
            };
            for (key, digest) in &keep {
                let hex = base::crypto::to_hex(digest);
                let of_case = known
                    .iter()
                    .filter(|entry| entry.key == *key)
                    .flat_map(|entry| &entry.files)
                    .find(|file| file.digest == hex)
                    .cloned();
                let own = match of_case {
                    Some(file) => Some(file),
                    None => records::upload(tx, account, digest)?
                        .as_ref()
                        .map(uploads::given),
                };
                if let Some(file) = own {
                    add(&mut given, key, file);
                }
            }
            for (key, upload) in &new {
                records::insert_upload(tx, upload)?;
                add(&mut given, key, uploads::given(upload));
            }
            for key in &paper {
                match given.iter_mut().find(|entry| entry.key == *key) {
                    Some(entry) => entry.paper = staff,
                    None => given.push(MaterialGiven {
                        key: key.clone(),
                        files: Vec::new(),
                        paper: staff,
                        promised: false,
                    }),
                }
            }
            Ok((given, wrong))
        })
        .await
}
