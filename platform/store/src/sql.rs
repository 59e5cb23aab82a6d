//! One migration text for both engines.

use crate::Engine;

/// The text as the engine understands it.
///
/// * Sections between `-- only: sqlite` or `-- only: postgres` and `-- end` stay on that engine alone.
/// * SQLite: `BIGINT` becomes `INTEGER`, which strict tables require.
/// * PostgreSQL: `BLOB` becomes `BYTEA`; `STRICT` and `WITHOUT ROWID` after a closing parenthesis go.
///
/// Strings, quoted names and comments are left alone.
pub(crate) fn translate(sql: &str, engine: Engine) -> Result<String, String> {
    let sql = sections(sql, engine)?;
    let pieces = pieces(&sql);
    let mut out = String::with_capacity(sql.len());
    let mut after_parenthesis = false;
    for (at, piece) in pieces.iter().enumerate() {
        let word = piece.to_ascii_uppercase();
        match (engine, word.as_str()) {
            (Engine::Sqlite, "BIGINT") => out.push_str("INTEGER"),
            (Engine::Postgres, "BLOB") => out.push_str("BYTEA"),
            (Engine::Postgres, "STRICT" | "WITHOUT" | "ROWID" | ",") if after_parenthesis => {
                // `, ` between the two table options goes with them; a comma that goes on with the statement stays.
                if word == "," && !option_follows(&pieces[at + 1..]) {
                    out.push_str(piece);
                    after_parenthesis = false;
                }
                continue;
            }
            _ => out.push_str(piece),
        }
        if word == ")" {
            after_parenthesis = true;
        } else if !piece.trim().is_empty() {
            after_parenthesis = false;
        }
    }
    Ok(out)
}

fn option_follows(rest: &[&str]) -> bool {
    rest.iter()
        .find(|piece| !piece.trim().is_empty())
        .is_some_and(|piece| matches!(piece.to_ascii_uppercase().as_str(), "STRICT" | "WITHOUT"))
}

fn sections(sql: &str, engine: Engine) -> Result<String, String> {
    let mut out = String::with_capacity(sql.len());
    let mut only: Option<bool> = None;
    for line in sql.lines() {
        let mark = line.trim();
        if let Some(name) = mark.strip_prefix("-- only:") {
            if only.is_some() {
                return Err("a section begins inside another".to_owned());
            }
            only = Some(match name.trim() {
                "sqlite" => engine == Engine::Sqlite,
                "postgres" => engine == Engine::Postgres,
                other => return Err(format!("no engine is called {other}")),
            });
        } else if mark == "-- end" {
            if only.take().is_none() {
                return Err("a section ends that never began".to_owned());
            }
        } else if only != Some(false) {
            out.push_str(line);
        }
        out.push('\n');
    }
    if only.is_some() {
        return Err("a section never ends".to_owned());
    }
    Ok(out)
}

/// Words, strings, comments, blanks and single signs; put together they are the text again.
fn pieces(sql: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => quoted(rest, first),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            letter if letter.is_alphanumeric() || letter == '_' => {
                run(rest, |c| c.is_alphanumeric() || c == '_')
            }
            blank if blank.is_whitespace() => run(rest, char::is_whitespace),
            sign => sign.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Length of a quoted piece; a doubled quote is two pieces in a row, which changes nothing.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_table_options_follow_the_engine() {
        let sql = "CREATE TABLE a (b BIGINT, c BLOB, d TEXT DEFAULT 'BLOB''s', \"BLOB\" TEXT) STRICT, WITHOUT ROWID; -- BLOB\n";
        assert_eq!(
            translate(sql, Engine::Sqlite).unwrap(),
            "CREATE TABLE a (b INTEGER, c BLOB, d TEXT DEFAULT 'BLOB''s', \"BLOB\" TEXT) STRICT, WITHOUT ROWID; -- BLOB\n"
        );
        assert_eq!(
            translate(sql, Engine::Postgres).unwrap(),
            "CREATE TABLE a (b BIGINT, c BYTEA, d TEXT DEFAULT 'BLOB''s', \"BLOB\" TEXT)   ; -- BLOB\n"
        );
    }

    #[test]
    fn a_comma_that_goes_on_stays() {
        let sql = "CREATE TABLE a (b TEXT CHECK (length(b) > 1), c BLOB, PRIMARY KEY (b), UNIQUE (c)) STRICT;";
        assert_eq!(
            translate(sql, Engine::Postgres).unwrap().trim_end(),
            "CREATE TABLE a (b TEXT CHECK (length(b) > 1), c BYTEA, PRIMARY KEY (b), UNIQUE (c)) ;"
        );
    }

    #[test]
    fn sections_belong_to_one_engine() {
        let sql = "a\n-- only: sqlite\nb\n-- end\n-- only: postgres\nc\n-- end\nd";
        let words = |engine| {
            let text = translate(sql, engine).unwrap();
            text.split_whitespace().collect::<String>()
        };
        assert_eq!(words(Engine::Sqlite), "abd");
        assert_eq!(words(Engine::Postgres), "acd");
        assert!(translate("-- only: sqlite\n", Engine::Sqlite).is_err());
        assert!(translate("-- end\n", Engine::Sqlite).is_err());
        assert!(translate("-- only: oracle\n-- end\n", Engine::Sqlite).is_err());
    }
}
