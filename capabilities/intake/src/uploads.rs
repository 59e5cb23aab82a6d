//! Files that come in. A file belongs to whoever uploaded it: only they can attach it to an application, and a
//! digest learnt elsewhere opens nothing.

use approval::details::{FileGiven, MaterialGiven};
use base::crypto::{Digest, from_hex, to_hex};
use base::ids::AccountId;
use jiff::Timestamp;
use store::Tx;
use web::{Received, Uploaded};

use crate::Intake;
use crate::form::Wrong;
use crate::form::typed::Arrived;
use crate::materials::FILES_TOTAL_MAX;
use crate::said::Said;
use crate::store::{self as records, Upload};

/// The record of a file that has just arrived.
pub fn record(account: AccountId, file: &Uploaded, now: Timestamp) -> Upload {
    Upload {
        account,
        digest: file.digest,
        name: file.name.clone(),
        media_type: file.media_type.to_string(),
        size: file.size,
        uploaded_at: now,
    }
}

/// A file as a case keeps it.
pub fn given(upload: &Upload) -> FileGiven {
    FileGiven {
        digest: to_hex(&upload.digest),
        size: upload.size,
        media_type: upload.media_type.clone(),
        name: upload.name.clone(),
    }
}

/// Remembers files that came in the controls of a form: digest by the name of the control.
pub async fn keep(
    intake: &Intake,
    account: AccountId,
    received: &Received,
    now: Timestamp,
) -> web::Result<Arrived> {
    let files: Vec<(String, Upload)> = received
        .files
        .iter()
        .filter(|file| !file.field.starts_with("file:"))
        .map(|file| (file.field.clone(), record(account, file, now)))
        .collect();
    if files.is_empty() {
        return Ok(Arrived::new());
    }
    intake
        .app
        .db
        .write(move |tx| -> web::Result<Arrived> {
            let mut arrived = Arrived::new();
            for (control, upload) in &files {
                records::insert_upload(tx, upload)?;
                arrived.insert(control.clone(), to_hex(&upload.digest));
            }
            Ok(arrived)
        })
        .await
}

/// A material as another system names it: files by the digests that the upload gave.
#[derive(Clone, Debug)]
pub struct Named {
    pub key: String,
    pub digests: Vec<String>,
    pub paper: bool,
    pub promised: bool,
}

/// Looks every named file up among the uploads of the account that names it.
pub fn attach(
    tx: &mut Tx<'_>,
    account: AccountId,
    named: &[Named],
) -> Result<Result<Vec<MaterialGiven>, Vec<Wrong>>, store::Error> {
    let mut all = Vec::with_capacity(named.len());
    let mut wrong = Vec::new();
    let total: usize = named.iter().map(|material| material.digests.len()).sum();
    if total > FILES_TOTAL_MAX {
        let said = Said::plain("一次申请最多上传{max}个文件").with("max", FILES_TOTAL_MAX);
        return Ok(Err(vec![Wrong::new("", said)]));
    }
    for material in named {
        let mut files: Vec<FileGiven> = Vec::with_capacity(material.digests.len());
        for text in &material.digests {
            let found = match digest(text) {
                Some(digest) => records::upload(tx, account, &digest)?,
                None => None,
            };
            match found {
                Some(upload) => files.push(given(&upload)),
                None => wrong.push(Wrong::new(
                    &material.key,
                    Said::plain("没有找到这个文件，请先上传，再使用上传返回的标识"),
                )),
            }
        }
        all.push(MaterialGiven {
            key: material.key.clone(),
            files,
            paper: material.paper,
            promised: material.promised,
        });
    }
    Ok(if wrong.is_empty() {
        Ok(all)
    } else {
        Err(wrong)
    })
}

/// A digest as 64 hexadecimal signs.
pub fn digest(text: &str) -> Option<Digest> {
    from_hex(text).ok()?.try_into().ok()
}
