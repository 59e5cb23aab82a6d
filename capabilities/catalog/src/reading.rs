//! From an uploaded file to records: the stored bytes, the bodies of this deployment, the departments' mapping.

use base::ids::OrgId;
use casework::Actor;
use store::Tx;
use web::Problem;

use crate::app::import::{admit_unchanged, restrict};
use crate::import::bodies::{Bodies, Body};
use crate::import::{self, FILE_BYTES_MAX, Parsed};
use crate::pages::Doors;

/// What stands beside a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    /// The body for records without a known one.
    pub(crate) default: Option<OrgId>,
    /// `区民政局=990102.civil`, one a line.
    pub(crate) mapping: String,
}

impl Doors {
    /// Reads a stored file for an administrator; records of bodies they do not manage become row errors.
    pub(crate) async fn read_file(
        &self,
        digest: [u8; 32],
        choices: Choices,
        actor: &Actor,
    ) -> web::Result<Parsed> {
        let mut parsed = self.read_stored(digest, choices, import::read).await?;
        restrict(&mut parsed, actor);
        let parsed = self
            .app
            .db
            .read(move |tx| admit_unchanged(tx, &mut parsed).map(|()| parsed))
            .await?;
        Ok(parsed)
    }

    /// Reads a stored file with the records of all bodies, to be looked at beside what is published.
    pub(crate) async fn read_file_to_compare(&self, digest: [u8; 32]) -> web::Result<Parsed> {
        let choices = Choices::default();
        self.read_stored(digest, choices, import::read_to_compare)
            .await
    }

    async fn read_stored(
        &self,
        digest: [u8; 32],
        choices: Choices,
        read: fn(&[u8], &Bodies) -> Result<Parsed, import::Unreadable>,
    ) -> web::Result<Parsed> {
        let _turn = self
            .reading
            .acquire()
            .await
            .map_err(|error| Problem::internal(format_args!("reading files: {error}")))?;
        let content = self
            .app
            .objects
            .read(&digest, FILE_BYTES_MAX as u64)
            .await?
            .ok_or_else(|| Problem::not_found("上传的文件已经清理，请重新上传"))?;
        let orgs = self.app.db.read(all_orgs).await?;
        tokio::task::spawn_blocking(move || {
            let bodies = bodies(&orgs, &choices)?;
            read(&content, &bodies).map_err(unreadable)
        })
        .await
        .map_err(|error| Problem::internal(format_args!("reading a file: {error}")))?
    }
}

/// All bodies with everything a file may call them.
pub fn all_orgs(tx: &mut Tx<'_>) -> Result<Vec<people::Org>, people::Error> {
    const PAGE: usize = 2000;
    let mut all: Vec<people::Org> = Vec::new();
    loop {
        let after = all.last().map(|org| (org.region.clone(), org.key.clone()));
        let after = after
            .as_ref()
            .map(|(region, key)| (region.as_str(), key.as_str()));
        let page = people::orgs::list(tx, &people::orgs::OrgFilter::default(), after, PAGE)?;
        let full = page.len() == PAGE;
        all.extend(page);
        if !full {
            return Ok(all);
        }
    }
}

fn bodies(orgs: &[people::Org], choices: &Choices) -> web::Result<Bodies> {
    bodies_of(orgs, &choices.mapping, choices.default)
        .map_err(|message| Problem::invalid("mapping", message))
}

/// The bodies as a file may call them, with a mapping of departments (`区民政局=990102.civil`, one a line) and the body
/// for records whose department nobody answers to.
///
/// # Errors
/// The line of the mapping that cannot be understood.
pub fn bodies_of(
    orgs: &[people::Org],
    mapping: &str,
    default: Option<OrgId>,
) -> Result<Bodies, String> {
    let mut bodies = Bodies::default();
    for org in orgs {
        bodies.add(&Body {
            id: org.id,
            key: &org.key,
            name: &org.name,
            short_name: &org.short_name,
            uscc: org.uscc.as_deref().unwrap_or_default(),
            region: &org.region,
        });
    }
    for (number, line) in (1..).zip(mapping.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let known = line.split_once(['=', '＝']).and_then(|(department, key)| {
            let org = orgs
                .iter()
                .find(|org| org.key == key.trim() || org.name == key.trim())?;
            Some((department, org.id))
        });
        let Some((department, id)) = known else {
            return Err(format!(
                "部门对应第{number}行要写成“来源部门=机构代码”，而且机构要已经建好"
            ));
        };
        bodies.map(department, id);
    }
    Ok(bodies.with_default(default))
}

fn unreadable(error: import::Unreadable) -> Problem {
    Problem::invalid("file", error.to_string())
}
