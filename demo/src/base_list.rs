//! The base list of the city: what the shipped items have in common with their copies, and the matters of the
//! directory, each with a code, a law, materials and a flow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::codes::BaseCode;
use catalog::import::Parsed;
use catalog::model::{
    BaseItem, CaseType, LegalBasis, Limit, Material, Necessity, ResultDoc, ResultKind,
    SourceChannel, Step,
};

use crate::directory::{Audience, Kind, Matter};

/// A base item with what only the making of implementing items needs.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) item: BaseItem,
    /// `function` of the bodies that do it.
    pub(crate) function: String,
    pub(crate) kind: Kind,
}

/// The base items of the shipped items: one for each code, with the levels that exercise it.
///
/// The first record of a code is the shipped one; it says what everybody promises at least.
pub(crate) fn shipped(parsed: &Parsed) -> Vec<BaseItem> {
    let mut bases: BTreeMap<&str, (BaseItem, BTreeSet<u8>)> = BTreeMap::new();
    for record in &parsed.good {
        let item = &record.item;
        let (_, levels) = bases.entry(&item.base_code).or_insert_with(|| {
            let base = BaseItem {
                base_code: item.base_code.clone(),
                name: item.name.clone(),
                main_item_name: item.main_item_name.clone(),
                sub_item_name: item.sub_item_name.clone(),
                item_type: item.item_type.clone(),
                legal_basis: item.legal_basis.clone(),
                power_scope: item.power_scope.clone(),
                exercise_content: item.exercise_content.clone(),
                service_objects: item.service_objects.clone(),
                case_type: item.case_type,
                statutory_limit: item.statutory_limit.clone(),
                promised_limit: item.promised_limit.clone(),
                visit_count: Some(item.visit_count),
                accept_conditions: item.accept_conditions.clone(),
                steps: item.steps.clone(),
                materials: item.materials.clone(),
                special_procedures: item.special_procedures.clone(),
                quantity_limit: item.quantity_limit.clone(),
                fees: item.fees.clone(),
                intermediary_services: item.intermediary_services.clone(),
                result: item.result.clone(),
                handling_forms: item.handling_forms.clone(),
                themes_person: item.themes_person.clone(),
                themes_corp: item.themes_corp.clone(),
                commitment: item.commitment.clone(),
                licence_list_no: licence_number(&item.item_type, &item.base_code),
                source: item.source.clone(),
                ..BaseItem::default()
            };
            (base, BTreeSet::new())
        });
        levels.insert(item.exercise_level);
    }
    bases
        .into_values()
        .map(|(base, levels)| BaseItem {
            exercise_levels: levels.into_iter().collect(),
            ..base
        })
        .collect()
}

/// The base items of the directory. `departments` are the functions in the order of their code; `taken` are names that
/// shipped items have already.
pub(crate) fn of_directory(
    matters: &[Matter],
    departments: &[&str],
    taken: &BTreeSet<&str>,
) -> anyhow::Result<Vec<Base>> {
    let matters: Vec<&Matter> = matters
        .iter()
        .filter(|matter| !taken.contains(matter.name.as_str()))
        .collect();
    let mut siblings: HashMap<(&str, &str, &str), u32> = HashMap::new();
    for matter in &matters {
        *siblings.entry(family(matter)).or_default() += 1;
    }
    let mut mains: HashMap<(&str, &str), u32> = HashMap::new();
    let mut families: HashMap<(&str, &str, &str), (u32, u32)> = HashMap::new();
    let mut bases = Vec::with_capacity(matters.len());
    for matter in matters {
        let department = departments
            .iter()
            .position(|function| *function == matter.function);
        let department = department
            .ok_or_else(|| anyhow::anyhow!("no department does {}", matter.function))?
            + 1;
        let (main, sub) = families.entry(family(matter)).or_insert_with(|| {
            let last = mains
                .entry((&matter.item_type, &matter.function))
                // Shipped items have the numbers below.
                .or_insert(FIRST_MAIN - 1);
            *last += 1;
            (*last, 0)
        });
        let alone = siblings[&family(matter)] == 1;
        *sub += u32::from(!alone);
        let code = format!("99{}{department:02}{main:03}{sub:03}", matter.item_type);
        let code = BaseCode::parse(&code)?.to_string();
        bases.push(base_of(matter, code, alone));
    }
    Ok(bases)
}

/// 主项 of the first matter of the directory in each department.
const FIRST_MAIN: u32 = 101;

/// Type, department and main item: what shares a code up to the main item.
fn family(matter: &Matter) -> (&str, &str, &str) {
    (&matter.item_type, &matter.function, &matter.main_name)
}

/// 行政许可事项清单: a licence is in it under its main item.
fn licence_number(item_type: &str, base_code: &str) -> String {
    match (item_type, base_code.get(2..9)) {
        ("01", Some(main)) => format!("清{main}"),
        _ => String::new(),
    }
}

fn base_of(matter: &Matter, base_code: String, alone: bool) -> Base {
    let promised = promised(matter);
    let instant = promised.n == 0;
    let person = matter.audience == Audience::Person;
    let theme = theme(&matter.function, matter.audience).to_owned();
    let item = BaseItem {
        licence_list_no: licence_number(&matter.item_type, &base_code),
        base_code,
        name: matter.name.clone(),
        main_item_name: matter.main_name.clone(),
        sub_item_name: if alone {
            matter.main_name.clone()
        } else {
            matter.name.clone()
        },
        item_type: matter.item_type.clone(),
        legal_basis: basis(matter),
        power_scope: "市、县（区）级主管部门按照管理权限实施".to_owned(),
        exercise_content: matter.name.clone(),
        service_objects: if person { vec![1] } else { vec![2, 4] },
        case_type: if instant {
            CaseType::Instant
        } else {
            CaseType::Promised
        },
        steps: steps(promised.n, &result(matter).name),
        statutory_limit: matter.limit.clone(),
        promised_limit: Some(promised),
        visit_count: Some(u8::from(!instant)),
        accept_conditions: conditions(matter),
        materials: materials(matter),
        quantity_limit: "无数量限制".to_owned(),
        result: result(matter),
        handling_forms: vec![1, 2],
        themes_person: if person {
            vec![theme.clone()]
        } else {
            Vec::new()
        },
        themes_corp: if person { Vec::new() } else { vec![theme] },
        source: "demo：事项名称取自公开的区级事项目录".to_owned(),
        ..BaseItem::default()
    };
    Base {
        item,
        function: matter.function.clone(),
        kind: matter.kind,
    }
}

fn basis(matter: &Matter) -> Vec<LegalBasis> {
    let mut all = vec![LegalBasis {
        law: matter.law.clone(),
        article: matter.article.clone(),
        ..LegalBasis::default()
    }];
    if matter.kind == Kind::Licence && matter.law != "《行政许可法》" {
        all.push(LegalBasis {
            law: "《行政许可法》".to_owned(),
            article: "第四十二条".to_owned(),
            ..LegalBasis::default()
        });
    }
    all
}

/// Two thirds of what the law allows; where it sets nothing, what such matters take.
fn promised(matter: &Matter) -> Limit {
    let (n, unit) = match (&matter.limit, matter.kind) {
        (Some(limit), _) => ((limit.n * 2 / 3).max(1), limit.unit),
        (None, Kind::Consult | Kind::Query | Kind::Cancel | Kind::Reissue) => {
            (0, calendar::Unit::WorkingDay)
        }
        (None, Kind::Filing) => (3, calendar::Unit::WorkingDay),
        (None, Kind::Benefit | Kind::Confirm) => (10, calendar::Unit::WorkingDay),
        (None, _) => (5, calendar::Unit::WorkingDay),
    };
    Limit {
        n,
        unit,
        note: String::new(),
    }
}

/// 受理, 审查, 决定, 送达, whose days are the promised ones.
pub(crate) fn steps(days: u32, result: &str) -> Vec<Step> {
    let accept = u32::from(days > 2);
    let decide = u32::from(days > 1);
    let step = |name: &str, role: &str, days: u32, output: &str| Step {
        name: name.to_owned(),
        role: role.to_owned(),
        days: Some(days),
        output: output.to_owned(),
    };
    vec![
        step("受理", "窗口工作人员", accept, "受理通知书"),
        step("审查", "审批员", days - accept - decide, "审查意见"),
        step("决定", "审批员", decide, "办理决定"),
        step("送达", "窗口工作人员", 0, result),
    ]
}

fn conditions(matter: &Matter) -> Vec<String> {
    let who = match matter.audience {
        Audience::Person => "申请人具有完全民事行为能力，或者由监护人代为申请",
        Audience::Company => "申请单位依法登记，且未被吊销、注销",
    };
    let what = match matter.kind {
        Kind::Consult | Kind::Query => return Vec::new(),
        Kind::Cancel | Kind::Reissue | Kind::Renew | Kind::Change => "原证件或者原登记在有效期内",
        Kind::Filing => "备案内容真实、完整",
        Kind::Benefit => "符合规定的对象和标准",
        Kind::Licence => "具备法律、法规规定的场所、人员和管理制度",
        Kind::Confirm => "符合规定的认定标准",
        Kind::Service => "申请事项属于本部门职责",
    };
    vec![who.to_owned(), what.to_owned()]
}

fn result(matter: &Matter) -> ResultDoc {
    let (name, kind) = match matter.kind {
        Kind::Consult => ("咨询答复", ResultKind::None),
        Kind::Query => ("查询结果", ResultKind::Letter),
        Kind::Filing => ("备案回执", ResultKind::Letter),
        Kind::Benefit => ("给付决定书", ResultKind::Letter),
        Kind::Confirm => ("认定（确认）书", ResultKind::Letter),
        Kind::Service => ("办理结果告知书", ResultKind::Letter),
        Kind::Cancel => ("准予注销决定书", ResultKind::Approval),
        Kind::Reissue => ("补发的证件", ResultKind::Approval),
        Kind::Renew => ("准予延续决定书", ResultKind::Approval),
        Kind::Change => ("准予变更决定书", ResultKind::Approval),
        Kind::Licence => ("准予行政许可决定书", ResultKind::Approval),
    };
    ResultDoc {
        name: name.to_owned(),
        kind,
        ..ResultDoc::default()
    }
}

fn materials(matter: &Matter) -> Vec<Material> {
    let mut all = Vec::new();
    match matter.kind {
        Kind::Consult => return all,
        Kind::Query => {}
        Kind::Filing => all.push(own("application", "备案表", "填写完整，签字或者盖章")),
        _ => all.push(own("application", "申请表", "填写完整，签字或者盖章")),
    }
    all.push(match matter.audience {
        Audience::Person => shared("idcard", "居民身份证", "公安机关", "电子身份证"),
        Audience::Company => shared("licence", "营业执照", "市场监督管理部门", "电子营业执照"),
    });
    match matter.kind {
        Kind::Consult | Kind::Query | Kind::Service => {}
        Kind::Cancel => all.push(own("original", "原证件", "与登记一致")),
        Kind::Reissue => all.push(Material {
            commitment_replaceable: true,
            ..own("loss", "遗失说明", "写明遗失的时间和证件号码")
        }),
        Kind::Renew => {
            all.push(own("original", "原证件", "在有效期内"));
            all.push(own("statement", "有效期内情况说明", "与实际相符"));
        }
        Kind::Change => {
            all.push(own("original", "原证件", "在有效期内"));
            all.push(own("change", "变更事项的证明文件", "与变更内容一致"));
        }
        Kind::Filing => all.push(own("content", "备案内容说明", "逐项写明，附示意图或者清单")),
        Kind::Benefit => {
            all.push(own("account", "本人银行账户", "户名与申请人一致"));
            all.push(situational("proxy", "授权委托书", "由他人代办的"));
        }
        Kind::Licence => {
            all.push(own(
                "premises",
                "场所使用证明",
                "地址与申请一致，在使用期限内",
            ));
            all.push(own("staff", "从业人员资格证明", "在有效期内"));
            all.push(own("rules", "管理制度文本", "覆盖安全、质量和应急"));
            all.push(situational("proxy", "授权委托书", "由他人代办的"));
        }
        Kind::Confirm => all.push(own("proof", "符合认定标准的证明文件", "与申请内容一致")),
    }
    catalog::library::shipped_library().assign(&mut all);
    all
}

fn own(key: &str, name: &str, standard: &str) -> Material {
    Material {
        key: key.to_owned(),
        name: name.to_owned(),
        original_count: 1,
        form: "纸质或电子".to_owned(),
        accept_standard: standard.to_owned(),
        core: key == "application",
        ..Material::default()
    }
}

fn shared(key: &str, name: &str, agency: &str, via: &str) -> Material {
    Material {
        form: "电子".to_owned(),
        original_count: 0,
        source_channel: SourceChannel::Government,
        source_agency: agency.to_owned(),
        fill_notes: "系统核验，无需上传；窗口办理出示原件。".to_owned(),
        shared_via: via.to_owned(),
        ..own(key, name, "在有效期内，与申请人一致")
    }
}

fn situational(key: &str, name: &str, when: &str) -> Material {
    Material {
        necessity: Necessity::Situational,
        condition: when.to_owned(),
        ..own(key, name, "写明委托事项和期限，双方签字")
    }
}

/// The theme people or enterprises look under.
fn theme(function: &str, audience: Audience) -> &'static str {
    let (person, company) = match function {
        "education" => ("教育科研", "文体教育"),
        "police" => ("证件办理", "公安消防"),
        "civil" => ("优待抚恤", "设立变更"),
        "veterans" => ("优待抚恤", "其他"),
        "labour" => ("社会保障", "人力资源"),
        "medical_insurance" | "disabled" => ("社会保障", "社会保障"),
        "land" => ("规划建设", "国土和规划建设"),
        "construction" => ("规划建设", "建设管理"),
        "transport" => ("交通出行", "交通运输"),
        "health" => ("医疗卫生", "医疗卫生"),
        "market" | "approval_bureau" | "commerce" | "tobacco" => ("准营准办", "准营准办"),
        "agriculture" => ("职业资格", "农林牧渔"),
        "culture" | "press" => ("文化体育", "新闻广电"),
        "water" => ("公用事业", "水利水务"),
        "environment" => ("环保绿化", "环保绿化"),
        "tax" => ("其他", "财务税务"),
        "justice" => ("司法公证", "司法公证"),
        "religion" => ("其他", "民族宗教"),
        "emergency" | "fire" => ("公共安全", "安全生产"),
        "city_management" => ("公用事业", "城市综合执法"),
        "housing_fund" => ("住房保障", "社会保障"),
        _ => ("其他", "投资审批"),
    };
    match audience {
        Audience::Person => person,
        Audience::Company => company,
    }
}
