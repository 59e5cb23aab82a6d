//! Reason codes: lists that offices count by. The labels are this platform's proposal where no list is published.

/// A code and what it is called.
pub type Reason = (&'static str, &'static str);

/// Why a window passed a case on instead of accepting it or giving the one-time notice.
pub const ESCALATION: [Reason; 7] = [
    ("out_of_scope", "不属于本机关职权范围"),
    ("not_licensed", "依法不需要取得行政许可"),
    ("condition_doubt", "是否符合受理条件存疑"),
    ("material_doubt", "材料真实性存疑"),
    ("policy_unclear", "政策口径不明确"),
    ("conflict_claim", "存在权属或者利害关系争议"),
    ("system", "系统或者数据原因无法受理"),
];

/// 绿色通道: who goes first (《无障碍环境建设法》第四十条 names the first two; the rest is this platform's proposal).
pub const GREEN: [Reason; 6] = [
    ("elderly", "老年人"),
    ("disabled", "残疾人"),
    ("pregnant", "孕产妇"),
    ("infant", "携带婴幼儿"),
    ("military", "现役军人、退役军人和其他优抚对象"),
    ("urgent", "急难情形"),
];

/// What a code is called.
pub fn label(list: &[Reason], code: &str) -> Option<&'static str> {
    list.iter()
        .find(|(known, _)| *known == code)
        .map(|(_, label)| *label)
}
