//! Our columns: one table that reads a spreadsheet, writes one, and explains itself in the template.
//!
//! A cell with several entries has one entry per line. An entry with several parts separates them with `|`; a `|`,
//! a line break or a backslash inside a part is written `\|`, `\n`, `\\`. Simple lists may also be separated by
//! `；` or `、`. An empty cell means that nothing is known.

use super::cells::{
    coded_in, coded_out, entries_in, entries_out, limit, lines, note, small, words_of, yes, yes_out,
};
use super::exact;
use super::service_columns::SERVICE_COLUMNS;
use crate::model::{
    CaseType, Faq, Fee, Form, Item, LegalBasis, Material, Necessity, Place, ResultKind,
    SourceChannel, Step,
};
use crate::words;

/// The sheet of items.
pub const ITEMS_SHEET: &str = "事项";
/// The sheet of materials, one per row, keyed by 实施编码 or, where there is none, by 事项名称.
pub const MATERIALS_SHEET: &str = "材料";
/// The sheet of texts that do not fit into one cell: the mark that stands in the cell, and the parts of the text.
pub const REST_SHEET: &str = "续";
/// The sheet that explains the columns.
pub const NOTES_SHEET: &str = "填写说明";

/// The column that names the implementing body.
pub const BODY: &str = "实施主体";
/// The column an import recognises an item by.
pub const IMPL_CODE: &str = "实施编码";
/// The column of the name.
pub const NAME: &str = "事项名称";
/// The column of materials in a file with one sheet only.
pub const MATERIALS: &str = "申请材料";

/// How a row of the materials sheet says whose it is.
pub const OWNER_COLUMNS: [&str; 4] = [IMPL_CODE, NAME, BODY, LOCAL_CODE];
const LOCAL_CODE: &str = "原事项编码";

/// One column of the items sheet.
#[derive(Clone, Copy)]
pub struct Column {
    pub header: &'static str,
    /// What to write, for the template.
    pub note: &'static str,
    pub(crate) write: fn(&Item) -> String,
    /// Says what to do where the cell does not fit.
    pub(crate) read: fn(&str, &mut Item) -> Result<(), String>,
}

/// One column of the materials sheet.
#[derive(Clone, Copy)]
pub struct MaterialColumn {
    pub header: &'static str,
    pub note: &'static str,
    pub(crate) write: fn(&Material) -> String,
    pub(crate) read: fn(&str, &mut Material) -> Result<(), String>,
}

macro_rules! text_column {
    ($header:literal, $note:literal, $($field:ident).+) => {
        Column {
            header: $header,
            note: $note,
            write: |item| item.$($field).+.clone(),
            read: |cell, item| {
                item.$($field).+ = base::text::paragraphs(cell);
                Ok(())
            },
        }
    };
}

macro_rules! line_column {
    ($header:expr, $note:literal, $($field:ident).+) => {
        Column {
            header: $header,
            note: $note,
            write: |item| item.$($field).+.clone(),
            read: |cell, item| {
                item.$($field).+ = base::text::single_line(cell);
                Ok(())
            },
        }
    };
}

macro_rules! list_column {
    ($header:literal, $note:literal, $field:ident) => {
        Column {
            header: $header,
            note: $note,
            write: |item| item.$field.join("\n"),
            read: |cell, item| {
                item.$field = words_of(cell);
                Ok(())
            },
        }
    };
}

pub(super) use {line_column, list_column, text_column};

/// Every column of the items sheet in order, without [`BODY`], which stands after the codes, and [`super::exact::EXACT`],
/// which stands last.
pub fn columns() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().chain(SERVICE_COLUMNS)
}

/// What most lists have.
const COLUMNS: &[Column] = &[
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
            item.form = serde_json::from_str::<Form>(cell)
                .map_err(|error| format!("申请表不是有效的JSON：{error}。请不要手工改动这一列"))?;
            Ok(())
        },
    },
    line_column!("资料来源", "", source),
];

/// The columns of the materials sheet after 实施编码 and 事项名称.
pub const MATERIAL_COLUMNS: &[MaterialColumn] = &[
    MaterialColumn {
        header: "材料名称",
        note: "必填",
        write: |material| material.name.clone(),
        read: |cell, material| {
            material.name = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "材料标识",
        note: "小写字母、数字和下划线，同一事项内不重复；不填自动编号",
        write: |material| material.key.clone(),
        read: |cell, material| {
            material.key = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "材料必要性",
        note: "必要、非必要、容缺后补、情形必要；不填按必要",
        write: |material| {
            words::word_of(words::NECESSITIES, &material.necessity)
                .unwrap_or_default()
                .to_owned()
        },
        read: |cell, material| {
            material.necessity =
                words::code_of::<Necessity>(words::NECESSITIES, cell).ok_or_else(|| {
                    format!("不认识的材料必要性“{cell}”，请填必要、非必要、容缺后补或情形必要")
                })?;
            Ok(())
        },
    },
    MaterialColumn {
        header: "适用情形",
        note: "情形必要的，写什么情形要交",
        write: |material| material.condition.clone(),
        read: |cell, material| {
            material.condition = base::text::paragraphs(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "原件份数",
        note: "整数",
        write: |material| material.original_count.to_string(),
        read: |cell, material| {
            material.original_count = small(cell, "原件份数")?;
            Ok(())
        },
    },
    MaterialColumn {
        header: "复印件份数",
        note: "整数",
        write: |material| material.copy_count.to_string(),
        read: |cell, material| {
            material.copy_count = small(cell, "复印件份数")?;
            Ok(())
        },
    },
    MaterialColumn {
        header: "材料形式",
        note: "纸质、电子、纸质或电子",
        write: |material| material.form.clone(),
        read: |cell, material| {
            material.form = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "来源渠道",
        note: "申请人自备、政府部门核发、其他；不填按申请人自备",
        write: |material| {
            words::word_of(words::SOURCE_CHANNELS, &material.source_channel)
                .unwrap_or_default()
                .to_owned()
        },
        read: |cell, material| {
            material.source_channel = words::code_of::<SourceChannel>(words::SOURCE_CHANNELS, cell)
                .ok_or_else(|| {
                    format!("不认识的来源渠道“{cell}”，请填申请人自备、政府部门核发或其他")
                })?;
            Ok(())
        },
    },
    MaterialColumn {
        header: "出具机构",
        note: "",
        write: |material| material.source_agency.clone(),
        read: |cell, material| {
            material.source_agency = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "填报须知",
        note: "",
        write: |material| material.fill_notes.clone(),
        read: |cell, material| {
            material.fill_notes = base::text::paragraphs(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "受理标准",
        note: "审查时看什么",
        write: |material| material.accept_standard.clone(),
        read: |cell, material| {
            material.accept_standard = base::text::paragraphs(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "要求提供的依据",
        note: "",
        write: |material| material.legal_basis.clone(),
        read: |cell, material| {
            material.legal_basis = base::text::paragraphs(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "免提交来源",
        note: "能代替它的电子证照或共享数据，例如电子营业执照",
        write: |material| material.shared_via.clone(),
        read: |cell, material| {
            material.shared_via = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "可以容缺",
        note: "是或否，不填按否",
        write: |material| yes_out(material.deficient_ok).to_owned(),
        read: |cell, material| {
            material.deficient_ok = yes(cell, "可以容缺")?;
            Ok(())
        },
    },
    MaterialColumn {
        header: "主要材料",
        note: "是或否，不填按否；主要材料不能容缺",
        write: |material| yes_out(material.core).to_owned(),
        read: |cell, material| {
            material.core = yes(cell, "主要材料")?;
            Ok(())
        },
    },
    MaterialColumn {
        header: "可承诺替代",
        note: "是或否，不填按否",
        write: |material| yes_out(material.commitment_replaceable).to_owned(),
        read: |cell, material| {
            material.commitment_replaceable = yes(cell, "可承诺替代")?;
            Ok(())
        },
    },
    MaterialColumn {
        header: "标准材料编码",
        note: "材料库里的编码",
        write: |material| material.standard.clone(),
        read: |cell, material| {
            material.standard = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "任选其一",
        note: "填同一个词的几份材料，交一份就够",
        write: |material| material.one_of.clone(),
        read: |cell, material| {
            material.one_of = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "由前序事项产生",
        note: "产生它的事项的基本编码",
        write: |material| material.produced_by.clone(),
        read: |cell, material| {
            material.produced_by = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "材料类别",
        note: "原件、复印件、电子、原件核验",
        write: |material| material.category.clone(),
        read: |cell, material| {
            material.category = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "规格",
        note: "例如A4",
        write: |material| material.spec.clone(),
        read: |cell, material| {
            material.spec = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "空白表格",
        note: "下载地址",
        write: |material| material.blank_form.clone(),
        read: |cell, material| {
            material.blank_form = base::text::single_line(cell);
            Ok(())
        },
    },
    MaterialColumn {
        header: "样本",
        note: "填写样本的地址",
        write: |material| material.sample.clone(),
        read: |cell, material| {
            material.sample = base::text::single_line(cell);
            Ok(())
        },
    },
];

/// The cells of a material in the order of [`MATERIAL_COLUMNS`], then what they cannot say.
pub(crate) fn material_cells(material: &Material) -> Vec<String> {
    let (mut cells, seen) = plain_material(material);
    cells.push(exact::of(material, &seen));
    cells
}

/// A material from its cells, found by the index of [`MATERIAL_COLUMNS`], and what is wrong with them by column. The
/// exact text stands after the last column.
pub(crate) fn material_of<'a>(
    cell: impl Fn(usize) -> &'a str,
) -> (Material, Vec<(&'static str, String)>) {
    let mut material = Material::default();
    let mut errors = Vec::new();
    for (index, column) in MATERIAL_COLUMNS.iter().enumerate() {
        let text = cell(index).trim();
        if !text.is_empty()
            && let Err(message) = (column.read)(text, &mut material)
        {
            errors.push((column.header, message));
        }
    }
    let text = cell(MATERIAL_COLUMNS.len());
    if let Err(message) = exact::apply(text, &mut material, |one| plain_material(one).1) {
        errors.push((exact::EXACT, message));
    }
    (material, errors)
}

/// The cells of a material, and the material as they are read back. A cell that could not be read stays empty.
fn plain_material(material: &Material) -> (Vec<String>, Material) {
    let mut seen = Material::default();
    let cells = MATERIAL_COLUMNS
        .iter()
        .map(|column| {
            let cell = exact::carried((column.write)(material));
            let text = cell.trim();
            if !text.is_empty() && (column.read)(text, &mut seen).is_err() {
                return String::new();
            }
            cell
        })
        .collect();
    (cells, seen)
}

/// The cells of an item in the order of [`columns`], then what they and the rows of its materials cannot say.
pub(crate) fn item_cells(item: &Item) -> Vec<String> {
    let (mut cells, seen) = plain_item(item);
    cells.push(exact::of(item, &seen));
    cells
}

/// Applies what the cells of an item could not say, wherever nobody has changed them since.
pub(crate) fn complete(item: &mut Item, text: &str) -> Result<(), String> {
    exact::apply(text, item, |one| plain_item(one).1)
}

/// What stands in the cell of an item under a header.
pub(crate) fn cell_of(item: &Item, header: &str) -> Option<String> {
    columns()
        .find(|column| column.header == header)
        .map(|column| (column.write)(item))
}

/// The item as it would be read if one of its cells were changed.
pub(crate) fn with_cell(item: &Item, header: &str, cell: &str) -> Result<Item, String> {
    let cells = item_cells(item);
    let mut next = blank();
    for (column, kept) in columns().zip(&cells) {
        let text = if column.header == header { cell } else { kept };
        let text = text.trim();
        if !text.is_empty() {
            (column.read)(text, &mut next)?;
        }
    }
    next.materials.clone_from(&item.materials);
    if let Some(exact) = cells.last() {
        complete(&mut next, exact)?;
    }
    Ok(next)
}

/// The cells of an item, and the item as they and the rows of its materials are read back.
fn plain_item(item: &Item) -> (Vec<String>, Item) {
    let mut seen = blank();
    let cells = columns()
        .map(|column| {
            let cell = exact::carried((column.write)(item));
            let text = cell.trim();
            if !text.is_empty() && (column.read)(text, &mut seen).is_err() {
                return String::new();
            }
            cell
        })
        .collect();
    seen.materials = item
        .materials
        .iter()
        .map(|material| {
            let cells = material_cells(material);
            material_of(|index| &cells[index]).0
        })
        .collect();
    number_keys(&mut seen.materials);
    (cells, seen)
}

/// Materials in one cell, for files with one sheet: one per line, the parts of [`MATERIAL_COLUMNS`].
pub(crate) fn materials_out(materials: &[Material]) -> String {
    entries_out(materials, material_cells)
}

/// Reads [`materials_out`].
pub(crate) fn materials_in(cell: &str) -> Result<Vec<Material>, String> {
    let mut materials = entries_in(cell, MATERIAL_COLUMNS.len() + 1, MATERIALS, |parts| {
        let (material, errors) = material_of(|index| &parts[index]);
        match errors.into_iter().next() {
            Some((_, message)) => Err(message),
            None => Ok(material),
        }
    })?;
    number_keys(&mut materials);
    Ok(materials)
}

/// Gives materials without a key the key `m1`, `m2` … by their place.
pub(crate) fn number_keys(materials: &mut [Material]) {
    for (index, material) in materials.iter_mut().enumerate() {
        if material.key.is_empty() {
            material.key = format!("m{}", index + 1);
        }
    }
}

/// The type of cases is promised unless said otherwise.
pub(crate) fn blank() -> Item {
    Item {
        case_type: CaseType::Promised,
        ..Item::default()
    }
}
