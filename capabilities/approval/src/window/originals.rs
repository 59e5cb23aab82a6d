//! 原件保管: which papers of an applicant the administration holds, who holds them, and every hand they went through.

use casework::{Case, Refusal, Step};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Key of [`Custody`].
pub const ORIGINALS: &str = "originals";
/// Papers of one case.
const PAPERS_MAX: usize = 50;
/// Copies of one paper.
const COPIES_MAX: u32 = 99;
/// Hands they may go through.
const MOVES_MAX: usize = 200;

/// Everything held of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    pub papers: Vec<Paper>,
    pub moves: Vec<Hand>,
}

/// One paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub name: String,
    pub copies: u32,
    /// Who holds it; empty once the applicant has it back.
    pub holder: String,
}

/// One change of hands, with the number of its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// 原件收据编号: the case number and a serial.
    pub receipt: String,
    pub kind: HandKind,
    pub from: String,
    pub to: String,
    /// Papers, as 名称×份数.
    pub papers: Vec<String>,
    pub note: String,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandKind {
    Taken,
    Moved,
    Returned,
}

impl HandKind {
    pub fn label(self) -> &'static str {
        match self {
            HandKind::Taken => "收取原件",
            HandKind::Moved => "转交原件",
            HandKind::Returned => "退还原件",
        }
    }
}

impl Custody {
    pub fn of(case: &Case) -> Custody {
        case.detail(ORIGINALS).unwrap_or_default()
    }

    /// Papers the administration still holds.
    pub fn held(&self) -> impl Iterator<Item = &Paper> {
        self.papers.iter().filter(|paper| !paper.holder.is_empty())
    }

    /// Whether nothing is held.
    pub fn is_clear(&self) -> bool {
        self.held().next().is_none()
    }

    pub(super) fn take(
        mut self,
        step: &mut Step<'_>,
        actor: &str,
        papers: &[(String, u32)],
    ) -> Result<(), Refusal> {
        if papers.is_empty() {
            return Err(Refusal::invalid("papers", "请至少登记一份原件"));
        }
        if self.papers.len() + papers.len() > PAPERS_MAX {
            return Err(Refusal::invalid(
                "papers",
                format!("一件最多登记{PAPERS_MAX}份原件"),
            ));
        }
        let mut taken = Vec::with_capacity(papers.len());
        for (name, copies) in papers {
            let name = super::needed("papers", name, "请写明原件的名称")?;
            if !(1..=COPIES_MAX).contains(copies) {
                return Err(Refusal::invalid(
                    "papers",
                    format!("原件份数应为1至{COPIES_MAX}"),
                ));
            }
            taken.push(format!("{name}×{copies}"));
            self.papers.push(Paper {
                name,
                copies: *copies,
                holder: actor.to_owned(),
            });
        }
        let applicant = step.case().applicant_name.clone();
        self.moved(step, HandKind::Taken, (&applicant, actor), taken, "")
    }

    pub(super) fn hand(
        mut self,
        step: &mut Step<'_>,
        actor: &str,
        to: &str,
        note: &str,
    ) -> Result<(), Refusal> {
        let names = self.pass_on(to)?;
        self.moved(step, HandKind::Moved, (actor, to), names, note)
    }

    pub(super) fn give_back(
        mut self,
        step: &mut Step<'_>,
        actor: &str,
        receiver: &str,
    ) -> Result<(), Refusal> {
        let names = self.pass_on("")?;
        self.moved(step, HandKind::Returned, (actor, receiver), names, "")
    }

    /// Everything held goes to `to`; tells what that was.
    fn pass_on(&mut self, to: &str) -> Result<Vec<String>, Refusal> {
        let mut names = Vec::new();
        for paper in self
            .papers
            .iter_mut()
            .filter(|paper| !paper.holder.is_empty())
        {
            to.clone_into(&mut paper.holder);
            names.push(format!("{}×{}", paper.name, paper.copies));
        }
        if names.is_empty() {
            return Err(Refusal::invalid("papers", "本件没有在管的原件"));
        }
        Ok(names)
    }

    fn moved(
        mut self,
        step: &mut Step<'_>,
        kind: HandKind,
        (from, to): (&str, &str),
        papers: Vec<String>,
        note: &str,
    ) -> Result<(), Refusal> {
        if self.moves.len() >= MOVES_MAX {
            return Err(Refusal::invalid(
                "papers",
                "本件原件流转次数过多，请联系系统管理员",
            ));
        }
        let receipt = format!("{}-Y{:02}", step.case().no, self.moves.len() + 1);
        step.remark(&papers.join("、"));
        self.moves.push(Hand {
            receipt,
            kind,
            from: from.to_owned(),
            to: to.to_owned(),
            papers,
            note: note.to_owned(),
            at: step.at(),
        });
        step.note(ORIGINALS, &self);
        Ok(())
    }
}
