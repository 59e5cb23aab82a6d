//! Every door × every role: each one really tried, and the whole compared with `docs/permissions.md`.
//!
//! To accept a change of the table, look at it and run the test with `TONGBAN_UPDATE_PERMISSIONS=1`. A new door
//! fails the test until [`samples`] says how to knock at it.

mod after;
mod desk;
mod joint;
mod routing;
mod samples;
mod smart;
mod special;
mod supervision;
mod window;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use testkit::{TestApp, on_every_engine};
use web::{Access, RouteInfo};

use samples::sample;
use world::{ROLES, Role, World};

/// What a door says to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    /// Whatever comes next, they may ask.
    Open,
    /// Who are you?
    SignIn,
    /// You may not.
    Refused,
    /// There is nothing here for you to know.
    Unknown,
}

impl Word {
    fn sign(self) -> &'static str {
        match self {
            Word::Open => "yes",
            Word::SignIn => "sign in",
            Word::Refused => "no",
            Word::Unknown => "404",
        }
    }
}

#[test]
fn every_door_lets_in_whom_the_table_says() {
    on_every_engine(async |app| {
        let world = World::build(app.clone()).await;
        let table = doors(&app);
        let mut told: BTreeMap<(String, String), Vec<Word>> = BTreeMap::new();
        for (_, route) in &table {
            let mut row = Vec::new();
            for role in ROLES {
                let knock = sample(&world, route, role).await;
                let said = world.knock(route, role, knock).await;
                agrees(route, role, said);
                row.push(said);
            }
            told.insert((route.path.to_owned(), route.method.to_string()), row);
        }
        let unread = world.unread.into_inner().expect("nobody panicked");
        assert_eq!(
            unread,
            Vec::<String>::new(),
            "bodies without what they need"
        );
        compare(&render(&table, &told));
    });
}

/// Every door, with the name of its capability.
fn doors(app: &TestApp) -> Vec<(String, RouteInfo)> {
    let mut doors: Vec<(String, RouteInfo)> = web::server::platform_table()
        .into_iter()
        .map(|route| ("platform".to_owned(), route))
        .collect();
    for module in app.platform.modules() {
        doors.extend(
            module
                .table
                .into_iter()
                .map(|route| (module.name.to_owned(), route)),
        );
    }
    doors
}

/// What follows from the declared access alone.
fn agrees(route: &RouteInfo, role: Role, word: Word) {
    let place = format!("{} {} for {}", route.method, route.path, role.name());
    if role == Role::Anonymous && route.access != Access::Public {
        assert_eq!(word, Word::SignIn, "{place}");
    }
    if role != Role::Anonymous {
        assert_ne!(word, Word::SignIn, "{place}: signed in already");
    }
    match route.access {
        // No bundle is published in this town, so there is none to show.
        Access::Public if route.path.contains("/bundles/{key}") => {
            assert!(
                matches!(word, Word::Open | Word::Unknown),
                "{place}: public"
            );
        }
        Access::Public => assert_eq!(word, Word::Open, "{place}: public"),
        Access::SignedIn => {}
        Access::Person => {
            if role.is_staff() {
                assert_eq!(word, Word::Refused, "{place}: for citizens only");
            }
        }
        Access::Staff => {
            if role.is_citizen() {
                assert_eq!(word, Word::Refused, "{place}: for staff only");
            }
        }
        Access::Permission(permission) => {
            let holds = role
                .casework()
                .is_some_and(|role| role.permissions().contains(&permission));
            if !holds && role != Role::Anonymous {
                assert_eq!(word, Word::Refused, "{place}: needs {permission:?}");
            }
        }
        Access::Owner => {
            if role == Role::OtherCitizen {
                assert_eq!(word, Word::Unknown, "{place}: another person's");
            }
        }
    }
    // What belongs to somebody is not even known to other people and other departments.
    let of_case = route.path.contains("{case}") || route.path.contains("{case_id}");
    if of_case
        && role == Role::OtherCitizen
        && !matches!(route.access, Access::Staff | Access::Permission(_))
    {
        assert_eq!(word, Word::Unknown, "{place}: another person's case");
    }
    // The next one leads into one's own queue, whichever case was open before.
    let own_queue = route.path.ends_with("/next");
    if of_case && role == Role::OtherApprover && !own_queue {
        assert!(
            matches!(word, Word::Unknown | Word::Refused),
            "{place}: another department's case"
        );
    }
}

fn render(table: &[(String, RouteInfo)], told: &BTreeMap<(String, String), Vec<Word>>) -> String {
    let mut out = "# Who may do what\n\n\
        Every door of the platform and every role, as the test `routes` found them by really knocking; \
        it fails when this page is not what it finds. To renew the page: \
        `TONGBAN_UPDATE_PERMISSIONS=1 cargo test -p tongban-tests routes`.\n\n\
        Each door of a case was tried with the case of the citizen in the column “owner”, filed with the \
        organisation of “approver”; “other approver” works for another organisation of the same county. \
        *yes*: let in (what is asked may still be impossible now); *sign in*: 401 or led to the sign-in page; \
        *no*: 403; *404*: the same answer as for something that does not exist.\n"
        .to_owned();
    let mut names: Vec<&str> = table.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    for name in names {
        write!(out, "\n## {name}\n\n| door | access |").expect("to memory");
        for role in ROLES {
            write!(out, " {} |", role.name()).expect("to memory");
        }
        out.push_str("\n| --- | --- |");
        out.push_str(&" --- |".repeat(ROLES.len()));
        out.push('\n');
        for (_, route) in table.iter().filter(|(known, _)| known == name) {
            let row = &told[&(route.path.to_owned(), route.method.to_string())];
            write!(
                out,
                "| {} `{}` | {} |",
                route.method,
                route.path,
                access(route.access)
            )
            .expect("to memory");
            for word in row {
                write!(out, " {} |", word.sign()).expect("to memory");
            }
            out.push('\n');
        }
    }
    out
}

fn access(access: Access) -> String {
    match access {
        Access::Public => "public".to_owned(),
        Access::SignedIn => "signed in".to_owned(),
        Access::Person => "citizen".to_owned(),
        Access::Staff => "staff".to_owned(),
        Access::Permission(permission) => permission.word().to_owned(),
        Access::Owner => "owner, or staff in charge".to_owned(),
    }
}

fn compare(found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    if std::env::var_os("TONGBAN_UPDATE_PERMISSIONS").is_some() {
        std::fs::write(&path, found).expect("docs/permissions.md is written");
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    for (place, (known, found)) in known.lines().zip(found.lines()).enumerate() {
        assert_eq!(known, found, "docs/permissions.md, line {}", place + 1);
    }
    assert_eq!(
        known.lines().count(),
        found.lines().count(),
        "docs/permissions.md has not every door"
    );
}
