//! 机构合并划转: every item and open draft of one body goes to another, from a day on.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::Page;
use web::{Access, Form, Problem, Routes, Visit};

use super::bulk::{bulk_href, keep, new_bulk};
use super::desk::editor;
use crate::app::transfer::{self, Error, Merge};
use crate::pages::Doors;
use crate::store::{Bulk, BulkId, BulkKind};

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes.get("/admin/catalog/merge", Access::Staff, get).post(
        "/admin/catalog/merge",
        Access::Staff,
        post,
    )
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Bodies {
    from: String,
    to: String,
    /// Ticked: the giving body ends with its last item.
    dissolve: Option<String>,
}

impl Bodies {
    fn merge(&self) -> Merge {
        Merge {
            from: self.from.clone(),
            to: self.to.clone(),
            dissolve: self.dissolve.is_some(),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/merge.html")]
struct Show {
    page: Page,
    bodies: Bodies,
    orgs: Vec<(String, String)>,
    errors: Vec<(String, String)>,
}

impl Show {
    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }
}

async fn view(
    visit: &Visit,
    doors: &Doors,
    bodies: Bodies,
    errors: Vec<(String, String)>,
) -> web::Result<Show> {
    let mut page = visit
        .page("机构合并划转")
        .with_nav("drafts")
        .with_crumb("事项编制", "/admin/catalog/drafts")
        .with_crumb("批量办理", "/admin/catalog/bulk");
    if !errors.is_empty() {
        page = page.with_error();
    }
    Ok(Show {
        page,
        orgs: super::org_choices(doors).await?,
        bodies,
        errors,
    })
}

async fn get(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    editor(&visit)?;
    let show = view(&visit, &doors, Bodies::default(), Vec::new()).await?;
    Ok(web::render(&visit, show))
}

async fn post(
    visit: Visit,
    State(doors): State<Doors>,
    Form(bodies): Form<Bodies>,
) -> web::Result<Response> {
    match look(&visit, &doors, bodies.merge()).await {
        Ok(bulk_id) => Ok(web::redirect(&bulk_href(bulk_id))),
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            let show = view(&visit, &doors, bodies, errors).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                show,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// Looks at what it would mean and keeps it.
pub(crate) async fn look(visit: &Visit, doors: &Doors, merge: Merge) -> web::Result<BulkId> {
    let actor = editor(visit)?.clone();
    let (giver, receiver) = (
        super::org_named(doors, "from", &merge.from).await?,
        super::org_named(doors, "to", &merge.to).await?,
    );
    let title = format!("{}的事项划转到{}", giver.name, receiver.name);
    let params = Merge {
        from: giver.key.clone(),
        to: receiver.key.clone(),
        ..merge
    };
    let bulk = Bulk {
        params: serde_json::to_string(&params).map_err(Problem::internal)?,
        ..new_bulk(visit, doors, BulkKind::Merge, title)?
    };
    keep(doors, bulk, move |tx| {
        transfer::look_at_merge(tx, &actor, giver.id, receiver.id)
    })
    .await
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::NotFound("item") => {
                Problem::invalid("item", "没有这个事项，或者它不在您的编制范围内")
            }
            Error::NotFound(_) => Problem::invalid("to", "没有这个机构，或者它不在您的编制范围内"),
            Error::SameBody => Problem::invalid("to", "请选另一个机构"),
            Error::Ended => Problem::invalid("to", "这个机构已经撤销，请选另一个"),
            Error::Level => Problem::invalid(
                "to",
                "下放只能给下一级或更低一级的机构；授权和委托不能给上级机构",
            ),
            Error::NeedsBasis => Problem::invalid("basis", "请写明依据的文件和文号"),
            Error::Days => Problem::invalid("last_day", "截止日期不能早于开始日期"),
            Error::Held(item_id) => Problem::invalid("to", "这个机构已经有这个事项")
                .and_field("item_id", item_id.to_string()),
            Error::Bulk(error) => Problem::from(error),
            Error::Draft(error) => Problem::from(error),
            Error::Store(error) => Problem::from(error),
        }
    }
}
