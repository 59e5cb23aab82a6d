//! A small town: two departments, a hall, one of everybody, eighteen items of the shipped catalogue.

use std::sync::LazyLock;

use base::ids::{AccountId, HallId, ItemId, OrgId, PartyId, StaffId, VersionId, WindowId};
use casework::{Actor, Grant, Role};
use catalog::import::bodies::{Bodies, Body};
use hall::{Hall, HallKind, Period, Window, WindowKind};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use people::regions::Region;
use people::{
    AccountKind, NewAccount, NewParty, NewStaff, Org, OrgKind, PartyKind, Proxy, ProxyItems,
    ProxyScope,
};
use serde_json::Value;
use server::Platform;
use store::Tx;

/// Everybody's password.
pub const PASSWORD: &str = "Yunchuan-2026-tongban";

/// 云川区市场监督管理局.
pub const MARKET: &str = "990102.market";
/// 云川区民政局.
pub const CIVIL: &str = "990102.civil";
/// The body that runs the hall.
pub const CENTRE: &str = "990102.centre";
/// 临江区市场监督管理局: the same function in another county.
pub const OTHER_MARKET: &str = "990103.market";

/// With a form of four pages, one material to hand in, a certificate as its result; eight working days.
pub const FOOD: &str = "食品经营许可新办";
/// Settled at once, no materials, two questions.
pub const CENTENARIAN: &str = "长寿补贴申领（百岁老人）";
/// Only at a window.
pub const MARRIAGE: &str = "结婚登记";
/// Only for enterprises and bodies.
pub const CARE_HOME: &str = "养老机构备案";

/// The catalogue that ships, of which the town publishes the items of its own bodies.
const CATALOGUE: &str = include_str!("../../data/items/demo_items.json");

/// Who lives and works here, and what can be applied for.
#[derive(Clone, Debug)]
pub struct Town {
    /// 990102.market and so on.
    pub orgs: Vec<(&'static str, OrgId)>,
    /// Login and staff record.
    pub staff: Vec<(&'static str, StaffId)>,
    /// Login, party.
    pub citizens: Vec<(&'static str, PartyId)>,
    /// The shop of `citizen1`, who may act for it.
    pub enterprise: PartyId,
    pub hall: HallId,
    pub window: WindowId,
    /// Name and id.
    pub items: Vec<(String, ItemId)>,
}

/// A citizen: login, name, identity number, phone.
pub const CITIZENS: [(&str, &str, &str, &str); 3] = [
    ("citizen1", "王小明", "990102199003070011", "19909900001"),
    ("citizen2", "李秀英", "990102198506121234", "19909900002"),
    ("citizen3", "张建国", "990102196301010064", "19909900003"),
];

/// Name and credit code of the enterprise of `citizen1`.
pub const ENTERPRISE: (&str, &str) = ("云川区王记小吃店", "92990102MA0000001A");

/// An identity number that is right and belongs to nobody in the town.
pub const STRANGER_ID: &str = "990102198808083456";
/// A bank card number that is right.
pub const BANK_CARD: &str = "6217009900000000014";

/// Login, name, office, grants (role, region, body).
type StaffRow = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(Role, &'static str, Option<&'static str>)],
);

const STAFF: &[StaffRow] = &[
    (
        "clerk1",
        "陈静",
        CENTRE,
        &[(Role::WindowClerk, "990102", None)],
    ),
    (
        "clerk2",
        "赵磊",
        CENTRE,
        &[(Role::WindowClerk, "990102", None)],
    ),
    (
        "approver1",
        "刘洋",
        MARKET,
        &[(Role::Approver, "990102", Some(MARKET))],
    ),
    (
        "approver2",
        "孙丽",
        MARKET,
        &[(Role::Approver, "990102", Some(MARKET))],
    ),
    (
        "approver_civil",
        "周敏",
        CIVIL,
        &[(Role::Approver, "990102", Some(CIVIL))],
    ),
    (
        "approver_other",
        "吴刚",
        OTHER_MARKET,
        &[(Role::Approver, "990103", Some(OTHER_MARKET))],
    ),
    (
        "supervisor1",
        "郑强",
        CENTRE,
        &[(Role::Supervisor, "990100", None)],
    ),
    (
        "admin1",
        "冯涛",
        CENTRE,
        &[(Role::Administrator, "990100", None)],
    ),
    (
        "integrator1",
        "审批业务系统",
        MARKET,
        &[(Role::Integrator, "990102", Some(MARKET))],
    ),
    (
        "editor1",
        "陈晨",
        CENTRE,
        &[(Role::CatalogEditor, "990100", None)],
    ),
    (
        "editor2",
        "林涛",
        CENTRE,
        &[(Role::CatalogEditor, "990100", None)],
    ),
    (
        "reviewer1",
        "何静",
        CENTRE,
        &[(Role::CatalogReviewer, "990100", None)],
    ),
];

impl Town {
    /// # Panics
    /// When there is no such body.
    pub fn org(&self, key: &str) -> OrgId {
        pick(&self.orgs, key)
    }

    /// # Panics
    /// When nobody has this login.
    pub fn staff(&self, login: &str) -> StaffId {
        pick(&self.staff, login)
    }

    /// # Panics
    /// When nobody has this login.
    pub fn citizen(&self, login: &str) -> PartyId {
        pick(&self.citizens, login)
    }

    /// # Panics
    /// When there is no item of this name.
    pub fn item(&self, name: &str) -> ItemId {
        match self.items.iter().find(|(known, _)| known == name) {
            Some((_, id)) => *id,
            None => panic!("the town has no item {name}"),
        }
    }
}

fn pick<T: Copy>(all: &[(&'static str, T)], key: &str) -> T {
    match all.iter().find(|(known, _)| *known == key) {
        Some((_, found)) => *found,
        None => panic!("the town has no {key}"),
    }
}

/// Answers to the form of [`FOOD`] that are right on the testkit's day.
pub fn food_answers() -> Value {
    serde_json::json!({
        "shop_name": "王记小吃",
        "shop_address": { "region": "990102001", "street": "滨江大道12号" },
        "shop_area": 46,
        "form": "restaurant",
        "scope": ["hot"],
        "online": "no",
        "manager_name": "王小明",
        "manager_id": CITIZENS[0].2,
        "practitioners": [{ "name": "王小明", "job": "cook", "health_until": "2027-03-01" }],
        "equipment": [{ "what": "消毒柜", "count": 1 }],
        "visit_date": "2026-06-01",
        "sign": { "name": CITIZENS[0].1, "confirmed": true },
    })
}

/// Answers to the form of [`CENTENARIAN`].
pub fn centenarian_answers() -> Value {
    serde_json::json!({ "elder_id": CITIZENS[2].2, "bank_card": BANK_CARD })
}

/// Builds the town on an empty platform.
///
/// # Panics
/// When something of it is refused.
pub async fn build(platform: &Platform) -> Town {
    let app = &platform.app;
    let now = app.now();
    let ids = Ids::draw(&app.ids, now);
    let (people, plan) = (app.people.clone(), ids.clone());
    app.db
        .write(move |tx| -> Result<(), people::Error> {
            regions(tx)?;
            orgs(tx, &plan)?;
            halls(tx, &plan)?;
            staff(tx, &people, &plan, now)?;
            citizens(tx, &people, &plan, now)
        })
        .await
        .expect("the town's people");
    let items = publish(platform, &ids).await;
    Town {
        orgs: ids.orgs,
        staff: STAFF
            .iter()
            .zip(&ids.staff)
            .map(|(row, (id, _))| (row.0, *id))
            .collect(),
        citizens: CITIZENS
            .iter()
            .zip(&ids.citizens)
            .map(|(row, (party, _))| (row.0, *party))
            .collect(),
        enterprise: ids.enterprise,
        hall: ids.hall,
        window: ids.window,
        items,
    }
}

/// Every id, drawn before the transaction, which may run more than once.
#[derive(Clone)]
struct Ids {
    orgs: Vec<(&'static str, OrgId)>,
    staff: Vec<(StaffId, AccountId)>,
    citizens: Vec<(PartyId, AccountId)>,
    enterprise: PartyId,
    proxy: base::ids::Uuid,
    hall: HallId,
    window: WindowId,
}

impl Ids {
    fn draw(source: &base::IdSource, now: Timestamp) -> Ids {
        Ids {
            orgs: [MARKET, CIVIL, CENTRE, OTHER_MARKET]
                .into_iter()
                .map(|key| (key, source.next(now)))
                .collect(),
            staff: STAFF
                .iter()
                .map(|_| (source.next(now), source.next(now)))
                .collect(),
            citizens: CITIZENS
                .iter()
                .map(|_| (source.next(now), source.next(now)))
                .collect(),
            enterprise: source.next(now),
            proxy: source.next_uuid(now),
            hall: source.next(now),
            window: source.next(now),
        }
    }
}

const FOUNDED: Date = date(2020, 1, 1);

fn regions(tx: &mut Tx<'_>) -> Result<(), people::Error> {
    for (code, name) in [
        ("990000", "云岭省"),
        ("990100", "云川市"),
        ("990102", "云川区"),
        ("990103", "临江区"),
        ("990102001", "滨江街道"),
    ] {
        let parsed = base::codes::RegionCode::parse(code).expect("a region code");
        people::regions::put(
            tx,
            &Region {
                code: code.to_owned(),
                name: name.to_owned(),
                level: parsed.level(),
                parent: None,
                valid_from: FOUNDED,
                valid_to: None,
                replaced_by: None,
            },
        )?;
    }
    Ok(())
}

fn orgs(tx: &mut Tx<'_>, ids: &Ids) -> Result<(), people::Error> {
    for (key, name, short_name, uscc, kind, region) in [
        (
            MARKET,
            "云川区市场监督管理局",
            "云川市监",
            Some("11990102MB0020212N"),
            OrgKind::Agency,
            "990102",
        ),
        (
            CIVIL,
            "云川区民政局",
            "云川民",
            Some("11990102MB0020060A"),
            OrgKind::Agency,
            "990102",
        ),
        (
            CENTRE,
            "云川区政务服务中心",
            "云川政务",
            None,
            OrgKind::Hall,
            "990102",
        ),
        (
            OTHER_MARKET,
            "临江区市场监督管理局",
            "临江市监",
            None,
            OrgKind::Agency,
            "990103",
        ),
    ] {
        let org = Org {
            id: pick(&ids.orgs, key),
            key: key.to_owned(),
            name: name.to_owned(),
            short_name: short_name.to_owned(),
            uscc: uscc.map(str::to_owned),
            kind,
            body: key.split_once('.').map_or("", |(_, body)| body).to_owned(),
            level: 4,
            region: region.to_owned(),
            parent: None,
            phone: Some("0990-86202101".to_owned()),
            valid_from: FOUNDED,
            valid_to: None,
        };
        people::orgs::create(tx, &org)?;
    }
    Ok(())
}

fn halls(tx: &mut Tx<'_>, ids: &Ids) -> Result<(), people::Error> {
    let hall = Hall {
        id: ids.hall,
        key: "river_hall".to_owned(),
        name: "云川区政务服务中心".to_owned(),
        kind: HallKind::Hall,
        tier: None,
        region: "990102".to_owned(),
        parent: None,
        address: "云川区滨江街道滨江大道66号".to_owned(),
        phone: "0990-85512345".to_owned(),
        hours: vec![Period {
            weekdays: vec![1, 2, 3, 4, 5],
            opens: 9 * 60,
            closes: 17 * 60,
        }],
        zones: vec!["咨询引导区".to_owned(), "窗口服务区".to_owned()],
        note: String::new(),
        valid_from: FOUNDED,
        valid_to: None,
    };
    hall::manage::create_hall(tx, &hall)?;
    let window = Window {
        id: ids.window,
        hall: ids.hall,
        number: "A01".to_owned(),
        name: "综合窗口".to_owned(),
        kind: WindowKind::Integrated,
        orgs: Vec::new(),
        closed_on: None,
    };
    hall::manage::create_window(tx, &window)
}

fn staff(
    tx: &mut Tx<'_>,
    people: &people::People,
    ids: &Ids,
    now: Timestamp,
) -> Result<(), people::Error> {
    for ((login, name, office, grants), (id, account)) in STAFF.iter().zip(&ids.staff) {
        let new = NewStaff {
            login: (*login).to_owned(),
            password_hash: password_hash().to_owned(),
            must_change: false,
            name: (*name).to_owned(),
            org: pick(&ids.orgs, office),
            title: String::new(),
            window: (*login == "clerk1").then_some(ids.window),
            grants: grants
                .iter()
                .map(|(role, region, body)| Grant {
                    role: *role,
                    region: (*region).to_owned(),
                    org: body.map(|key| pick(&ids.orgs, key)),
                })
                .collect(),
        };
        people.create_staff(tx, &new, *id, *account, now)?;
    }
    Ok(())
}

fn citizens(
    tx: &mut Tx<'_>,
    people: &people::People,
    ids: &Ids,
    now: Timestamp,
) -> Result<(), people::Error> {
    for ((login, name, id_number, phone), (party, account)) in CITIZENS.iter().zip(&ids.citizens) {
        let new = NewParty {
            kind: PartyKind::Person,
            name: (*name).to_owned(),
            id_number: (*id_number).to_owned(),
            phone: Some((*phone).to_owned()),
            address: Some("云川区滨江街道滨江大道12号3单元402".to_owned()),
            region: "990102".to_owned(),
            legal_representative: None,
        };
        people.register_party(tx, &new, *party, now)?;
        let new = NewAccount {
            login: (*login).to_owned(),
            password_hash: password_hash().to_owned(),
            kind: AccountKind::Person { party: *party },
            must_change: false,
        };
        people.create_account(tx, &new, *account, now)?;
    }
    let shop = NewParty {
        kind: PartyKind::Legal,
        name: ENTERPRISE.0.to_owned(),
        id_number: ENTERPRISE.1.to_owned(),
        phone: Some("0990-86000001".to_owned()),
        address: Some("云川区滨江街道滨江大道12号".to_owned()),
        region: "990102".to_owned(),
        legal_representative: Some(CITIZENS[0].1.to_owned()),
    };
    people.register_party(tx, &shop, ids.enterprise, now)?;
    people.authorise(
        tx,
        &Proxy {
            id: ids.proxy,
            principal: ids.enterprise,
            agent: ids.citizens[0].0,
            scope: ProxyScope {
                items: ProxyItems::All,
            },
            how: people::ProxyHow::default(),
            from: FOUNDED,
            to: None,
            created_at: now,
            revoked_at: None,
        },
    )
}

/// Publishes the items of the town's bodies through the same import an administrator uses.
async fn publish(platform: &Platform, ids: &Ids) -> Vec<(String, ItemId)> {
    let app = &platform.app;
    let all: Vec<Value> = serde_json::from_str(CATALOGUE).expect("the shipped catalogue is JSON");
    let own: Vec<Value> = all
        .into_iter()
        .filter(|entry| ids.orgs.iter().any(|(key, _)| entry["org"] == *key))
        .collect();
    let content = Value::from(own).to_string().into_bytes();
    let bodies = app.db.read(bodies).await.expect("the bodies");
    let parsed = catalog::import::read(&content, &bodies).expect("the file is read");
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let now = app.now();
    let pairs: Vec<(ItemId, VersionId)> = catalog::app::import::ids(&app.ids, now, &parsed);
    let items = parsed
        .good
        .iter()
        .zip(&pairs)
        .map(|(record, (id, _))| (record.item.name.clone(), *id))
        .collect();
    app.db
        .write(move |tx| {
            catalog::app::import::apply(tx, &parsed, &pairs, false, now, &Actor::System)
        })
        .await
        .expect("published");
    platform
        .catalog
        .refresh()
        .await
        .expect("the catalogue is read again");
    items
}

fn bodies(tx: &mut Tx<'_>) -> Result<Bodies, people::Error> {
    let mut bodies = Bodies::default();
    for org in people::orgs::list(tx, &people::orgs::OrgFilter::default(), None, 100)? {
        bodies.add(&Body {
            id: org.id,
            key: &org.key,
            name: &org.name,
            short_name: &org.short_name,
            uscc: org.uscc.as_deref().unwrap_or_default(),
            region: &org.region,
        });
    }
    Ok(bodies)
}

/// Hashing is slow on purpose: once for the whole run.
fn password_hash() -> &'static str {
    static HASH: LazyLock<String> =
        LazyLock::new(|| people::password::hash(PASSWORD, &base::crypto::Entropy::seeded(3)));
    &HASH
}
