//! What the law lets happen to a case under way, beside the straight road: special procedures, extension, hearing,
//! later materials, tacit decisions, service of notices.
//!
//! Each kind stands in its own module with its rules; this one names the commands, so that the straight road knows
//! them as one. To add one: a variant here, its word and letter below, its move in `flow.rs`, its rule in the module
//! it belongs to.

pub mod extension;
pub mod gap;
pub mod hearing;
pub mod lapse;
pub mod notices;
pub mod procedure;
pub mod urging;

#[cfg(test)]
mod tests;

use casework::{Refusal, Step};

use crate::details::MaterialGiven;
use crate::letter::Letter;
use crate::origins::MaterialOrigin;
use notices::Means;

/// What can be done. Document numbers are empty until the shell has taken them.
#[derive(Clone, Debug)]
pub enum Command {
    StartProcedure(procedure::Start),
    EndProcedure {
        no: u32,
        result: String,
    },
    RequestExtension {
        days: u32,
        reason: String,
    },
    ApproveExtension {
        doc_no: String,
    },
    DeclineExtension {
        reason: String,
    },
    TellHearingRight {
        doc_no: String,
        reason: String,
        means: Means,
    },
    RequestHearing {
        /// 利害关系人, where it is not the applicant who asks.
        by: String,
        reason: String,
    },
    WaiveHearing,
    CallHearing(hearing::Call),
    RecordHearing {
        record: String,
    },
    ServeNotice {
        no: u32,
        means: Means,
    },
    PromiseGap,
    AcceptWithGap {
        acceptance_no: String,
        doc_no: String,
        /// In the unit of the promised limit; the longest possible where it is not given.
        days: Option<u32>,
        means: Means,
    },
    SupplyGap {
        materials: Vec<MaterialGiven>,
        /// Of these, what was handed in before and is used again.
        sources: Vec<MaterialOrigin>,
    },
    LapseGap,
    LapseCorrection,
    ReportReview {
        opinion: String,
    },
    DeemGranted {
        doc_no: String,
        license_id: Option<String>,
    },
    RecordFalseMaterials {
        what: String,
    },
    /// 催办.
    Urge {
        text: String,
    },
}

impl Command {
    /// The word in the flow table and the trail.
    pub fn word(&self) -> &'static str {
        match self {
            Command::StartProcedure(_) => "start_procedure",
            Command::EndProcedure { .. } => "end_procedure",
            Command::RequestExtension { .. } => "request_extension",
            Command::ApproveExtension { .. } => "approve_extension",
            Command::DeclineExtension { .. } => "decline_extension",
            Command::TellHearingRight { .. } => "tell_hearing_right",
            Command::RequestHearing { .. } => "request_hearing",
            Command::WaiveHearing => "waive_hearing",
            Command::CallHearing(_) => "call_hearing",
            Command::RecordHearing { .. } => "record_hearing",
            Command::ServeNotice { .. } => "serve_notice",
            Command::PromiseGap => "promise_gap",
            Command::AcceptWithGap { .. } => "accept_with_gap",
            Command::SupplyGap { .. } => "supply_gap",
            Command::LapseGap => "lapse_gap",
            Command::LapseCorrection => "lapse_correction",
            Command::ReportReview { .. } => "report_review",
            Command::DeemGranted { .. } => "deem_granted",
            Command::RecordFalseMaterials { .. } => "record_false_materials",
            Command::Urge { .. } => "urge",
        }
    }

    /// The letters it issues, with the place of each number.
    pub fn letters(&mut self) -> Vec<(Letter, &mut String)> {
        match self {
            Command::StartProcedure(start) => vec![(Letter::Procedure, &mut start.doc_no)],
            Command::ApproveExtension { doc_no } => vec![(Letter::Extension, doc_no)],
            Command::TellHearingRight { doc_no, .. } => vec![(Letter::HearingRight, doc_no)],
            Command::CallHearing(call) => vec![(Letter::Hearing, &mut call.doc_no)],
            Command::AcceptWithGap {
                acceptance_no,
                doc_no,
                ..
            } => vec![(Letter::Acceptance, acceptance_no), (Letter::Gap, doc_no)],
            Command::DeemGranted { doc_no, .. } => vec![(Letter::Granted, doc_no)],
            _ => Vec::new(),
        }
    }
}

/// Decides on a case whose state, permissions and holds have been checked.
pub(crate) fn decide(
    step: &mut Step<'_>,
    command: &Command,
    plan: Option<&crate::routing::Plan>,
) -> Result<(), Refusal> {
    match command {
        Command::StartProcedure(start) => procedure::start(step, start),
        Command::EndProcedure { no, result } => procedure::end(step, *no, result),
        Command::RequestExtension { days, reason } => extension::request(step, *days, reason),
        Command::ApproveExtension { doc_no } => extension::approve(step, doc_no),
        Command::DeclineExtension { reason } => extension::decline(step, reason),
        Command::TellHearingRight {
            doc_no,
            reason,
            means,
        } => hearing::tell(step, doc_no, reason, means),
        Command::RequestHearing { by, reason } => hearing::request(step, by, reason),
        Command::WaiveHearing => hearing::waive(step),
        Command::CallHearing(call) => hearing::call(step, call),
        Command::RecordHearing { record } => hearing::record(step, record),
        Command::ServeNotice { no, means } => notices::serve(step, *no, means),
        Command::PromiseGap => gap::promise(step),
        Command::AcceptWithGap {
            acceptance_no,
            doc_no,
            days,
            means,
        } => gap::accept(step, (acceptance_no, doc_no), *days, means, plan),
        Command::SupplyGap { materials, sources } => gap::supply(step, materials, sources),
        Command::LapseGap => gap::lapse(step),
        Command::LapseCorrection => lapse::correction(step),
        Command::ReportReview { opinion } => lapse::report_review(step, opinion),
        Command::DeemGranted { doc_no, license_id } => {
            lapse::deem_granted(step, doc_no, license_id.as_deref())
        }
        Command::RecordFalseMaterials { what } => lapse::record_false_materials(step, what),
        Command::Urge { text } => urging::urge(step, text),
    }
}

/// What stands in the way of a decision; `granting` where it is to be positive.
pub(crate) fn before_decision(step: &Step<'_>, granting: bool) -> Result<(), Refusal> {
    procedure::before_decision(step.case())?;
    hearing::before_decision(step)?;
    if granting {
        gap::before_grant(step.case())?;
    }
    Ok(())
}
