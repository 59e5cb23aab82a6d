//! What travels as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Channel, Rating};
use crate::rules::Given;

/// A rating to be given.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRating {
    /// 1 非常满意、2 满意、3 基本满意、4 不满意、5 非常不满意
    #[schemars(range(min = 1, max = 5))]
    pub level: i64,
    /// 标签代码，见 list_rating_tags；等级 4、5 至少选一项或写明情况
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub tags: Vec<String>,
    /// 评价内容，500 字以内
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub text: String,
    /// 评价渠道
    #[serde(default)]
    pub channel: Channel,
}

impl From<NewRating> for Given {
    fn from(new: NewRating) -> Given {
        Given {
            level: Some(new.level),
            tags: new.tags,
            said: new.text,
            channel: new.channel,
        }
    }
}

/// A rating as its giver sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RatingJson {
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    pub level: u8,
    /// 等级名称
    pub label: String,
    pub tags: Vec<String>,
    /// 标签版本
    pub tag_set: String,
    pub text: String,
    pub channel: Channel,
    #[schemars(with = "web::schema::Instant")]
    pub rated_at: jiff::Timestamp,
}

impl From<Rating> for RatingJson {
    fn from(rating: Rating) -> RatingJson {
        RatingJson {
            case_id: rating.case.to_string(),
            level: rating.level.code(),
            label: rating.level.label().to_owned(),
            tags: rating.tags,
            tag_set: rating.tag_set,
            text: rating.said,
            channel: rating.channel,
            rated_at: rating.at,
        }
    }
}

/// The tags offered now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TagsJson {
    pub version: String,
    pub sets: Vec<TagSetJson>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TagSetJson {
    /// window 窗口办理、online 网上办理
    pub service: String,
    /// 适用的等级
    pub levels: Vec<u8>,
    pub tags: Vec<TagJson>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TagJson {
    pub code: String,
    pub label: String,
}
