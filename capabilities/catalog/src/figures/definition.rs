//! The figures and their definitions: name, formula, what is counted.

/// Version of the definitions below. It goes up when one of them changes its meaning; two values may be compared only
/// where it is the same.
pub const VERSION: u32 = 2;

/// How a figure is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number of things.
    Count,
    /// A share, shown in per cent, compared in percentage points 百分点.
    Rate,
    /// A mean, shown with two decimals.
    Mean,
}

macro_rules! figures {
    ($($variant:ident = $word:literal, $label:literal, $kind:ident, $formula:literal;)+) => {
        /// A figure of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Figure {
            $(#[doc = $label] $variant,)+
        }

        impl Figure {
            /// All of them, in the order they are shown.
            pub const ALL: &'static [Figure] = &[$(Figure::$variant),+];

            /// The word in addresses and the API.
            pub fn word(self) -> &'static str {
                match self { $(Figure::$variant => $word,)+ }
            }

            pub fn label(self) -> &'static str {
                match self { $(Figure::$variant => $label,)+ }
            }

            pub fn kind(self) -> Kind {
                match self { $(Figure::$variant => Kind::$kind,)+ }
            }

            /// What is divided by what.
            pub fn formula(self) -> &'static str {
                match self { $(Figure::$variant => $formula,)+ }
            }
        }
    };
}

figures! {
    ImplListCount = "impl_list_count", "实施清单数", Count, "已发布的实施清单事项数";
    BodyCount = "body_count", "实施主体数", Count, "有已发布事项的实施主体数";
    LicenceItemCount = "licence_item_count", "行政许可事项数", Count, "已发布清单中事项类型为行政许可（01）的事项数";
    ItemReductionRate = "item_reduction_rate", "事项精简率", Rate, "（对比日事项数 − 本期事项数）÷ 对比日事项数";
    InstantItemShare = "instant_item_share", "即办事项占比", Rate, "办件类型为即办件的事项数 ÷ 事项数";
    StatutoryDays = "statutory_days", "平均法定时限（工作日）", Mean, "法定时限之和 ÷ 两种时限都有的事项数";
    PromisedDays = "promised_days", "平均承诺时限（工作日）", Mean, "承诺时限之和 ÷ 两种时限都有的事项数";
    LimitCompressionRate = "limit_compression_rate", "承诺时限压缩率", Rate, "（法定时限之和 − 承诺时限之和）÷ 法定时限之和，只计两种时限都有的事项";
    StepCountAvg = "step_count_avg", "平均环节", Mean, "办理流程环节数之和 ÷ 公布了办理流程的事项数";
    MaterialAvg = "material_avg", "平均材料数", Mean, "必要材料数之和（数据共享、前序环节产生的计0，几选一的计1）÷ 公布了办理情况的事项的业务办理项数";
    VisitAvg = "visit_avg", "平均跑动次数", Mean, "到办事现场次数之和 ÷ 公布了次数的事项数";
    OneVisitItemRate = "one_visit_item_rate", "“最多跑一次”比例", Rate, "到办事现场次数不超过1的事项数 ÷ 公布了次数的事项数";
    ZeroVisitItemRate = "zero_visit_item_rate", "零跑动率", Rate, "到办事现场次数为0的事项数 ÷ 公布了次数的事项数";
    OnlineItemRate = "online_item_rate", "网上可办率", Rate, "办理形式含网上（电脑端或移动端）的事项数 ÷ 事项数";
    FullOnlineItemRate = "full_online_item_rate", "全程网办率", Rate, "网上可办、零跑动，且网上办理深度含受理、办理、结果反馈的事项数 ÷ 事项数";
    HallEntryRate = "hall_entry_rate", "事项进驻率", Rate, "进驻政务大厅的事项数 ÷ 应进驻（进驻大厅或办理形式含窗口）的事项数";
    OneWindowRate = "one_window_rate", "一窗受理率", Rate, "由综合窗口受理的事项数 ÷ 进驻政务大厅的事项数";
    CrossProvinceCount = "cross_province_count", "跨省通办事项", Count, "通办范围为全国或跨省的事项数";
    InProvinceCount = "in_province_count", "省内通办事项", Count, "通办范围为全省、跨市或跨县的事项数";
    InstantApprovalItems = "instant_approval_items", "秒批事项", Count, "人工秒批和智能审批的事项数";
    AutoApprovalItems = "auto_approval_items", "智能审批事项", Count, "无人工干预的事项数";
    CommitmentItems = "commitment_items", "告知承诺事项", Count, "实行告知承诺（证明事项或涉企经营许可）的事项数";
    DeficientItems = "deficient_items", "容缺受理事项", Count, "允许容缺受理的事项数";
    DeficientMaterials = "deficient_materials", "容缺材料", Count, "可以容缺后补的材料份数";
    ScenarioCount = "scenario_count", "情形导办事项", Count, "发布了情形导办的事项数";
    OneThingCount = "one_thing_count", "一件事主题", Count, "已发布的一件事主题数（不按实施主体分）";
    SelfServiceItems = "self_service_items", "自助办事项", Count, "支持终端办理的事项数";
}

impl Figure {
    pub fn from_word(word: &str) -> Option<Figure> {
        Figure::ALL
            .iter()
            .copied()
            .find(|figure| figure.word() == word)
    }

    /// What is counted in, after the value.
    pub fn unit(self) -> &'static str {
        match self {
            Figure::BodyCount | Figure::OneThingCount | Figure::StepCountAvg => "个",
            Figure::DeficientMaterials | Figure::MaterialAvg => "份",
            Figure::StatutoryDays | Figure::PromisedDays => "个工作日",
            Figure::VisitAvg => "次",
            _ if self.kind() == Kind::Rate => "",
            _ => "项",
        }
    }

    /// Whether 即办件 may be left out of it.
    pub fn is_of_limits(self) -> bool {
        matches!(
            self,
            Figure::StatutoryDays | Figure::PromisedDays | Figure::LimitCompressionRate
        )
    }
}
