//! The columns of a material.

use super::cells::{small, yes, yes_out};
use super::table::MaterialColumn;
use crate::model::{Necessity, SourceChannel};
use crate::words;

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
