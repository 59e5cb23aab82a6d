//! The columns of how an item is served beyond its guide: the elements of [`crate::model::service`], codes of the base
//! list, questions, validity.

use super::cells::{entries_in, entries_out, json, json_out, limit, whole, words_of, yes, yes_out};
use super::table::{Column, line_column, list_column, text_column};
use crate::model::{
    CommitmentMode, HandlingItem, InstantMode, IntermediaryService, PowerSource, Situation,
    SpecialProcedure, WindowMode,
};
use crate::words;

/// 权力来源.
pub(crate) const POWER_SOURCES: &[(PowerSource, &str)] = &[
    (PowerSource::Statutory, "法定本级行使"),
    (PowerSource::Delegated, "上级下放"),
    (PowerSource::Authorised, "上级授权"),
    (PowerSource::PeerAuthorised, "同级授权"),
    (PowerSource::Entrusted, "上级委托"),
    (PowerSource::PeerEntrusted, "同级委托"),
];

/// 实施主体性质.
const BODY_NATURES: &[(u8, &str)] = &[
    (1, "法定机关"),
    (2, "授权组织"),
    (3, "受委托组织"),
    (9, "其他"),
];

/// 一窗受理.
const WINDOW_MODES: &[(WindowMode, &str)] = &[
    (WindowMode::Integrated, "综合窗"),
    (WindowMode::Dedicated, "专窗"),
    (WindowMode::BackOffice, "后台审批"),
];

/// 告知承诺.
const COMMITMENT_MODES: &[(CommitmentMode, &str)] = &[
    (CommitmentMode::Proof, "证明事项"),
    (CommitmentMode::Licence, "涉企经营许可"),
];

/// 秒批与智能审批.
const INSTANT_MODES: &[(InstantMode, &str)] = &[
    (InstantMode::StaffInstant, "人工秒批"),
    (InstantMode::Auto, "智能审批"),
];

macro_rules! yes_column {
    ($header:literal, $($field:ident).+) => {
        Column {
            header: $header,
            note: "是或否，不填按否",
            write: |item| yes_out(item.$($field).+).to_owned(),
            read: |cell, item| {
                item.$($field).+ = yes(cell, $header)?;
                Ok(())
            },
        }
    };
}

macro_rules! word_column {
    ($header:literal, $note:literal, $table:expr, $($field:ident).+) => {
        Column {
            header: $header,
            note: $note,
            write: |item| words::word_of($table, &item.$($field).+).unwrap_or_default().to_owned(),
            read: |cell, item| {
                item.$($field).+ = words::code_of($table, cell)
                    .ok_or_else(|| format!("不认识的{}“{cell}”，请填{}", $header, $note))?;
                Ok(())
            },
        }
    };
}

macro_rules! day_column {
    ($header:literal, $note:literal, $($field:ident).+) => {
        Column {
            header: $header,
            note: $note,
            write: |item| item.$($field).+.map_or_else(String::new, |day| day.to_string()),
            read: |cell, item| {
                let day = cell
                    .parse()
                    .map_err(|_| format!("{}“{cell}”请写成2026-05-01这样的日期", $header))?;
                item.$($field).+ = Some(day);
                Ok(())
            },
        }
    };
}

/// After the columns every list has.
pub(super) const SERVICE_COLUMNS: &[Column] = &[
    line_column!("主项名称", "", main_item_name),
    line_column!("子项名称", "", sub_item_name),
    Column {
        header: "基本目录版本",
        note: "整数，认领的是基本目录的第几版；没有认领的留空",
        write: |item| {
            item.base_version
                .map_or_else(String::new, |n| n.to_string())
        },
        read: |cell, item| {
            item.base_version = Some(whole(cell, "基本目录版本")?);
            Ok(())
        },
    },
    text_column!("权限划分", "", power_scope),
    text_column!("行使内容", "", exercise_content),
    word_column!(
        "权力来源",
        "法定本级行使、上级下放、上级授权、同级授权、上级委托或同级委托",
        POWER_SOURCES,
        power_source
    ),
    line_column!("委托部门", "委托行使的，写委托的部门", delegated_dept),
    Column {
        header: "实施主体性质",
        note: "法定机关、授权组织、受委托组织或其他",
        write: |item| {
            item.body_nature
                .as_ref()
                .and_then(|code| words::word_of(BODY_NATURES, code))
                .unwrap_or_default()
                .to_owned()
        },
        read: |cell, item| {
            let code = words::code_of(BODY_NATURES, cell).ok_or_else(|| {
                format!("不认识的实施主体性质“{cell}”，请填法定机关、授权组织、受委托组织或其他")
            })?;
            item.body_nature = Some(code);
            Ok(())
        },
    },
    list_column!("联办机构", "每行一个", joint_bodies),
    Column {
        header: "特别程序",
        note: "每行一项：种类|依据|工作日数|是否计入时限（是或否）",
        write: |item| {
            entries_out(&item.special_procedures, |one| {
                vec![
                    one.kind.clone(),
                    one.legal_basis.clone(),
                    one.days.map_or_else(String::new, |days| days.to_string()),
                    yes_out(one.counted).to_owned(),
                ]
            })
        },
        read: |cell, item| {
            item.special_procedures = entries_in(cell, 4, "特别程序", |parts| {
                Ok(SpecialProcedure {
                    kind: parts[0].clone(),
                    legal_basis: parts[1].clone(),
                    days: optional(&parts[2], "特别程序的天数")?,
                    counted: !parts[3].is_empty() && yes(&parts[3], "是否计入时限")?,
                })
            })?;
            Ok(())
        },
    },
    list_column!(
        "通办形式",
        "每行一个，例如全程网办、异地代收代办",
        cross_region_mode
    ),
    line_column!("网办地址", "", online_url),
    line_column!("移动端网办地址", "", mobile_url),
    yes_column!("支持预约办理", support.booking),
    yes_column!("支持网上支付", support.pay),
    yes_column!("支持物流快递", support.post),
    yes_column!("支持终端办理", support.terminal),
    yes_column!("进驻政务大厅", in_hall),
    word_column!(
        "一窗受理",
        "综合窗、专窗或后台审批",
        WINDOW_MODES,
        accept_window_mode
    ),
    Column {
        header: "中介服务",
        note: "每行一项：名称|依据",
        write: |item| {
            entries_out(&item.intermediary_services, |one| {
                vec![one.name.clone(), one.legal_basis.clone()]
            })
        },
        read: |cell, item| {
            item.intermediary_services = entries_in(cell, 2, "中介服务", |parts| {
                Ok(IntermediaryService {
                    name: parts[0].clone(),
                    legal_basis: parts[1].clone(),
                })
            })?;
            Ok(())
        },
    },
    word_column!(
        "告知承诺",
        "证明事项或涉企经营许可",
        COMMITMENT_MODES,
        commitment.mode
    ),
    Column {
        header: "承诺直接涉及",
        note: "每行一个，例如公共安全",
        write: |item| item.commitment.concerns.join("\n"),
        read: |cell, item| {
            item.commitment.concerns = words_of(cell);
            Ok(())
        },
    },
    text_column!("仍适用告知承诺的理由", "", commitment.override_reason),
    yes_column!("容缺受理", allow_deficient),
    word_column!(
        "秒批与智能审批",
        "人工秒批或智能审批",
        INSTANT_MODES,
        instant_mode
    ),
    Column {
        header: "业务办理项",
        note: "每行一项：后缀|名称|承诺时限|到现场次数|材料标识（用空格分隔，不填为全部）",
        write: |item| {
            entries_out(&item.handling_items, |one| {
                vec![
                    one.suffix.clone(),
                    one.name.clone(),
                    one.promised_limit
                        .as_ref()
                        .map_or_else(String::new, words::limit),
                    one.visit_count.map_or_else(String::new, |n| n.to_string()),
                    one.materials.join(" "),
                ]
            })
        },
        read: |cell, item| {
            item.handling_items = entries_in(cell, 5, "业务办理项", |parts| {
                Ok(HandlingItem {
                    suffix: parts[0].clone(),
                    name: parts[1].clone(),
                    promised_limit: match parts[2].as_str() {
                        "" => None,
                        text => Some(limit(text)?),
                    },
                    visit_count: optional(&parts[3], "业务办理项的到现场次数")?,
                    materials: parts[4].split_whitespace().map(str::to_owned).collect(),
                })
            })?;
            Ok(())
        },
    },
    Column {
        header: "情形导办",
        note: "JSON，由系统导出；没有的留空",
        write: |item| json_out(&item.situation, item.situation == Situation::default()),
        read: |cell, item| {
            item.situation = json(cell, "情形导办")?;
            Ok(())
        },
    },
    day_column!("生效日期", "例如2026-05-01", validity.from),
    day_column!("失效日期", "最后一天，长期有效的留空", validity.to),
    text_column!("年检年审要求", "", result.annual_check),
    line_column!("结果样本", "地址", result.sample),
];

fn optional<T: std::str::FromStr>(text: &str, column: &str) -> Result<Option<T>, String> {
    match text {
        "" => Ok(None),
        text => whole(text, column).map(Some),
    }
}
