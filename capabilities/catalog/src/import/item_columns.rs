//! The columns of an item that most lists have.

use super::cells::{
    coded_in, coded_out, entries_in, entries_out, limit, lines, note, small, words_of,
};
use super::table::{Column, IMPL_CODE, LOCAL_CODE, NAME, line_column, list_column, text_column};
use crate::model::{Faq, Fee, Form, LegalBasis, Place, ResultKind, Step};
use crate::words;

pub(super) const ITEM_COLUMNS: &[Column] = &[
    line_column!(NAME, "必填，最长200字", name),
    line_column!(
        IMPL_CODE,
        "31位；没有的留空。编码不合格的按原样保留并标记",
        impl_code
    ),
    line_column!("基本编码", "12位", base_code),
    line_column!(LOCAL_CODE, "旧目录里的编码，按原样填写", local_item_code),
    Column {
        header: "事项类型",
        note: "行政许可、行政给付、行政确认、行政奖励、行政裁决、其他行政权力、公共服务，或两位代码",
        write: |item| {
            if item.item_type.is_empty() {
                String::new()
            } else {
                words::item_type(&item.item_type)
            }
        },
        read: |cell, item| {
            item.item_type = words::read_item_type(cell).ok_or_else(|| {
                format!("不认识的事项类型“{cell}”，请填行政许可、公共服务等名称或两位代码")
            })?;
            Ok(())
        },
    },
    Column {
        header: "行使层级",
        note: "国家级、省级、市级、县级、镇（乡、街道）级、村（社区）级，或1至7",
        write: |item| {
            words::word_of(words::EXERCISE_LEVELS, &item.exercise_level)
                .map_or_else(String::new, str::to_owned)
        },
        read: |cell, item| {
            item.exercise_level = words::read_exercise_level(cell)
                .ok_or_else(|| format!("不认识的行使层级“{cell}”，请填市级、县级等名称或1至7"))?;
            Ok(())
        },
    },
    line_column!("行使区划", "6、9或12位区划代码", region_code),
    Column {
        header: "服务对象",
        note: "自然人、企业法人、事业法人、社会组织法人、行政机关、其他组织，可多个，每行一个",
        write: |item| coded_out(words::SERVICE_OBJECTS, &item.service_objects),
        read: |cell, item| {
            item.service_objects = coded_in(words::SERVICE_OBJECTS, cell, "服务对象")?;
            Ok(())
        },
    },
    Column {
        header: "办件类型",
        note: "即办件或承诺件，不填按承诺件",
        write: |item| {
            words::word_of(words::CASE_TYPES, &item.case_type)
                .unwrap_or_default()
                .to_owned()
        },
        read: |cell, item| {
            item.case_type =
                words::code_of(words::CASE_TYPES, cell).ok_or("办件类型请填即办件或承诺件")?;
            Ok(())
        },
    },
    Column {
        header: "法定办结时限",
        note: "例如20个工作日、30日、3个月；法律没有规定的留空",
        write: |item| {
            item.statutory_limit
                .as_ref()
                .map_or_else(String::new, words::limit)
        },
        read: |cell, item| {
            item.statutory_limit = Some(limit(cell)?);
            Ok(())
        },
    },
    Column {
        header: "法定时限说明",
        note: "条文原文",
        write: |item| {
            item.statutory_limit
                .as_ref()
                .map_or_else(String::new, |limit| limit.note.clone())
        },
        read: |cell, item| note(cell, item.statutory_limit.as_mut(), "法定办结时限"),
    },
    Column {
        header: "承诺办结时限",
        note: "不长于法定时限；当场能办的填当场办结",
        write: |item| {
            item.promised_limit
                .as_ref()
                .map_or_else(String::new, words::limit)
        },
        read: |cell, item| {
            item.promised_limit = Some(limit(cell)?);
            Ok(())
        },
    },
    Column {
        header: "承诺时限说明",
        note: "",
        write: |item| {
            item.promised_limit
                .as_ref()
                .map_or_else(String::new, |limit| limit.note.clone())
        },
        read: |cell, item| note(cell, item.promised_limit.as_mut(), "承诺办结时限"),
    },
    text_column!("简介", "一两句话：办什么、谁要办", summary),
    list_column!("别名", "群众常用的说法，每行一个，例如开饭店", aliases),
    Column {
        header: "受理条件",
        note: "每行一条，不写“其他”“有关”等兜底条款",
        write: |item| item.accept_conditions.join("\n"),
        read: |cell, item| {
            item.accept_conditions = lines(cell).map(str::to_owned).collect();
            Ok(())
        },
    },
    Column {
        header: "办理流程",
        note: "每行一个环节：环节|办理角色|工作日数|产出",
        write: |item| {
            entries_out(&item.steps, |step| {
                let days = step.days.map_or_else(String::new, |days| days.to_string());
                vec![&step.name, &step.role]
                    .into_iter()
                    .cloned()
                    .chain([days, step.output.clone()])
                    .collect()
            })
        },
        read: |cell, item| {
            item.steps = entries_in(cell, 4, "办理流程", |parts| {
                let days = match parts[2].as_str() {
                    "" => None,
                    text => Some(
                        text.parse()
                            .map_err(|_| format!("办理流程的天数“{text}”不是整数"))?,
                    ),
                };
                Ok(Step {
                    name: parts[0].clone(),
                    role: parts[1].clone(),
                    days,
                    output: parts[3].clone(),
                })
            })?;
            Ok(())
        },
    },
    Column {
        header: "设定依据",
        note: "每行一条：法律名称|条款|条文原文|文号|效力层级",
        write: |item| {
            entries_out(&item.legal_basis, |basis| {
                vec![
                    basis.law.clone(),
                    basis.article.clone(),
                    basis.text.clone(),
                    basis.document_no.clone(),
                    basis.level.clone(),
                ]
            })
        },
        read: |cell, item| {
            item.legal_basis = entries_in(cell, 5, "设定依据", |parts| {
                Ok(LegalBasis {
                    law: parts[0].clone(),
                    article: parts[1].clone(),
                    text: parts[2].clone(),
                    document_no: parts[3].clone(),
                    level: parts[4].clone(),
                })
            })?;
            Ok(())
        },
    },
    Column {
        header: "办理形式",
        note: "窗口办理、电脑端网上办理、移动端网上办理、快递申请、其他，可多个，每行一个",
        write: |item| coded_out(words::HANDLING_FORMS, &item.handling_forms),
        read: |cell, item| {
            item.handling_forms = coded_in(words::HANDLING_FORMS, cell, "办理形式")?;
            Ok(())
        },
    },
    Column {
        header: "到办事现场次数",
        note: "整数，网上能办完的填0",
        write: |item| item.visit_count.to_string(),
        read: |cell, item| {
            item.visit_count = small(cell, "到办事现场次数")?;
            Ok(())
        },
    },
    text_column!("必须现场办理原因说明", "", visit_reason),
    list_column!("网上办理深度", "每行一个，例如网上受理", online_depth),
    line_column!("通办范围", "例如全城通办", cross_region_scope),
    Column {
        header: "收费项目",
        note: "不收费的留空；每行一项：项目|标准|依据|减免规定|减免依据",
        write: |item| {
            entries_out(&item.fees, |fee| {
                vec![
                    fee.name.clone(),
                    fee.standard.clone(),
                    fee.basis.clone(),
                    fee.waiver.clone(),
                    fee.waiver_basis.clone(),
                ]
            })
        },
        read: |cell, item| {
            item.fees = entries_in(cell, 5, "收费项目", |parts| {
                Ok(Fee {
                    name: parts[0].clone(),
                    standard: parts[1].clone(),
                    basis: parts[2].clone(),
                    waiver: parts[3].clone(),
                    waiver_basis: parts[4].clone(),
                })
            })?;
            Ok(())
        },
    },
    text_column!("数量限制", "", quantity_limit),
    line_column!("办理结果", "结果名称，例如食品经营许可证", result.name),
    Column {
        header: "结果类型",
        note: "证照、批文、文书、无",
        write: |item| {
            words::word_of(words::RESULT_KINDS, &item.result.kind)
                .unwrap_or_default()
                .to_owned()
        },
        read: |cell, item| {
            item.result.kind = words::code_of::<ResultKind>(words::RESULT_KINDS, cell)
                .ok_or_else(|| format!("不认识的结果类型“{cell}”，请填证照、批文、文书或无"))?;
            Ok(())
        },
    },
    Column {
        header: "有效期（年）",
        note: "整数，长期有效的留空",
        write: |item| {
            item.result
                .valid_years
                .map_or_else(String::new, |years| years.to_string())
        },
        read: |cell, item| {
            let years = cell
                .parse::<u16>()
                .map_err(|_| format!("有效期“{cell}”不是整数，长期有效的请留空"))?;
            item.result.valid_years = Some(years);
            Ok(())
        },
    },
    Column {
        header: "送达方式",
        note: "窗口领取、邮寄送达、电子送达，可多个，每行一个",
        write: |item| coded_out(words::DELIVERIES, &item.delivery),
        read: |cell, item| {
            item.delivery = coded_in(words::DELIVERIES, cell, "送达方式")?;
            Ok(())
        },
    },
    Column {
        header: "办理地点",
        note: "每行一处：大厅|地址|窗口|办公时间",
        write: |item| {
            entries_out(&item.places, |place| {
                vec![
                    place.hall.clone(),
                    place.address.clone(),
                    place.windows.clone(),
                    place.hours.clone(),
                ]
            })
        },
        read: |cell, item| {
            item.places = entries_in(cell, 4, "办理地点", |parts| {
                Ok(Place {
                    hall: parts[0].clone(),
                    address: parts[1].clone(),
                    windows: parts[2].clone(),
                    hours: parts[3].clone(),
                })
            })?;
            Ok(())
        },
    },
    line_column!("咨询电话", "", consult_phone),
    line_column!("监督投诉电话", "", complaint_phone),
    list_column!("个人主题", "每行一个，例如婚姻登记", themes_person),
    list_column!("法人主题", "每行一个，例如准营准办", themes_corp),
    list_column!("人生事件", "每行一个，例如结婚", life_events),
    Column {
        header: "常见问题",
        note: "每行一个：问题|回答",
        write: |item| {
            entries_out(&item.faq, |faq| {
                vec![faq.question.clone(), faq.answer.clone()]
            })
        },
        read: |cell, item| {
            item.faq = entries_in(cell, 2, "常见问题", |parts| {
                Ok(Faq {
                    question: parts[0].clone(),
                    answer: parts[1].clone(),
                })
            })?;
            Ok(())
        },
    },
    text_column!("行政救济", "", remedy),
    Column {
        header: "申请表",
        note: "JSON，由系统导出；没有的留空",
        write: |item| {
            if item.form.pages.is_empty() {
                String::new()
            } else {
                serde_json::to_string(&item.form).expect("plain data")
            }
        },
        read: |cell, item| {
            item.form = base::json::read::<Form>(cell.as_bytes())
                .map_err(|error| format!("申请表不是有效的JSON：{error}。请不要手工改动这一列"))?;
            Ok(())
        },
    },
    line_column!("资料来源", "", source),
];
