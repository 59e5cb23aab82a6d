//! 进度查询 without signing in: case number and query password show the state and the dates, nothing else.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::codes::CaseNo;
use casework::Case;
use people::LookUp;
use serde::Deserialize;
use ui::Page;
use web::{Form, Query, Result, Visit, render_with};

use crate::Intake;

#[derive(Template)]
#[template(path = "intake/progress.html")]
struct ProgressPage {
    page: Page,
    no: String,
    errors: Vec<(String, String)>,
    no_error: String,
    code_error: String,
    found: Option<Progress>,
}

struct Progress {
    no: String,
    state: &'static str,
    tone: &'static str,
    /// (what, when).
    dates: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    no: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ProgressForm {
    #[serde(default)]
    no: String,
    #[serde(default)]
    code: String,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let no = base::text::shorten(&asked.no.unwrap_or_default(), 40);
    page(&visit, &no, "", "", None)
}

fn page(
    visit: &Visit,
    no: &str,
    no_error: &str,
    code_error: &str,
    found: Option<Progress>,
) -> Response {
    let page = visit.form_page("进度查询").with_nav("progress");
    let mut errors = Vec::new();
    for (id, error) in [("no", no_error), ("code", code_error)] {
        if !error.is_empty() {
            errors.push((id.to_owned(), page.t(error).to_owned()));
        }
    }
    let refused = !errors.is_empty();
    let body = ProgressPage {
        no: no.to_owned(),
        no_error: page.t(no_error).to_owned(),
        code_error: page.t(code_error).to_owned(),
        errors,
        found,
        page: if refused { page.with_error() } else { page },
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

/// The same answer for a number that does not exist and for a wrong password.
const NOT_FOUND: &str = "编号和密码不匹配，请对照收件回执核对";

pub(super) async fn find(
    State(intake): State<Intake>,
    visit: Visit,
    Form(form): Form<ProgressForm>,
) -> Result<Response> {
    let limits = intake.app.people.limits();
    let now = visit.app.now();
    limits
        .look_up_from(LookUp::CaseProgress, visit.address, now)
        .map_err(people::Error::from)?;
    let typed = base::text::shorten(&form.no, 40);
    let Ok(no) = CaseNo::parse(&form.no) else {
        return Ok(page(
            &visit,
            &typed,
            "请输入22位办件编号，在收件回执上",
            "",
            None,
        ));
    };
    let code = base::text::normalise_code(&form.code);
    if !(4..=6).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(page(
            &visit,
            &typed,
            "",
            "请输入收件回执上的查询密码，4至6位数字",
            None,
        ));
    }
    // Guessing from many addresses at one case is slowed as well.
    limits
        .look_up(LookUp::CaseProgress, no.as_str(), now)
        .map_err(people::Error::from)?;
    let number = no.as_str().to_owned();
    let case = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            Ok(cases::load_by_no(tx, &number).map_err(approval::Error::from)?)
        })
        .await?;
    let digest = approval::query_digest(no.as_str(), &code);
    let case = case.filter(|case| {
        case.detail::<String>(approval::details::QUERY_CODE)
            .is_some_and(|kept| base::crypto::constant_time_eq(kept.as_bytes(), digest.as_bytes()))
    });
    Ok(match case {
        None => page(&visit, &typed, "", NOT_FOUND, None),
        Some(case) => {
            let progress = progress(&intake, &visit, &case);
            page(&visit, &typed, "", "", Some(progress))
        }
    })
}

fn progress(intake: &Intake, visit: &Visit, case: &Case) -> Progress {
    let frame = visit.page("进度查询");
    let calendar = intake.app.calendar();
    let mut dates = vec![(
        frame.t("提交").to_owned(),
        frame.date(calendar::civil_date(case.opened_at)),
    )];
    if let Some(acceptance) = approval::details::acceptance(case) {
        dates.push((frame.t("受理").to_owned(), frame.date(acceptance.from)));
    }
    for clock in case.open_clocks() {
        let due = clock.due(&calendar).ok().and_then(calendar::Deadline::due);
        let label = frame
            .t(approval::clocks::label(&clock.terms.kind))
            .to_owned();
        let text = match due {
            Some(due) => ui::strip::due_text(frame.lang, due.date, due.provisional),
            None => frame.t("停止计时").to_owned(),
        };
        dates.push((label, text));
    }
    if let Some(at) = case.closed_at {
        dates.push((
            frame.t("办结").to_owned(),
            frame.date(calendar::civil_date(at)),
        ));
    }
    Progress {
        no: case.no.clone(),
        state: approval::flow::state_label(&case.state),
        tone: super::case::tone(&case.state),
        dates,
    }
}
