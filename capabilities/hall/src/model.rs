//! What a hall and a window are.

use base::ids::{HallId, OrgId, WindowId};
use jiff::civil::Date;

use crate::hours::Period;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of the select list.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word stored and used by the API.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// As it is called on screens.
            pub fn label(self) -> &'static str {
                match self {
                    $($name::$variant => $label,)+
                }
            }

            /// The one with this word.
            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// What sort of place.
    HallKind {
        /// 政务服务中心.
        Hall = "hall", "政务服务中心";
        /// 分中心: one topic.
        Branch = "branch", "分中心";
        /// 便民服务中心（站） of a street, town or village.
        Station = "station", "便民服务中心（站）";
    }
}

words! {
    /// 示范型、标准型、简朴型: how a station is equipped.
    Tier {
        /// 示范型.
        Model = "demonstration", "示范型";
        /// 标准型.
        Standard = "standard", "标准型";
        /// 简朴型.
        Simple = "simple", "简朴型";
    }
}

words! {
    /// What a window is for.
    WindowKind {
        /// 综合窗口: takes many bodies' matters.
        Integrated = "integrated", "综合窗口";
        /// 专窗: one topic.
        Dedicated = "dedicated", "专窗";
        /// 跨省通办.
        CrossProvince = "cross_province", "跨省通办窗口";
        /// 办不成事反映窗口.
        Redress = "redress", "“办不成事”反映窗口";
        /// 绿色通道.
        Green = "green", "绿色通道窗口";
    }
}

/// 政务大厅: a place with windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hall {
    /// Handed in when it was added.
    pub id: HallId,
    /// Short unique word for imports: `city_hall`.
    pub key: String,
    /// 名称.
    pub name: String,
    /// What sort of place.
    pub kind: HallKind,
    /// Of a station only.
    pub tier: Option<Tier>,
    /// Region code it serves.
    pub region: String,
    /// The hall it belongs to.
    pub parent: Option<HallId>,
    /// 地址, public.
    pub address: String,
    /// 电话, public.
    pub phone: String,
    /// Opening hours; empty where they are not known.
    pub hours: Vec<Period>,
    /// 功能区.
    pub zones: Vec<String>,
    /// How to get there and what else to know; may be empty.
    pub note: String,
    /// First day.
    pub valid_from: Date,
    /// Last day; none while it is open.
    pub valid_to: Option<Date>,
}

impl Hall {
    /// Whether it exists on a day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// 窗口.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Handed in when it was added.
    pub id: WindowId,
    /// In which hall.
    pub hall: HallId,
    /// 编号 on the sign: A01.
    pub number: String,
    /// What it says under the number.
    pub name: String,
    /// What it is for.
    pub kind: WindowKind,
    /// Whose matters it takes in; empty: everybody's.
    pub orgs: Vec<OrgId>,
    /// Last day; none while it is used.
    pub closed_on: Option<Date>,
}

impl Window {
    /// Whether it takes in this organisation's matters.
    pub fn serves(&self, org: OrgId) -> bool {
        self.orgs.is_empty() || self.orgs.contains(&org)
    }
}
