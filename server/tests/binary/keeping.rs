//! What an operator does besides serving: migrate, accounts, import, backup and restore, and what each says when it
//! cannot.

use serde_json::{Value, json};
use testkit::town::{self, FOOD};
use testkit::{Engine, Place, engines};

use crate::program::{Connection, Ground, run};

/// Files and accepts a few cases, one of them with an uploaded file.
fn fill(ground: &Ground) -> Vec<String> {
    let server = ground.serve();
    let mut connection = Connection::open(server.address, &ground.token).expect("it answers");
    let mut cases = Vec::new();
    for n in 0..5 {
        let body = json!({
            "item_id": ground.town.item(FOOD).to_string(),
            "answers": town::food_answers(),
            "materials": [{ "key": "layout", "paper": true }],
            "applicant": { "kind": "person", "name": town::CITIZENS[0].1, "id_number": town::CITIZENS[0].2 },
        });
        let filed = connection
            .post("/api/v1/cases", &format!("f{n}"), &body)
            .expect("an answer");
        assert_eq!(filed.status, 201, "{}", filed.json());
        let case = filed.json()["case_id"].as_str().expect("an id").to_owned();
        if n > 2 {
            let accepted = connection
                .post(
                    &format!("/api/v1/cases/{case}/acceptance"),
                    &format!("a{n}"),
                    &json!({}),
                )
                .expect("an answer");
            assert_eq!(accepted.status, 200, "{}", accepted.json());
        }
        cases.push(case);
    }
    assert_eq!(server.stop(), 0);
    cases
}

fn shown(ground: &Ground, cases: &[String]) -> Vec<Value> {
    let server = ground.serve();
    let mut connection = Connection::open(server.address, &ground.token).expect("it answers");
    let shown = cases
        .iter()
        .map(|case| {
            let answer = connection
                .get(&format!("/api/v1/cases/{case}"))
                .expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.json());
            answer.json()
        })
        .collect();
    assert_eq!(server.stop(), 0);
    shown
}

#[test]
fn a_backup_of_either_engine_is_restored_to_either_engine() {
    for from in engines() {
        let ground = Ground::new(Place::new(from));
        let cases = fill(&ground);
        let before = shown(&ground, &cases);
        let counts = ground.run(&["verify"]).out;
        for to in engines() {
            backed_up(&ground, to, &cases, &before, &counts);
        }
    }
}

#[test]
fn keys_are_changed_while_a_server_goes_on() {
    for engine in engines() {
        let ground = Ground::new(Place::new(engine));
        let cases = fill(&ground);
        let before = shown(&ground, &cases);
        let idle = ground.run(&["reseal"]);
        assert_eq!(idle.code, 0, "{}{}", idle.out, idle.err);
        assert!(idle.out.contains("resealed: 0 values"), "{}", idle.out);
        let fresh = ground.run(&["reseal", "--new-key"]);
        assert_eq!(fresh.code, 0, "{}{}", fresh.out, fresh.err);
        assert!(fresh.out.contains("key 2 seals"), "{}", fresh.out);

        let server = ground.serve();
        let said = ground.run(&["reseal"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        for line in [
            "case_answers.sealed: 5 sealed with key 2, 0 left",
            "nothing is sealed with an older key than 2",
        ] {
            assert!(said.out.contains(line), "{}", said.out);
        }
        let mut connection = Connection::open(server.address, &ground.token).expect("it answers");
        let body = json!({
            "item_id": ground.town.item(FOOD).to_string(),
            "answers": town::food_answers(),
            "materials": [{ "key": "layout", "paper": true }],
            "applicant": { "kind": "person", "name": town::CITIZENS[0].1, "id_number": town::CITIZENS[0].2 },
        });
        // The applicant is found by the number they had before.
        let filed = connection
            .post("/api/v1/cases", "again", &body)
            .expect("an answer");
        assert_eq!(filed.status, 201, "{}", filed.json());
        assert_eq!(server.stop(), 0);
        assert_eq!(shown(&ground, &cases), before);
        let again = ground.run(&["reseal"]);
        assert!(again.out.contains("resealed: 0 values"), "{}", again.out);
        let verified = ground.run(&["verify"]);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    }
}

fn backed_up(ground: &Ground, to: Engine, cases: &[String], before: &[Value], counts: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let backup = folder.path().join("backup");
    let backup = backup.to_str().expect("UTF-8");
    // While the server runs.
    let server = ground.serve();
    let said = ground.run(&["backup", backup]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(server.stop(), 0);
    let again = ground.run(&["backup", backup]);
    assert_ne!(again.code, 0, "a backup is never overwritten");

    let place = Place::new(to);
    let restored = Ground {
        place,
        town: ground.town.clone(),
        token: ground.token.clone(),
    };
    let said = restored.run(&["restore", backup]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let verified = restored.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    assert_eq!(verified.out, *counts);
    assert_eq!(shown(&restored, cases), before, "on {}", to.name());
    // A second time, into what is there already: refused.
    let said = restored.run(&["restore", backup]);
    assert_ne!(said.code, 0);
    assert!(!said.err.is_empty());
    // New cases go on with new numbers.
    let more = fill_more(&restored);
    assert!(!cases.contains(&more));
    assert_eq!(restored.run(&["verify"]).code, 0);
}

fn fill_more(ground: &Ground) -> String {
    let server = ground.serve();
    let mut connection = Connection::open(server.address, &ground.token).expect("it answers");
    let mut answers = town::food_answers();
    answers["sign"]["name"] = town::CITIZENS[1].1.into();
    let body = json!({
        "item_id": ground.town.item(FOOD).to_string(),
        "answers": answers,
        "materials": [{ "key": "layout", "paper": true }],
        "applicant": { "kind": "person", "name": town::CITIZENS[1].1, "id_number": town::CITIZENS[1].2 },
    });
    let filed = connection
        .post("/api/v1/cases", "more", &body)
        .expect("an answer");
    assert_eq!(filed.status, 201, "{}", filed.json());
    assert_eq!(server.stop(), 0);
    filed.json()["case_id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_damaged_backup_is_refused() {
    let ground = Ground::new(Place::new(Engine::Sqlite));
    let folder = tempfile::tempdir().expect("a folder");
    let backup = folder.path().join("backup");
    let path = backup.to_str().expect("UTF-8");
    assert_eq!(ground.run(&["backup", path]).code, 0);
    let largest = std::fs::read_dir(backup.join("database"))
        .expect("the backup")
        .flatten()
        .max_by_key(|entry| entry.metadata().map_or(0, |meta| meta.len()))
        .expect("a file")
        .path();
    let mut bytes = std::fs::read(&largest).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&largest, bytes).expect("written");
    let restored = Ground {
        place: Place::new(Engine::Sqlite),
        town: ground.town.clone(),
        token: ground.token.clone(),
    };
    let said = restored.run(&["restore", path]);
    assert_ne!(said.code, 0, "{}", said.out);
}

#[test]
fn verify_names_what_was_changed_with_exit_status_1() {
    let ground = Ground::new(Place::new(Engine::Sqlite));
    fill(&ground);
    let good = ground.run(&["verify"]);
    assert_eq!(good.code, 0);
    assert!(good.out.starts_with("verified: 5 cases"), "{}", good.out);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let no: String = runtime.block_on(async {
        let options = store::Options::parse(&ground.place.url()).expect("an address");
        let db = store::Db::open(options).await.expect("it opens");
        let no = db
            .write(|tx| -> Result<String, store::Error> {
                tx.exec(
                    "UPDATE trail SET body = replace(body, '王小明', '王大明') WHERE seq = 1",
                    &[],
                )?;
                tx.query_one("SELECT case_no FROM cases ORDER BY case_id LIMIT 1", &[])?
                    .get(0)
            })
            .await
            .expect("changed");
        db.close().await;
        no
    });
    let bad = ground.run(&["verify"]);
    assert_eq!(bad.code, 1);
    assert!(
        bad.out.contains(&no) && bad.out.contains("event 1"),
        "{}",
        bad.out
    );
    // Nothing there is no success either.
    let empty = tempfile::tempdir().expect("a folder");
    let said = run(
        &["verify", "--data", empty.path().to_str().expect("UTF-8")],
        "",
    );
    assert_ne!(said.code, 0);
}

#[test]
fn accounts_and_imports_from_the_command_line() {
    let ground = Ground::new(Place::new(Engine::Sqlite));
    assert_eq!(ground.run(&["migrate"]).code, 0, "again and again");
    let options = ground.options();
    let with = |command: &[&str]| -> Vec<String> {
        command
            .iter()
            .map(|part| (*part).to_owned())
            .chain(options.iter().cloned())
            .collect()
    };
    let feed = |command: &[&str], input: &str| {
        let arguments = with(command);
        run(
            &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
            input,
        )
    };
    let create = [
        "user",
        "create",
        "chief",
        "--name",
        "胡一鸣",
        "--org",
        town::CENTRE,
        "--grant",
        "administrator@990100",
    ];
    let said = feed(&create, "short\n");
    assert_ne!(said.code, 0, "a password that is too short");
    let said = feed(&create, "A-Long-Passphrase-2026\n");
    assert_eq!(said.code, 0, "{}", said.err);
    let said = feed(&create, "A-Long-Passphrase-2026\n");
    assert_ne!(said.code, 0, "a login that is taken");
    for wrong in [
        "king@990100",
        "administrator",
        "administrator@990100/nobody",
        "administrator@12",
    ] {
        let mut command = create;
        command[2] = "other";
        command[8] = wrong;
        assert_ne!(
            feed(&command, "A-Long-Passphrase-2026\n").code,
            0,
            "{wrong}"
        );
    }
    let told = || {
        let list = feed(&["user", "list"], "").out;
        let line = list.lines().find(|line| line.starts_with("chief\t胡一鸣"));
        line.expect("in the list").to_owned()
    };
    assert!(told().ends_with("\tactive"), "{}", told());
    assert_eq!(feed(&["user", "disable", "chief"], "").code, 0);
    assert!(told().ends_with("\tdisabled"), "{}", told());
    assert_ne!(feed(&["user", "disable", "nobody"], "").code, 0);

    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let good = file(
        "regions.csv",
        "code,name,level,parent_code\n990104,青石县,county,990100\n",
    );
    let bad = file(
        "bad.csv",
        "code,name,level,parent_code\n990105,,county,990100\n",
    );
    assert_eq!(feed(&["import", "regions", &good, "--dry-run"], "").code, 0);
    assert_eq!(feed(&["import", "regions", &good], "").code, 0);
    let said = feed(&["import", "regions", &bad], "");
    assert_eq!(said.code, 1);
    assert!(said.err.contains('2'), "the row is named: {}", said.err);
    assert_ne!(feed(&["import", "items", "/no/such/file"], "").code, 0);
    let said = feed(&["import", "items", &good], "");
    assert_ne!(said.code, 0, "a table of something else");

    // What is not understood is said before anything happens.
    for wrong in [
        &["serv"][..],
        &["calendar", "due"],
        &["import", "cakes", "x"],
        &["serve", "--listen", "nowhere"],
    ] {
        let said = run(wrong, "");
        assert_eq!(said.code, 2, "{wrong:?}");
        assert!(!said.err.is_empty());
    }
    let config = file("tongban.toml", "lisen = \"127.0.0.1:1\"\n");
    let said = run(&["verify", "--config", &config], "");
    assert_ne!(said.code, 0);
    assert!(said.err.contains("lisen"), "{}", said.err);
}
