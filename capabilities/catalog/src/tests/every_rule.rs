//! Every rule once kept and once broken, through the editors' desk and through the API: the ten checks, what a body
//! may change of a claimed item, and the rules of uniformity.

use axum::http::StatusCode;
use casework::Role;
use serde_json::{Value, json};

use super::checking;
use super::desk::{Colleague, food, hire, item};
use super::world::Served;
use crate::model::{BaseItem, CaseType, Fee, Material, Necessity, Step};
use crate::uniform;

/// A draft as a program and as a person see it.
struct Draft {
    editor: Colleague,
    id: String,
}

impl Draft {
    fn path(&self) -> String {
        format!("/api/v1/catalog/drafts/{}", self.id)
    }

    fn page(&self) -> String {
        format!("/admin/catalog/drafts/{}", self.id)
    }

    async fn content(&self, city: &Served) -> Value {
        self.editor.ask(city, &self.path()).await.json()["item"].clone()
    }

    async fn revision(&self, city: &Served) -> i64 {
        let told = self.editor.ask(city, &self.path()).await.json();
        told["revision"].as_i64().expect("a number")
    }

    async fn save(&self, city: &Served, content: &Value) {
        let seen = self.revision(city).await;
        let body = json!({ "seen": seen, "item": content });
        let saved = self.editor.call(city, &self.path(), &body).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    }

    /// Hands it in both ways; both refuse it and say why.
    async fn is_refused(&self, city: &Served, rule: &str, content: &Value, says: &str) {
        self.save(city, content).await;
        let revision = self.revision(city).await;
        let submit = format!("{}/submit", self.path());
        let told = self
            .editor
            .call(city, &submit, &json!({ "revision": revision }))
            .await;
        assert_eq!(
            told.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{rule}: {}",
            told.text()
        );
        assert!(told.text().contains(says), "{rule}: {}", told.text());
        let submit = format!("{}/submit", self.page());
        let revision = revision.to_string();
        let shown = self
            .editor
            .send(city, &self.page(), &submit, &[("revision", &revision)])
            .await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{rule}");
        assert!(shown.text().contains(says), "{rule}: {}", shown.text());
    }

    /// Hands it in at the desk, where it passes, and takes it back through the API.
    async fn passes(&self, city: &Served, content: &Value) {
        self.save(city, content).await;
        let revision = self.revision(city).await.to_string();
        let submit = format!("{}/submit", self.page());
        let handed = self
            .editor
            .send(city, &self.page(), &submit, &[("revision", &revision)])
            .await;
        assert_eq!(handed.status, StatusCode::SEE_OTHER, "{}", handed.text());
        let revision = self.revision(city).await;
        let back = format!("{}/return", self.path());
        let taken = self
            .editor
            .call(city, &back, &json!({ "revision": revision }))
            .await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    }
}

async fn begun(city: &Served, body: &Value) -> Draft {
    let editor = hire(city, "editor1", "陈静", Role::CatalogEditor).await;
    let begun = editor.call(city, "/api/v1/catalog/drafts", body).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text());
    let id = begun.json()["draft_id"].as_str().expect("an id").to_owned();
    Draft { editor, id }
}

fn days(n: u32) -> Value {
    json!({ "n": n, "unit": "working_day", "note": "" })
}

/// C1–C10 of the item standard.
async fn each_check_refuses_at_the_desk_and_by_api(city: Served) {
    let item_id = item(&city, "食品经营许可新办");
    let draft = begun(&city, &json!({ "item_id": item_id })).await;
    let sound = draft.content(&city).await;
    for (rule, member, value, says) in [
        ("c1", "promised_limit", days(21), "承诺办结时限"),
        ("c2", "case_type", json!("instant"), "即办件"),
        ("c3", "delivery", json!(["window"]), "到办事现场次数"),
        ("c4", "online_depth", json!(["收件"]), "网上办理深度"),
        ("c5", "fees", json!([{ "name": "工本费" }]), "依据"),
        ("c6", "accept_conditions", json!(["其他有关条件"]), "其他"),
        (
            "c7",
            "materials",
            json!([{ "key": "a", "name": "营业执照", "core": true, "deficient_ok": true }]),
            "主要材料",
        ),
        (
            "c8",
            "commitment",
            json!({ "mode": "licence", "concerns": ["公共安全"] }),
            "公共安全",
        ),
        ("c9", "legal_basis", json!([]), "设定依据"),
        ("c10", "base_code", json!("990121001002"), "基本编码"),
    ] {
        let mut broken = sound.clone();
        broken[member] = value;
        draft.is_refused(&city, rule, &broken, says).await;
        // Put right again it passes, so that nothing else was wrong with it.
        draft.passes(&city, &sound).await;
    }
    let code = sound["impl_code"].as_str().expect("a code").to_owned();
    let mut other = sound.clone();
    other["impl_code"] = json!(format!("11440300MB2C94128A{}", &code[18..]));
    draft
        .is_refused(&city, "c10", &other, "统一社会信用代码")
        .await;
}

/// 清单之外，一律不得违法实施行政许可 (《优化营商环境条例》第四十条).
async fn no_licence_outside_the_list_and_no_power_without_local_law(city: Served) {
    let sound = json!({
        "name": "小作坊核准", "item_type": "07", "exercise_level": 4, "handling_forms": [1],
        "visit_count": 1, "visit_reason": "要核验原件",
        "legal_basis": [{ "law": "《某市条例》", "article": "第二条", "level": "地方性法规" }]
    });
    let draft = begun(&city, &json!({ "org": "990102.civil", "item": sound })).await;
    let sound = draft.content(&city).await;
    draft.passes(&city, &sound).await;
    let mut licence = sound.clone();
    licence["item_type"] = json!("01");
    draft
        .is_refused(&city, "licence.unlisted", &licence, "行政许可事项清单")
        .await;
    let mut without = sound.clone();
    without["legal_basis"][0]["level"] = json!("其他");
    draft
        .is_refused(&city, "local.basis", &without, "地方性法规")
        .await;
    draft.passes(&city, &sound).await;
}

/// A base item on which every ownership rule can be broken.
fn whole() -> BaseItem {
    BaseItem {
        accept_conditions: vec!["有固定的经营场所".into()],
        materials: vec![
            Material {
                key: "idcard".into(),
                name: "居民身份证".into(),
                original_count: 1,
                core: true,
                ..Material::default()
            },
            Material {
                key: "plan".into(),
                name: "布局图".into(),
                necessity: Necessity::Optional,
                ..Material::default()
            },
        ],
        steps: vec![
            Step {
                name: "受理".into(),
                ..Step::default()
            },
            Step {
                name: "决定".into(),
                ..Step::default()
            },
        ],
        fees: vec![Fee {
            name: "工本费".into(),
            standard: "10元".into(),
            basis: "《收费目录》".into(),
            ..Fee::default()
        }],
        case_type: CaseType::Promised,
        ..food()
    }
}

/// B fields are fixed, N fields may only become better for the applicant, L fields are the body's own.
async fn each_ownership_rule_refuses_at_the_desk_and_by_api(city: Served) {
    let keeper = Colleague {
        cookie: city.admin.clone(),
        token: city.admin_token.clone(),
    };
    let told = keeper
        .call(&city, "/api/v1/base-items", &json!({ "item": whole() }))
        .await;
    assert_eq!(told.json()["version"], 1, "{}", told.text());
    let claim = json!({ "base_code": "990121009001", "org": "990102.civil" });
    let draft = begun(&city, &claim).await;
    let mut sound = draft.content(&city).await;
    sound["visit_reason"] = json!("要核验原件");
    draft.passes(&city, &sound).await;
    let material = |at: usize, change: Value| {
        let mut materials = sound["materials"].clone();
        for (member, value) in change.as_object().expect("members") {
            materials[at][member] = value.clone();
        }
        materials
    };
    let mut more = sound["materials"].clone();
    let extra = json!({ "key": "extra", "name": "介绍信" });
    more.as_array_mut().expect("a list").push(extra);
    let steps = json!([{ "name": "受理" }, { "name": "专家评审" }, { "name": "决定" }]);
    let basis = |law: &str| {
        let mut all = sound["legal_basis"].clone();
        let own = json!({ "law": law, "article": "第一条", "level": "法律" });
        all.as_array_mut().expect("a list").push(own);
        all
    };
    let fixed = "由基本目录统一规定";
    for (rule, member, value, says) in [
        ("b.name", "name", json!("小餐馆登记"), fixed),
        ("b.main_item_name", "main_item_name", json!("登记"), fixed),
        ("b.sub_item_name", "sub_item_name", json!("登记"), fixed),
        ("b.base_code", "base_code", json!("990121009002"), "编码"),
        ("b.item_type", "item_type", json!("07"), fixed),
        ("b.power_scope", "power_scope", json!("全部"), fixed),
        ("b.service_objects", "service_objects", json!([1]), fixed),
        ("b.statutory_limit", "statutory_limit", days(19), fixed),
        ("b.quantity_limit", "quantity_limit", json!("10家"), fixed),
        ("b.result", "result", json!({ "name": "登记卡" }), fixed),
        (
            "b.intermediary_services",
            "intermediary_services",
            json!([{ "name": "检测", "legal_basis": "某办法" }]),
            fixed,
        ),
        (
            "b.commitment",
            "commitment",
            json!({ "mode": "proof" }),
            fixed,
        ),
        ("b.exercise_level", "exercise_level", json!(5), "只允许"),
        (
            "b.special_procedures",
            "special_procedures",
            json!([{ "kind": "听证", "legal_basis": "某法", "days": 5 }]),
            "特别程序",
        ),
        (
            "b.fees",
            "fees",
            json!([{ "name": "服务费", "standard": "5元", "basis": "某通知" }]),
            "不在基本目录内",
        ),
        (
            "b.legal_basis.removed",
            "legal_basis",
            json!([]),
            "设定依据",
        ),
        (
            "b.legal_basis.added",
            "legal_basis",
            basis("《某法》"),
            "不在基本目录内",
        ),
        (
            "b.accept_conditions.removed",
            "accept_conditions",
            json!([]),
            "不能删去",
        ),
        (
            "n.accept_conditions.added",
            "accept_conditions",
            json!(["有固定的经营场所", "雇用三人"]),
            "不能增设",
        ),
        ("n.promised_limit", "promised_limit", days(11), "只能缩短"),
        ("n.visit_count", "visit_count", json!(2), "只能减少"),
        ("n.materials.added", "materials", more, "介绍信"),
        (
            "n.materials.necessity",
            "materials",
            material(1, json!({ "necessity": "required" })),
            "不能改得更严",
        ),
        (
            "n.materials.count",
            "materials",
            material(0, json!({ "copy_count": 2 })),
            "份数",
        ),
        (
            "n.materials.core",
            "materials",
            material(0, json!({ "deficient_ok": true })),
            "主要材料",
        ),
        ("n.steps", "steps", steps, "不能增设"),
        ("n.handling_forms", "handling_forms", json!([9]), "不能取消"),
    ] {
        let mut broken = sound.clone();
        broken[member] = value;
        draft.is_refused(&city, rule, &broken, says).await;
    }
    // What is better for the applicant, or the body's own, passes.
    for (member, value) in [
        ("promised_limit", days(3)),
        (
            "accept_conditions",
            json!(["有固定的经营场所，面积不小于6平方米"]),
        ),
        ("materials", json!([sound["materials"][0]])),
        ("steps", json!([{ "name": "受理" }])),
        ("fees", json!([])),
        ("handling_forms", json!([1, 2])),
        ("consult_phone", json!("0990-12345")),
        (
            "places",
            json!([{ "hall": "区政务大厅", "address": "和平路1号", "hours": "9:00—17:00" }]),
        ),
        (
            "faq",
            json!([{ "question": "要预约吗？", "answer": "不用" }]),
        ),
    ] {
        let mut better = sound.clone();
        better[member] = value;
        draft.passes(&city, &better).await;
    }
}

/// An instant case stays instant.
async fn an_instant_item_may_not_be_made_slower(city: Served) {
    let keeper = Colleague {
        cookie: city.admin.clone(),
        token: city.admin_token.clone(),
    };
    let instant = BaseItem {
        case_type: CaseType::Instant,
        promised_limit: Some(crate::model::Limit {
            n: 1,
            unit: calendar::Unit::WorkingDay,
            note: String::new(),
        }),
        ..food()
    };
    let told = keeper
        .call(&city, "/api/v1/base-items", &json!({ "item": instant }))
        .await;
    assert_eq!(told.json()["version"], 1, "{}", told.text());
    let claim = json!({ "base_code": "990121009001", "org": "990102.civil" });
    let draft = begun(&city, &claim).await;
    let mut sound = draft.content(&city).await;
    sound["visit_reason"] = json!("要核验原件");
    draft.passes(&city, &sound).await;
    let mut slower = sound.clone();
    slower["case_type"] = json!("promised");
    draft
        .is_refused(&city, "n.case_type", &slower, "不能改为承诺件")
        .await;
}

/// 四级四同, 五级十二同, 八统一, 全城通办四统一: equal items have no finding, one that differs in an element of the rule has.
async fn each_rule_of_uniformity_finds_what_differs(city: Served) {
    let first = checking::item("11990102MB0020212N4", 8);
    let second = checking::item("11440300MB2D072246", 8);
    checking::publish(&city.world, "990102.market", first).await;
    let other = checking::publish(&city.world, "city.market", second.clone()).await;
    let here = "/api/v1/catalog/bodies/city.market/checks";
    let page = "/admin/catalog/checks/body?org=city.market";
    let admin = Colleague {
        cookie: city.admin.clone(),
        token: city.admin_token.clone(),
    };
    let of = |told: &Value, rule: &str, element: &str| {
        let findings = told["findings"].as_array().expect("a list").iter();
        findings
            .filter(|one| one["item_id"] == other.to_string())
            .any(|one| one["rule"] == rule && one["field"] == element)
    };
    let rules = uniform::shipped();
    assert_eq!(rules.len(), 4);
    city.catalog.refresh().await.expect("reads");
    let told = admin.ask(&city, here).await.json();
    for rule in &rules {
        for element in &rule.fields {
            assert!(!of(&told, &rule.key, element), "{}: {told}", rule.key);
        }
    }
    for (rule, element, label) in [
        ("four_levels", "item_type", "事项类型"),
        ("five_levels", "statutory_limit", "法定办结时限"),
        ("eight_unified", "steps", "办理流程"),
        ("city_wide", "materials", "申请材料"),
    ] {
        let mut differing = second.clone();
        match element {
            "item_type" => differing.item_type = "07".into(),
            "statutory_limit" => differing.statutory_limit = food().statutory_limit,
            "steps" => {
                differing.steps.push(Step {
                    name: "现场核查".into(),
                    ..Step::default()
                });
            }
            _ => differing.materials.push(Material {
                key: "extra".into(),
                name: "介绍信".into(),
                ..Material::default()
            }),
        }
        checking::publish(&city.world, "city.market", differing).await;
        city.catalog.refresh().await.expect("reads");
        let told = admin.ask(&city, here).await.json();
        assert!(of(&told, rule, element), "{rule}: {told}");
        let shown = admin.get(&city, page).await;
        let name = &rules
            .iter()
            .find(|known| known.key == rule)
            .expect("shipped")
            .name;
        assert!(
            shown.text().contains(name.as_str()) && shown.text().contains(label),
            "{rule}"
        );
        checking::publish(&city.world, "city.market", second.clone()).await;
    }
}

crate::tests::world::on_both!(doors:
    each_check_refuses_at_the_desk_and_by_api,
    no_licence_outside_the_list_and_no_power_without_local_law,
    each_ownership_rule_refuses_at_the_desk_and_by_api,
    an_instant_item_may_not_be_made_slower,
    each_rule_of_uniformity_finds_what_differs,
);
