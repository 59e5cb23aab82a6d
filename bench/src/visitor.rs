//! Signing in, once for each visitor: through the API for a token, through the page for a cookie.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use base::crypto::{Entropy, to_hex};
use serde::Deserialize;
use serde_json::json;

use crate::city::PASSWORD;
use crate::http::{Client, Request, escaped};

/// Something no run before has called its requests.
pub(crate) fn label() -> String {
    to_hex(&Entropy::system().bytes::<6>())
}

/// Signs in through the API; answers the `Authorization` line.
pub(crate) async fn token(server: SocketAddr, login: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Session {
        token: String,
    }
    let mut client = Client::new(server);
    let body = json!({ "login": login, "password": PASSWORD }).to_string();
    let key = format!("Idempotency-Key: {}", label());
    let answer = client
        .send(Request {
            method: "POST",
            target: "/api/v1/sessions",
            headers: &[&key],
            body: Some(("application/json", body.as_bytes())),
        })
        .await?;
    ensure!(
        answer.status == 201,
        "signing {login} in: {} {}",
        answer.status,
        client.excerpt()
    );
    let session: Session = serde_json::from_slice(client.body())?;
    Ok(format!("Authorization: Bearer {}", session.token))
}

/// Signs in through the page; answers the `Cookie` line.
pub(crate) async fn cookie(server: SocketAddr, login: &str, staff: bool) -> anyhow::Result<String> {
    let mut client = Client::new(server);
    let target = if staff { "/staff/sign-in" } else { "/sign-in" };
    let answer = client.send(Request::get(target, &[])).await?;
    ensure!(answer.status == 200, "{target}: {}", answer.status);
    let page = String::from_utf8_lossy(client.body()).into_owned();
    let csrf = page
        .split_once("name=\"csrf\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(token, _)| token)
        .context("the sign-in form has a token")?;
    let cookies = format!("Cookie: {}", answer.cookies.join("; "));
    let form = format!(
        "csrf={}&login={}&password={}&back={}",
        escaped(csrf),
        escaped(login),
        escaped(PASSWORD),
        escaped(if staff { "/staff" } else { "/my" })
    );
    let origin = format!("Origin: http://{server}");
    let answer = client
        .send(Request {
            method: "POST",
            target,
            headers: &[&cookies, &origin],
            body: Some(("application/x-www-form-urlencoded", form.as_bytes())),
        })
        .await?;
    ensure!(
        answer.status == 303,
        "signing {login} in: {} {}",
        answer.status,
        client.excerpt()
    );
    let session = answer
        .cookies
        .iter()
        .find(|cookie| cookie.starts_with("tb_session="))
        .context("signing in starts a session")?;
    Ok(format!("Cookie: {session}"))
}
