//! `tongban user`: staff accounts from the command line, for the first administrator above all.

use std::{
    io::{BufRead as _, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use base::{IdSource, crypto::Entropy, ids::OrgId};
use casework::{Grant, Role};
use jiff::Timestamp;
use people::{NewStaff, Org, OrgKind, People, password, staff::StaffFilter};
use web::Clock as _;

use super::say;
use crate::{
    cli::{Place, User},
    config::Config,
    platform,
};

/// Staff read at once.
const PAGE: usize = 1000;

pub(super) fn place(user: &User) -> &Place {
    match user {
        User::Create { place, .. }
        | User::List { place }
        | User::Password { place, .. }
        | User::Disable { place, .. } => place,
    }
}

pub(super) async fn run(
    config: &Config,
    user: &User,
    password: Option<String>,
) -> anyhow::Result<ExitCode> {
    let ground = platform::ground(config, Arc::new(web::SystemClock), false).await?;
    let people = People::new(ground.keys, Entropy::system());
    let (db, now) = (ground.db, web::SystemClock.now());
    match user {
        User::Create {
            login,
            name,
            org,
            new_org,
            grants,
            ..
        } => {
            let hash = new_password(login, password)?;
            let (login, name, org, grants) =
                (login.clone(), name.clone(), org.clone(), grants.clone());
            let ids = IdSource::system();
            let (staff, account, org_id) = (ids.next(now), ids.next(now), ids.next(now));
            let (new_org, region) = (new_org.clone(), config.site.region.clone());
            db.write(move |tx| -> Result<(), people::Error> {
                let home = match (people::orgs::by_key(tx, &org)?, &new_org) {
                    (Some(home), _) => home,
                    (None, Some(name)) => {
                        let home = first_org(org_id, &org, name, &region, now);
                        people::orgs::create(tx, &home)?;
                        home
                    }
                    (None, None) => {
                        return Err(people::Error::invalid("org", format!("没有机构“{org}”")));
                    }
                };
                let mut parsed = Vec::with_capacity(grants.len());
                for grant in &grants {
                    parsed.push(parse_grant(tx, grant)?);
                }
                let new = NewStaff {
                    login: login.clone(),
                    password_hash: hash.clone(),
                    must_change: false,
                    name: name.clone(),
                    org: home.id,
                    title: String::new(),
                    window: None,
                    grants: parsed,
                };
                people.create_staff(tx, &new, staff, account, now)
            })
            .await?;
            say("created");
        }
        User::List { .. } => {
            let people = Arc::new(people);
            let mut last = None;
            loop {
                let people = Arc::clone(&people);
                let staff = db
                    .read(move |tx| people.list_staff(tx, &StaffFilter::default(), last, PAGE))
                    .await?;
                for one in &staff {
                    say(&format!(
                        "{}\t{}\t{}\t{}",
                        one.login.reveal(),
                        one.name,
                        one.title,
                        if one.left_at.is_some() {
                            "disabled"
                        } else {
                            "active"
                        }
                    ));
                }
                last = match staff.last() {
                    Some(one) if staff.len() == PAGE => Some(one.id),
                    _ => break,
                };
            }
        }
        User::Password { login, .. } => {
            let hash = new_password(login, password)?;
            let login = login.clone();
            db.write(move |tx| -> Result<(), people::Error> {
                let account = people
                    .account_by_login(tx, &login)?
                    .ok_or(people::Error::NotFound("account"))?;
                people.set_password(tx, account.id, &hash, false, now)
            })
            .await?;
            say("changed");
        }
        User::Disable { login, .. } => {
            let login = login.clone();
            db.write(move |tx| -> Result<(), people::Error> {
                let account = people
                    .account_by_login(tx, &login)?
                    .ok_or(people::Error::NotFound("account"))?;
                people.set_disabled(tx, account.id, true, now)
            })
            .await?;
            say("disabled");
        }
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

fn first_org(id: OrgId, key: &str, name: &str, region: &str, now: Timestamp) -> Org {
    Org {
        id,
        key: key.to_owned(),
        name: name.to_owned(),
        short_name: name.chars().take(8).collect(),
        uscc: None,
        kind: OrgKind::Agency,
        body: String::new(),
        level: 3,
        region: region.to_owned(),
        parent: None,
        phone: None,
        valid_from: calendar::civil_date(now),
        valid_to: None,
    }
}

/// `role@region` or `role@region/org-key`.
fn parse_grant(tx: &mut store::Tx<'_>, text: &str) -> Result<Grant, people::Error> {
    let wrong = || {
        people::Error::invalid(
            "grant",
            format!("“{text}”应写成 role@region 或 role@region/org-key"),
        )
    };
    let (role, place) = text.split_once('@').ok_or_else(wrong)?;
    let role = Role::from_word(role).ok_or_else(wrong)?;
    let (region, org) = match place.split_once('/') {
        Some((region, key)) => {
            let org = people::orgs::by_key(tx, key)?
                .ok_or_else(|| people::Error::invalid("grant", format!("没有机构“{key}”")))?;
            (region, Some(org.id))
        }
        None => (place, None),
    };
    Ok(Grant {
        role,
        region: region.to_owned(),
        org,
    })
}

fn new_password(login: &str, given: Option<String>) -> anyhow::Result<String> {
    let password = if let Some(password) = given {
        password
    } else {
        if std::io::stdin().is_terminal() {
            super::say_error("password (shown as you type; or set TONGBAN_PASSWORD):");
        }
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .context("reading the password")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if let Err(error) = password::check(&password, login, password::Holder::Staff) {
        bail!("{}", error.message());
    }
    Ok(password::hash(&password, &Entropy::system()))
}
