//! JSON bodies in.

use axum::extract::{FromRequest, Request};
use base::json::Error;
use serde::de::DeserializeOwned;

use crate::body::{self, JSON_BYTES_MAX};
use crate::problem::{FieldProblem, Kind, Problem, Result};
use crate::visit::Visit;

/// A JSON body of at most 1 MiB; as an answer, the value as JSON with status 200.
///
/// A body that does not fit the type is refused naming the JSON pointer. Types in bodies say
/// `#[serde(deny_unknown_fields)]`.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Json<T>> {
        let (parts, body) = request.into_parts();
        let visit = Visit::of(&parts.extensions)?;
        let is_json = body::media_type(&parts.headers).is_some_and(|media| {
            media == "application/json"
                || (media.starts_with("application/") && media.ends_with("+json"))
        });
        if !is_json {
            return Err(body::unsupported("application/json"));
        }
        let bytes = body::collect(&visit.app.config, &parts.headers, body, JSON_BYTES_MAX).await?;
        visit.note_body(&bytes, None);
        read(&bytes).map(Json)
    }
}

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// Reads a JSON text, naming what is wrong and where.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    base::json::read(bytes).map_err(refused)
}

fn refused(error: Error) -> Problem {
    let unfit = match error {
        Error::Malformed { line, column, .. } => {
            return Problem::bad_request(
                "json_malformed",
                format!("请求体不是正确的 JSON（第 {line} 行第 {column} 列）"),
            );
        }
        Error::Unfit(unfit) => unfit,
    };
    let (missing, message) = explain(unfit.message());
    // What is missing or was given twice is named by the object it should stand in once.
    let path: Vec<&str> = unfit.path().chain(missing).collect();
    let mut pointer = String::new();
    for part in &path {
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
    }
    let field = path.last().copied().unwrap_or_default().to_owned();
    let mut problem = Problem::new(
        Kind::Invalid,
        "invalid",
        format!(
            "{}：{message}",
            if pointer.is_empty() { "/" } else { &pointer }
        ),
    );
    problem.fields.push(FieldProblem {
        field,
        pointer,
        message,
    });
    problem
}

/// Serde's sentence in Chinese; a missing field's name comes beside it.
fn explain(said: &str) -> (Option<&str>, String) {
    let quoted = |text: &'_ str| -> Option<(usize, usize)> {
        let from = text.find('`')? + 1;
        let to = from + text[from..].find('`')?;
        Some((from, to))
    };
    if said.starts_with("missing field") {
        let name = quoted(said).map(|(from, to)| &said[from..to]);
        return (name, "缺少这一项".to_owned());
    }
    if said.starts_with("unknown field") {
        return (None, "没有这一项".to_owned());
    }
    if said.starts_with("duplicate field") {
        let name = quoted(said).map(|(from, to)| &said[from..to]);
        return (name, "只能出现一次".to_owned());
    }
    if said.starts_with("unknown variant")
        && let Some(at) = said.find("expected ")
    {
        let words = said[at + "expected ".len()..]
            .trim_start_matches("one of ")
            .replace('`', "");
        return (None, format!("只能是以下之一：{words}"));
    }
    if said.starts_with("invalid")
        && let Some(at) = said.rfind("expected ")
    {
        let wanted = &said[at + "expected ".len()..];
        return (None, format!("类型或取值不对，应为{}", kind_of(wanted)));
    }
    // Messages of our own types are Chinese already and say what to do.
    (None, said.to_owned())
}

/// What serde calls a type, in words for whoever writes the request.
fn kind_of(wanted: &str) -> &str {
    match wanted {
        "a string" | "a borrowed string" | "a character" => "文字",
        "a boolean" => " true 或 false",
        "a sequence" | "an array" => "数组",
        "a map" => "对象",
        "f32" | "f64" => "数字",
        "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128" => {
            "允许范围内的整数"
        }
        other if other.starts_with("struct ") => "对象",
        other if other.starts_with("enum ") || other.contains("variant") => "列出的取值之一",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::read;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals are looked at")]
    struct Body {
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals are looked at")]
    struct Part {
        count: u32,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Small,
        Large,
    }

    #[test]
    fn a_refused_body_names_the_place() {
        for (text, code, pointer, message) in [
            (
                r#"{"parts":[{"count":"x"}]}"#,
                "invalid",
                "/parts/0/count",
                "类型或取值不对，应为允许范围内的整数",
            ),
            (
                r#"{"parts":[{}]}"#,
                "invalid",
                "/parts/0/count",
                "缺少这一项",
            ),
            (
                r#"{"parts":[{"count":1,"a/b":2}]}"#,
                "invalid",
                "/parts/0/a~1b",
                "没有这一项",
            ),
            (
                r#"{"parts":[{"count":1,"kind":"huge"}]}"#,
                "invalid",
                "/parts/0/kind",
                "只能是以下之一：`small` or `large`",
            ),
            ("[]", "invalid", "", "类型或取值不对，应为对象"),
            (
                r#"[[{"count":1}]]"#,
                "invalid",
                "",
                "类型或取值不对，应为对象",
            ),
            (
                r#"{"parts":[[1,null]]}"#,
                "invalid",
                "/parts/0",
                "类型或取值不对，应为对象",
            ),
        ] {
            let problem = read::<Body>(text.as_bytes()).expect_err(text);
            assert_eq!(problem.code, code, "{text}");
            let field = &problem.fields[0];
            assert_eq!(field.pointer, pointer, "{text}");
            assert_eq!(field.message, message.replace('`', ""), "{text}");
        }
        for text in ["", "{", "{\"parts\":[]} x", "{\"parts\":\"\u{1}\"}", "nul"] {
            let problem = read::<Body>(text.as_bytes()).expect_err(text);
            assert_eq!(problem.code, "json_malformed", "{text}");
        }
        let problem = read::<Body>(b"{\"parts\":\"\xff\"}").expect_err("no UTF-8");
        assert!(problem.kind.status().is_client_error());
        let deep = "[".repeat(100_000);
        assert_eq!(
            read::<serde_json::Value>(deep.as_bytes())
                .expect_err("deep")
                .code,
            "json_malformed"
        );
    }
}
