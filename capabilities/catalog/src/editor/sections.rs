//! The fields of items and base items, in the order in which they are written.

use super::fields::Owner::{Base, BaseAndLocal, Local, Made, Narrow};
use super::fields::{Field, Kind, Section};
use crate::words;

const fn f(path: &'static str, owner: super::Owner, kind: Kind) -> Field {
    Field::new(path, owner, kind)
}

const CASE_TYPES: &[(&str, &str)] = &[("instant", "即办件"), ("promised", "承诺件")];
pub(super) const UNITS: &[(&str, &str)] = &[
    ("working_day", "个工作日"),
    ("day", "日"),
    ("hour", "小时"),
    ("minute", "分钟"),
    ("month", "个月"),
    ("year", "年"),
];
const NECESSITIES: &[(&str, &str)] = &[
    ("required", "必要"),
    ("optional", "非必要"),
    ("deferrable", "容缺后补"),
    ("situational", "情形必要"),
];
const CHANNELS: &[(&str, &str)] = &[
    ("applicant", "申请人自备"),
    ("government", "政府部门核发"),
    ("other", "其他"),
];
const RESULT_KINDS: &[(&str, &str)] = &[
    ("certificate", "证照"),
    ("approval", "批文"),
    ("letter", "文书"),
    ("none", "无"),
];
const DELIVERIES: &[(&str, &str)] = &[
    ("window", "窗口领取"),
    ("post", "邮寄送达"),
    ("electronic", "电子送达"),
];
const POWER_SOURCES: &[(&str, &str)] = &[
    ("", "未说明"),
    ("statutory", "法定本级行使"),
    ("delegated", "上级下放"),
    ("authorised", "上级授权"),
    ("peer_authorised", "同级授权"),
    ("entrusted", "上级委托"),
    ("peer_entrusted", "同级委托"),
];
const NATURES: &[(u8, &str)] = &[
    (1, "法定机关"),
    (2, "授权组织"),
    (3, "受委托组织"),
    (9, "其他"),
];
const WINDOW_MODES: &[(&str, &str)] = &[
    ("", "未说明"),
    ("integrated", "综合窗"),
    ("dedicated", "专窗"),
    ("back_office", "后台审批"),
];
const COMMITMENTS: &[(&str, &str)] = &[
    ("", "不适用"),
    ("proof", "证明事项"),
    ("licence", "涉企经营许可"),
];
const INSTANT_MODES: &[(&str, &str)] = &[
    ("", "不适用"),
    ("staff_instant", "人工秒批"),
    ("auto", "智能审批（无人工干预）"),
];
const ORIGINS: &[(&str, &str)] = &[
    ("central", "中央设定"),
    ("provincial", "省级设定"),
    ("local", "地方特有"),
];
const CONCERNS: &[(&str, &str)] = &[
    ("国家安全", "国家安全"),
    ("公共安全", "公共安全"),
    ("金融", "金融"),
    ("生态", "生态"),
    ("生命健康", "生命健康"),
    ("重要涉外", "重要涉外"),
];
const FIELD_KINDS: &[(&str, &str)] = &[
    ("text", "文本"),
    ("long_text", "长文本"),
    ("citizen_id", "身份证号"),
    ("uscc", "统一社会信用代码"),
    ("phone", "电话"),
    ("address", "地址"),
    ("region_address", "区划地址"),
    ("date", "日期"),
    ("amount", "金额"),
    ("number", "数字"),
    ("choice", "单选"),
    ("choices", "多选"),
    ("bank_card", "银行卡号"),
    ("email", "电子邮箱"),
    ("confirm", "确认"),
    ("group", "分组重复"),
    ("table", "表格"),
    ("file", "文件"),
    ("signature", "签名"),
];

const BASIS: &[Field] = &[
    f("law", Local, Kind::Text),
    f("document_no", Local, Kind::Text),
    f("level", Local, Kind::Text)
        .hint("法律、行政法规、国务院决定、部门规章、地方性法规、地方政府规章、规范性文件"),
    f("article", Local, Kind::Text),
    f("text", Local, Kind::Long),
];
const STEPS: &[Field] = &[
    f("name", Local, Kind::Text),
    f("role", Local, Kind::Text),
    f("days", Local, Kind::Optional(10_000)),
    f("output", Local, Kind::Text),
];
const PROCEDURES: &[Field] = &[
    f("kind", Local, Kind::Text).hint("听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审、公示"),
    f("legal_basis", Local, Kind::Text),
    f("days", Local, Kind::Optional(10_000)),
    f("counted", Local, Kind::Yes),
];
const SERVICES: &[Field] = &[
    f("name", Local, Kind::Text),
    f("legal_basis", Local, Kind::Text),
];
const MATERIALS: &[Field] = &[
    f("name", Local, Kind::Text),
    f("key", Local, Kind::Text).hint("小写字母、数字和下划线；留空自动编"),
    f("necessity", Local, Kind::Word(NECESSITIES)),
    f("condition", Local, Kind::Text),
    f("original_count", Local, Kind::Number(255)),
    f("copy_count", Local, Kind::Number(255)),
    f("form", Local, Kind::Text).hint("纸质、电子、纸质或电子"),
    f("category", Local, Kind::Text).hint("原件、复印件、电子、原件核验"),
    f("spec", Local, Kind::Text),
    f("source_channel", Local, Kind::Word(CHANNELS)),
    f("source_agency", Local, Kind::Text),
    f("fill_notes", Local, Kind::Long),
    f("accept_standard", Local, Kind::Long),
    f("legal_basis", Local, Kind::Text),
    f("shared_via", Local, Kind::Text),
    f("deficient_ok", Local, Kind::Yes),
    f("core", Local, Kind::Yes),
    f("commitment_replaceable", Local, Kind::Yes),
    f("standard", Local, Kind::Text),
    f("one_of", Local, Kind::Text).hint("写同一个词的材料任选其一"),
    f("produced_by", Local, Kind::Text),
    f("blank_form", Local, Kind::Text),
    f("sample", Local, Kind::Text),
];
const FORM_FIELDS: &[Field] = &[
    f("label", Local, Kind::Text),
    f("key", Local, Kind::Text).hint("小写字母、数字和下划线；留空自动编"),
    f("kind", Local, Kind::Word(FIELD_KINDS)),
    f("required", Local, Kind::Yes),
    f("hint", Local, Kind::Text),
    f("options", Local, Kind::Choices).hint("每行一个：值|名称|提示"),
    f("max_length", Local, Kind::Number(2000)),
    f("min", Local, Kind::Signed),
    f("max", Local, Kind::Signed),
    f("personal", Local, Kind::Yes),
    f("element", Local, Kind::Text),
    f("fields", Local, Kind::Json).hint("分组和表格的小项"),
];
const FORM_PAGES: &[Field] = &[
    f("title", Local, Kind::Text).hint("写成一个问题"),
    f("key", Local, Kind::Text).hint("小写字母、数字和下划线；留空自动编"),
    f("hint", Local, Kind::Text),
    f("fields", Local, Kind::Rows(FORM_FIELDS)),
];
const HANDLING: &[Field] = &[
    f("suffix", Local, Kind::Text).hint("两位或三位数字"),
    f("name", Local, Kind::Text),
    f("materials", Local, Kind::Lines).hint("材料标识，每行一个；不写就是全部"),
    f("promised_limit", Local, Kind::Limit),
    f("visit_count", Local, Kind::Optional(255)),
];
const FEES: &[Field] = &[
    f("name", Local, Kind::Text),
    f("standard", Local, Kind::Text),
    f("basis", Local, Kind::Text),
    f("waiver", Local, Kind::Text),
    f("waiver_basis", Local, Kind::Text),
];
const PLACES: &[Field] = &[
    f("hall", Local, Kind::Text),
    f("address", Local, Kind::Text),
    f("windows", Local, Kind::Text),
    f("hours", Local, Kind::Text),
];
const FAQ: &[Field] = &[
    f("question", Local, Kind::Text),
    f("answer", Local, Kind::Long),
];

/// The sections of an implementing item.
pub const ITEM: &[Section] = &[
    Section {
        key: "basic",
        title: "基本信息",
        fields: &[
            f("name", Base, Kind::Text),
            f("main_item_name", Base, Kind::Text),
            f("sub_item_name", Base, Kind::Text),
            f("summary", Local, Kind::Long).hint("一两句话：办什么，谁来办"),
            f("aliases", Local, Kind::Lines).hint("每行一个日常说法，例如 开饭店"),
            f("item_type", Base, Kind::Word(words::ITEM_TYPES)),
            f("base_code", Base, Kind::Text),
            f("base_version", Made, Kind::Optional(u32::MAX as u64)),
            f("impl_code", Made, Kind::Text),
            f("local_item_code", Local, Kind::Text),
            f(
                "exercise_level",
                BaseAndLocal,
                Kind::Level(words::EXERCISE_LEVELS),
            ),
            f("region_code", Local, Kind::Text),
            f("validity.from", Local, Kind::Day),
            f("validity.to", Local, Kind::Day),
            f("source", Local, Kind::Text),
        ],
    },
    Section {
        key: "power",
        title: "依据与权力",
        fields: &[
            f("legal_basis", BaseAndLocal, Kind::Rows(BASIS))
                .hint("本地只能补充地方性法规、地方政府规章和规范性文件，不能删改基本目录的依据"),
            f("service_objects", Base, Kind::Codes(words::SERVICE_OBJECTS)),
            f("power_scope", Base, Kind::Long),
            f("exercise_content", BaseAndLocal, Kind::Long),
            f("power_source", Local, Kind::Word(POWER_SOURCES)),
            f("delegated_dept", Local, Kind::Text).hint("委托行使的，写明委托部门"),
            f("body_nature", Local, Kind::Code(NATURES)),
            f("joint_bodies", Local, Kind::Lines).hint("每行一个机构"),
        ],
    },
    Section {
        key: "time",
        title: "时限与流程",
        fields: &[
            f("case_type", Narrow, Kind::Word(CASE_TYPES)),
            f("statutory_limit", Base, Kind::Limit),
            f("promised_limit", Narrow, Kind::Limit).hint("0就是当场办结"),
            f("steps", Narrow, Kind::Rows(STEPS)),
            f("special_procedures", BaseAndLocal, Kind::Rows(PROCEDURES))
                .hint("种类由基本目录规定，本地只定天数"),
            f("instant_mode", Local, Kind::Word(INSTANT_MODES)),
        ],
    },
    Section {
        key: "conditions",
        title: "受理条件",
        fields: &[
            f("accept_conditions", BaseAndLocal, Kind::Lines)
                .hint("每行一条；只能在原条件之后补充说明，不能增设，也不写“其他”“有关”"),
            f("quantity_limit", Base, Kind::Long),
            f("intermediary_services", Base, Kind::Rows(SERVICES)),
            f("commitment.mode", Base, Kind::Word(COMMITMENTS)),
            f("commitment.concerns", Local, Kind::Words(CONCERNS)),
            f("commitment.override_reason", Local, Kind::Long),
            f("allow_deficient", Local, Kind::Yes),
        ],
    },
    Section {
        key: "materials",
        title: "申请材料",
        fields: &[f("materials", Narrow, Kind::Rows(MATERIALS))
            .hint("不能要求基本目录以外的材料；可以容缺、承诺替代、数据共享")],
    },
    Section {
        key: "form",
        title: "申请表",
        fields: &[f("form.pages", Local, Kind::Rows(FORM_PAGES))],
    },
    Section {
        key: "situation",
        title: "情形与业务办理项",
        fields: &[
            f("handling_items", Local, Kind::Rows(HANDLING)),
            f("situation", Local, Kind::Json),
        ],
    },
    Section {
        key: "service",
        title: "办理方式与地点",
        fields: &[
            f("handling_forms", Local, Kind::Codes(words::HANDLING_FORMS))
                .hint("不少于基本目录的要求"),
            f("visit_count", Narrow, Kind::Number(255)),
            f("visit_reason", Local, Kind::Long),
            f("online_depth", Local, Kind::Lines).hint("每行一个，例如 互联网受理"),
            f("cross_region_scope", Local, Kind::Text).hint("全国、跨省、跨市、跨县、全城通办"),
            f("cross_region_mode", Local, Kind::Lines)
                .hint("每行一个：全程网办、代收代办、多地联办、自助办"),
            f("online_url", Local, Kind::Text),
            f("mobile_url", Local, Kind::Text),
            f("support.booking", Local, Kind::Yes),
            f("support.pay", Local, Kind::Yes),
            f("support.post", Local, Kind::Yes),
            f("support.terminal", Local, Kind::Yes),
            f("in_hall", Local, Kind::Yes),
            f("accept_window_mode", Local, Kind::Word(WINDOW_MODES)),
            f("places", Local, Kind::Rows(PLACES)),
            f("consult_phone", Local, Kind::Text),
            f("complaint_phone", Local, Kind::Text),
        ],
    },
    Section {
        key: "result",
        title: "收费与结果",
        fields: &[
            f("fees", BaseAndLocal, Kind::Rows(FEES))
                .hint("项目和依据由基本目录规定，本地在规定内定标准"),
            f("result.name", Base, Kind::Text),
            f("result.kind", Base, Kind::Word(RESULT_KINDS)),
            f("result.valid_years", Base, Kind::Optional(1000)),
            f("result.annual_check", Base, Kind::Text),
            f("result.sample", Local, Kind::Text),
            f("delivery", Local, Kind::Words(DELIVERIES)),
        ],
    },
    Section {
        key: "public",
        title: "分类与解答",
        fields: &[
            f("themes_person", Local, Kind::Lines).hint("每行一个"),
            f("themes_corp", Local, Kind::Lines).hint("每行一个"),
            f("life_events", Local, Kind::Lines).hint("每行一个，例如 结婚"),
            f("faq", Local, Kind::Rows(FAQ)),
            f("remedy", Local, Kind::Long),
        ],
    },
];

/// The sections of a base item. Nothing of it is locked: whoever keeps the list sets all of it.
pub const BASE: &[Section] = &[
    Section {
        key: "basic",
        title: "基本信息",
        fields: &[
            f("base_code", Local, Kind::Text).hint("12位"),
            f("name", Local, Kind::Text),
            f("main_item_name", Local, Kind::Text),
            f("sub_item_name", Local, Kind::Text),
            f("item_type", Local, Kind::Word(words::ITEM_TYPES)),
            f("licence_list_no", Local, Kind::Text).hint("行政许可必须在清单内，清单之外不得实施"),
            f("origin", Local, Kind::Word(ORIGINS)),
            f(
                "exercise_levels",
                Local,
                Kind::Codes(words::EXERCISE_LEVELS),
            ),
            f("validity.from", Local, Kind::Day),
            f("validity.to", Local, Kind::Day),
            f("source", Local, Kind::Text),
        ],
    },
    Section {
        key: "power",
        title: "依据与权力",
        fields: &[
            f("legal_basis", Local, Kind::Rows(BASIS)),
            f(
                "service_objects",
                Local,
                Kind::Codes(words::SERVICE_OBJECTS),
            ),
            f("power_scope", Local, Kind::Long),
            f("exercise_content", Local, Kind::Long),
        ],
    },
    Section {
        key: "time",
        title: "时限、次数与条件",
        fields: &[
            f("case_type", Local, Kind::Word(CASE_TYPES)),
            f("statutory_limit", Local, Kind::Limit),
            f("promised_limit", Local, Kind::Limit),
            f("visit_count", Local, Kind::Optional(255)),
            f("handling_forms", Local, Kind::Codes(words::HANDLING_FORMS)),
            f("accept_conditions", Local, Kind::Lines).hint("每行一条"),
            f("quantity_limit", Local, Kind::Long),
            f("commitment.mode", Local, Kind::Word(COMMITMENTS)),
            f("commitment.concerns", Local, Kind::Words(CONCERNS)),
            f("commitment.override_reason", Local, Kind::Long),
            f("steps", Local, Kind::Rows(STEPS)),
            f("special_procedures", Local, Kind::Rows(PROCEDURES)),
        ],
    },
    Section {
        key: "materials",
        title: "申请材料",
        fields: &[f("materials", Local, Kind::Rows(MATERIALS))],
    },
    Section {
        key: "result",
        title: "收费、结果与分类",
        fields: &[
            f("fees", Local, Kind::Rows(FEES)),
            f("intermediary_services", Local, Kind::Rows(SERVICES)),
            f("result.name", Local, Kind::Text),
            f("result.kind", Local, Kind::Word(RESULT_KINDS)),
            f("result.valid_years", Local, Kind::Optional(1000)),
            f("result.annual_check", Local, Kind::Text),
            f("result.sample", Local, Kind::Text),
            f("themes_person", Local, Kind::Lines).hint("每行一个"),
            f("themes_corp", Local, Kind::Lines).hint("每行一个"),
        ],
    },
];

/// The section in which a field is edited, by the path of a change or a finding.
pub fn section_of(sections: &'static [Section], path: &str) -> Option<&'static Section> {
    let first = path.split(['.', '[']).next().unwrap_or(path);
    sections.iter().find(|section| {
        section
            .fields
            .iter()
            .any(|field| field.path.split('.').next() == Some(first))
    })
}
