//! Differences put into the catalogue on purpose, so that its checks have something true to find. Which ones, is the
//! seed's; `cargo run -p tongban-demo --example differences` prints them.

use calendar::Unit;
use catalog::model::{CaseType, CommitmentMode, Fee, Item, Limit, Material};

use crate::claims::Claim;
use crate::dice::Dice;
use crate::offices::Offices;

/// Items of each kind of difference: 91 of 2,950, about three in a hundred.
const EACH: usize = 7;

/// What is wrong with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    StatutoryLimit,
    BasisArticle,
    InstantFiveDays,
    PromiseTooLong,
    CatchAll,
    MaterialBeyond,
    NeedlessVisit,
    OnlineDepth,
    FeeWithoutBasis,
    NothingDeferrable,
    DangerousPromise,
    ForeignCode,
    /// One county's flow has a step less than the others': nothing it may not do, but not the same.
    OtherFlow,
}

impl Kind {
    pub const ALL: [Kind; 13] = [
        Kind::StatutoryLimit,
        Kind::BasisArticle,
        Kind::InstantFiveDays,
        Kind::PromiseTooLong,
        Kind::CatchAll,
        Kind::MaterialBeyond,
        Kind::NeedlessVisit,
        Kind::OnlineDepth,
        Kind::FeeWithoutBasis,
        Kind::NothingDeferrable,
        Kind::DangerousPromise,
        Kind::ForeignCode,
        Kind::OtherFlow,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Kind::StatutoryLimit => "法定时限与基本目录不同",
            Kind::BasisArticle => "设定依据没有条款号",
            Kind::InstantFiveDays => "即办件承诺5个工作日",
            Kind::PromiseTooLong => "承诺时限长于法定时限",
            Kind::CatchAll => "受理条件有兜底用语",
            Kind::MaterialBeyond => "多要一份基本目录没有的材料",
            Kind::NeedlessVisit => "可以全程网办却要跑一次",
            Kind::OnlineDepth => "全程网办但网上办理深度不全",
            Kind::FeeWithoutBasis => "收费没有依据",
            Kind::NothingDeferrable => "容缺受理却没有可容缺的材料",
            Kind::DangerousPromise => "涉及公共安全却实行告知承诺",
            Kind::ForeignCode => "实施编码与基本编码不一致",
            Kind::OtherFlow => "一个县区的办理流程与其他县区不同",
        }
    }

    /// The stable word of the finding; `uniform.steps` is found by comparing the counties only.
    pub fn finding(self) -> &'static str {
        match self {
            Kind::StatutoryLimit => "b.statutory_limit",
            Kind::BasisArticle => "c9.article",
            Kind::InstantFiveDays => "c2.instant",
            Kind::PromiseTooLong => "c1.longer",
            Kind::CatchAll => "c6.vague",
            Kind::MaterialBeyond => "n.materials.added",
            Kind::NeedlessVisit => "c3.needless",
            Kind::OnlineDepth => "c4.depth",
            Kind::FeeWithoutBasis => "c5.basis",
            Kind::NothingDeferrable => "c7.nothing",
            Kind::DangerousPromise => "c8.concern",
            Kind::ForeignCode => "c10.base",
            Kind::OtherFlow => "uniform.steps",
        }
    }

    /// Whether an item can have this and nothing else wrong.
    fn fits(self, item: &Item) -> bool {
        match self {
            Kind::StatutoryLimit | Kind::PromiseTooLong => item.statutory_limit.is_some(),
            Kind::InstantFiveDays => {
                item.case_type == CaseType::Instant && item.statutory_limit.is_none()
            }
            Kind::NeedlessVisit | Kind::OnlineDepth => item.fully_online(),
            Kind::CatchAll => !item.accept_conditions.is_empty(),
            Kind::NothingDeferrable => {
                let mut materials = item.materials.iter();
                materials.any(|material| material.core)
                    && !item.materials.iter().any(|material| material.deficient_ok)
            }
            _ => true,
        }
    }

    fn put(self, item: &mut Item) {
        match self {
            Kind::StatutoryLimit => {
                if let Some(limit) = &mut item.statutory_limit {
                    limit.n += 10;
                }
            }
            Kind::BasisArticle => {
                if let Some(basis) = item.legal_basis.first_mut() {
                    basis.article.clear();
                }
            }
            Kind::InstantFiveDays => {
                item.promised_limit = Some(Limit {
                    n: 5,
                    unit: Unit::WorkingDay,
                    note: String::new(),
                });
            }
            Kind::PromiseTooLong => {
                item.promised_limit = item.statutory_limit.clone().map(|limit| Limit {
                    n: limit.n + 5,
                    ..limit
                });
            }
            Kind::CatchAll => item
                .accept_conditions
                .push("符合法律、法规和上级部门的其他有关要求".to_owned()),
            Kind::MaterialBeyond => item.materials.push(Material {
                key: "clean_record".to_owned(),
                name: "社区出具的无违法行为证明".to_owned(),
                original_count: 1,
                form: "纸质".to_owned(),
                ..Material::default()
            }),
            Kind::NeedlessVisit => {
                item.visit_count = 1;
                "须到窗口核对原件".clone_into(&mut item.visit_reason);
            }
            Kind::OnlineDepth => item.online_depth.truncate(3),
            Kind::FeeWithoutBasis => item.fees.push(Fee {
                name: "工本费".to_owned(),
                standard: "每份10元".to_owned(),
                ..Fee::default()
            }),
            Kind::NothingDeferrable => item.allow_deficient = true,
            Kind::DangerousPromise => {
                item.commitment.mode = CommitmentMode::Licence;
                item.commitment.concerns = vec!["公共安全".to_owned()];
            }
            // 53 in place of 99, where the basic code begins.
            Kind::ForeignCode => item.impl_code.replace_range(19..21, "53"),
            Kind::OtherFlow => drop(item.steps.pop()),
        }
    }
}

/// One item with a difference in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub kind: Kind,
    pub body: String,
    pub item: String,
    /// As it stands in the catalogue.
    pub impl_code: String,
}

/// Puts the differences into claims that more than one body made; each item gets at most one.
pub(crate) fn plant(claims: &mut [Claim], offices: &Offices, dice: &mut Dice) -> Vec<Difference> {
    let mut open: Vec<usize> = (0..claims.len())
        .filter(|place| {
            let claim = &claims[*place];
            claim.before.is_none() && offices.desks[claim.desk].body.level == 4
        })
        .collect();
    let mut planted = Vec::with_capacity(Kind::ALL.len() * EACH);
    for kind in Kind::ALL {
        let mut missing = EACH;
        let mut tries = open.len() * 4;
        while missing > 0 && tries > 0 && !open.is_empty() {
            tries -= 1;
            let at = dice.index(open.len());
            let claim = &mut claims[open[at]];
            if !kind.fits(&claim.item) {
                continue;
            }
            kind.put(&mut claim.item);
            planted.push(Difference {
                kind,
                body: offices.desks[claim.desk].body.name.clone(),
                item: claim.item.name.clone(),
                impl_code: claim.item.impl_code.clone(),
            });
            let base = claim.base;
            // One difference for all copies of a base item, so that each is told apart from its fellows.
            open.retain(|place| claims[*place].base != base);
            missing -= 1;
        }
    }
    planted
}
