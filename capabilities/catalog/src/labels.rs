//! The official names of an item's fields, for differences, reports and messages.

/// Field names of [`crate::model::Item`] and what it holds, as the standard calls them (GB/T 39046-2020 table 4).
const FIELDS: &[(&str, &str)] = &[
    ("name", "事项名称"),
    ("aliases", "别名"),
    ("base_code", "基本编码"),
    ("impl_code", "实施编码"),
    ("local_item_code", "原事项编码"),
    ("item_type", "事项类型"),
    ("exercise_level", "行使层级"),
    ("exercise_levels", "行使层级"),
    ("region_code", "行使区划"),
    ("legal_basis", "设定依据"),
    ("service_objects", "服务对象"),
    ("case_type", "办件类型"),
    ("statutory_limit", "法定办结时限"),
    ("promised_limit", "承诺办结时限"),
    ("accept_conditions", "受理条件"),
    ("steps", "办理流程"),
    ("materials", "申请材料"),
    ("form", "申请表"),
    ("handling_forms", "办理形式"),
    ("visit_count", "到办事现场次数"),
    ("visit_reason", "必须现场办理原因说明"),
    ("online_depth", "网上办理深度"),
    ("cross_region_scope", "通办范围"),
    ("cross_region_mode", "通办形式"),
    ("fees", "收费项目"),
    ("quantity_limit", "数量限制"),
    ("result", "办理结果"),
    ("delivery", "送达方式"),
    ("places", "办理地点"),
    ("consult_phone", "咨询方式"),
    ("complaint_phone", "监督投诉方式"),
    ("themes_person", "自然人主题"),
    ("themes_corp", "法人主题"),
    ("life_events", "人生事件"),
    ("faq", "常见问题"),
    ("remedy", "行政救济"),
    ("summary", "简介"),
    ("source", "来源"),
    ("main_item_name", "主项名称"),
    ("sub_item_name", "子项名称"),
    ("base_version", "基本目录版本"),
    ("power_scope", "权限划分"),
    ("exercise_content", "行使内容"),
    ("power_source", "权力来源"),
    ("delegated_dept", "委托部门"),
    ("body_nature", "实施主体性质"),
    ("joint_bodies", "联办机构"),
    ("special_procedures", "特别程序"),
    ("online_url", "网办地址"),
    ("mobile_url", "移动端网办地址"),
    ("support", "服务方式"),
    ("booking", "支持预约"),
    ("pay", "网上支付"),
    ("post", "物流快递"),
    ("terminal", "终端办理"),
    ("in_hall", "进驻政务大厅"),
    ("accept_window_mode", "一窗受理"),
    ("intermediary_services", "中介服务"),
    ("commitment", "告知承诺"),
    ("allow_deficient", "容缺受理"),
    ("instant_mode", "秒批与智能审批"),
    ("handling_items", "业务办理项"),
    ("situation", "情形导办"),
    ("validity", "有效期"),
    ("licence_list_no", "行政许可事项清单序号"),
    ("origin", "设定层级"),
];

/// Fields of the parts of an item.
const PARTS: &[(&str, &str)] = &[
    ("law", "法律名称"),
    ("document_no", "文号"),
    ("level", "效力层级"),
    ("article", "条款"),
    ("text", "内容"),
    ("n", ""),
    ("unit", "单位"),
    ("note", "说明"),
    ("role", "办理人"),
    ("days", "天数"),
    ("output", "办理结果"),
    ("necessity", "材料必要性"),
    ("condition", "需要的情形"),
    ("original_count", "原件份数"),
    ("copy_count", "复印件份数"),
    ("source_channel", "来源渠道"),
    ("source_agency", "出具机构"),
    ("fill_notes", "填报须知"),
    ("accept_standard", "受理标准"),
    ("shared_via", "可替代的证照或共享数据"),
    ("deficient_ok", "可容缺"),
    ("core", "主要材料"),
    ("commitment_replaceable", "可承诺替代"),
    ("standard", "标准材料编码"),
    ("one_of", "任选其一"),
    ("produced_by", "由前序事项产生"),
    ("category", "材料类别"),
    ("spec", "规格"),
    ("blank_form", "空白表格"),
    ("sample", "样本"),
    ("pages", "页"),
    ("fields", "填写项"),
    ("title", "标题"),
    ("label", "名称"),
    ("hint", "提示"),
    ("kind", "类型"),
    ("required", "必填"),
    ("options", "选项"),
    ("value", "值"),
    ("max_length", "字数上限"),
    ("min", "最小"),
    ("max", "最大"),
    ("personal", "个人信息"),
    ("element", "数据元"),
    ("basis", "依据"),
    ("waiver", "减免"),
    ("waiver_basis", "减免依据"),
    ("valid_years", "有效年数"),
    ("annual_check", "年检年审要求"),
    ("hall", "大厅"),
    ("address", "地址"),
    ("windows", "窗口"),
    ("hours", "办理时间"),
    ("question", "问题"),
    ("answer", "回答"),
    ("mode", "方式"),
    ("concerns", "直接涉及"),
    ("override_reason", "仍适用的理由"),
    ("counted", "计入时限"),
    ("suffix", "后缀"),
    ("questions", "问题"),
    ("outcomes", "结果"),
    ("when", "条件"),
    ("without", "不需要的材料"),
    ("handling_item", "业务办理项"),
    ("route", "办理路径"),
    ("stop", "不能办理的说明"),
    ("from", "起"),
    ("to", "止"),
    ("order", "顺序"),
];

/// Stored words that are codes, and how they are read.
const CODED: &[(&str, &str)] = &[
    ("working_day", "个工作日"),
    ("day", "日"),
    ("hour", "小时"),
    ("minute", "分钟"),
    ("month", "个月"),
    ("year", "年"),
    ("instant", "即办件"),
    ("promised", "承诺件"),
    ("required", "必要"),
    ("optional", "非必要"),
    ("deferrable", "容缺后补"),
    ("situational", "情形必要"),
    ("applicant", "申请人自备"),
    ("government", "政府部门核发"),
    ("other", "其他"),
    ("certificate", "证照"),
    ("approval", "批文"),
    ("letter", "文书"),
    ("none", "无"),
    ("window", "窗口领取"),
    ("post", "邮寄送达"),
    ("electronic", "电子送达"),
    ("statutory", "法定本级行使"),
    ("delegated", "上级下放"),
    ("authorised", "上级授权"),
    ("peer_authorised", "同级授权"),
    ("entrusted", "上级委托"),
    ("peer_entrusted", "同级委托"),
    ("integrated", "综合窗"),
    ("dedicated", "专窗"),
    ("back_office", "后台审批"),
    ("proof", "证明事项"),
    ("licence", "涉企经营许可"),
    ("staff_instant", "人工秒批"),
    ("auto", "智能审批"),
    ("central", "中央设定"),
    ("provincial", "省级设定"),
    ("local", "地方特有"),
];

/// The name of a field by its path: `promised_limit.n` is 承诺办结时限, `materials[layout].form` is 申请材料·材料形式.
pub fn field(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (depth, step) in path.split('.').enumerate() {
        let step = step.split('[').next().unwrap_or(step);
        // 申请表 and 材料形式 are both called `form`.
        let name = match (depth, step) {
            (0, _) => look(FIELDS, step).or_else(|| look(PARTS, step)),
            (_, "form") => Some("材料形式"),
            (_, "name") => Some("名称"),
            _ => look(PARTS, step).or_else(|| look(FIELDS, step)),
        };
        let name = name.unwrap_or(step);
        if !name.is_empty() {
            names.push(name);
        }
    }
    names.join("·")
}

/// How a stored word is read, where it is a code.
pub fn coded(word: &str) -> Option<&'static str> {
    look(CODED, word)
}

fn look(table: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BaseItem, Item};

    #[test]
    fn every_field_of_an_item_has_a_name() {
        for record in [
            serde_json::to_value(Item::default()),
            serde_json::to_value(BaseItem::default()),
        ] {
            let record = record.expect("plain data");
            for name in record.as_object().expect("a record").keys() {
                assert!(look(FIELDS, name).is_some(), "{name} has no name");
            }
        }
    }

    #[test]
    fn a_path_reads_from_the_whole_to_the_part() {
        assert_eq!(field("promised_limit.n"), "承诺办结时限");
        assert_eq!(field("materials[layout].name"), "申请材料·名称");
        assert_eq!(field("form.pages[shop].title"), "申请表·页·标题");
    }
}
