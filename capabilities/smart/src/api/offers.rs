//! 免申即享: what is offered to a person, and their answer.

use ::web::{Access, Idempotency, Json, Listing, Path, Routes, Visit};
use axum::extract::State;
use axum::http::StatusCode;
use base::ids::CaseId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{get, post};
use crate::error::Error;
use crate::offers::{self, Typed};
use crate::state::Smart;

pub(super) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    routes
        .api(
            get("/api/v1/offers", "list_offers")
                .summary("主动提供给本人的服务")
                .access(Access::Person)
                .ok::<Listing<OfferJson>>(200),
            list_offers,
        )
        .api(
            post("/api/v1/offers/{offer_id}/confirmation", "confirm_offer")
                .summary("本人确认：提出申请并当场按规则决定")
                .access(Access::Person)
                .body::<NewConfirmation>()
                .ok::<ConfirmedJson>(200)
                .problems(&[404, 409]),
            confirm,
        )
        .api(
            post("/api/v1/offers/{offer_id}/decline", "decline_offer")
                .summary("本人不领取")
                .access(Access::Person)
                .ok_empty()
                .problems(&[404, 409]),
            decline,
        )
}

#[derive(Debug, Serialize, JsonSchema)]
struct OfferJson {
    #[schemars(with = "::web::schema::Id")]
    offer_id: Uuid,
    base_code: String,
    name: String,
    /// 达到年龄的月份 yyyy-mm
    month: String,
    /// open、confirmed、declined
    state: String,
    #[schemars(with = "Option<::web::schema::Id>")]
    case_id: Option<CaseId>,
}

async fn list_offers(
    visit: Visit,
    State(smart): State<Smart>,
) -> ::web::Result<Json<Listing<OfferJson>>> {
    let person = visit.person()?.clone();
    let handle = smart.clone();
    let items = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let party = handle
                .app
                .people
                .party(tx, person.party)?
                .ok_or(Error::NotFound)?;
            Ok(offers::of_party(tx, &handle, &party)?
                .into_iter()
                .map(|offer| OfferJson {
                    offer_id: offer.id,
                    name: offers::of_code(&offer.base_code)
                        .map_or_else(String::new, |what| what.name.clone()),
                    base_code: offer.base_code,
                    month: offer.month,
                    state: offer.state.word().to_owned(),
                    case_id: offer.case,
                })
                .collect())
        })
        .await?;
    Ok(Json(Listing { items, next: None }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewConfirmation {
    /// 换一张银行卡；不写则用社会保障卡账户
    #[serde(default)]
    #[schemars(length(max = 64))]
    bank_card: String,
    #[serde(default)]
    #[schemars(length(max = 100))]
    bank_name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConfirmedJson {
    #[schemars(with = "::web::schema::Id")]
    case_id: CaseId,
}

/// Confirming twice gives the same case: the offer remembers it.
async fn confirm(
    visit: Visit,
    State(smart): State<Smart>,
    Path(offer_id): Path<Uuid>,
    _key: Idempotency,
    Json(body): Json<NewConfirmation>,
) -> ::web::Result<Json<ConfirmedJson>> {
    let person = visit.person()?.clone();
    let typed = Typed {
        bank_card: body.bank_card,
        bank_name: body.bank_name,
    };
    let case_id = offers::confirm(&smart, &person, offer_id, typed).await?;
    Ok(Json(ConfirmedJson { case_id }))
}

async fn decline(
    visit: Visit,
    State(smart): State<Smart>,
    Path(offer_id): Path<Uuid>,
    _key: Idempotency,
) -> ::web::Result<StatusCode> {
    let person = visit.person()?.clone();
    offers::decline(&smart, &person, offer_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
