//! Chinese words on an English page carry their language (WCAG 2.2, 3.1.2): names of items, places and people stay
//! as they are, and a screen reader must know to read them as Chinese. Put in once, here, so that no template can
//! forget it.

/// Elements without an end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "use", "wbr",
];
/// Elements that hold text alone: they carry the language themselves.
const LEAVES: [&str; 3] = ["option", "textarea", "title"];
/// Elements whose content is left alone.
const OPAQUE: [&str; 3] = ["script", "style", "svg"];

/// How an English page begins.
const ENGLISH: &str = "<!doctype html>\n<html lang=\"en\"";
const MARK: &str = " lang=\"zh-CN\"";

/// Marks the Chinese words of an English page; any other page comes back as it is.
pub(crate) fn mark(html: String) -> String {
    if !html.starts_with(ENGLISH) || !html.chars().any(is_han) {
        return html;
    }
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut open: Vec<(&str, bool)> = Vec::new();
    let mut rest = html.as_str();
    while let Some(at) = rest.find('<') {
        let (text, from) = rest.split_at(at);
        let chinese = open.last().is_some_and(|(_, chinese)| *chinese);
        words(text, chinese, &mut out);
        let (tag, after) = from.split_at(tag_end(from));
        rest = after;
        let name = tag_name(tag);
        if let Some(name) = name.strip_prefix('/') {
            if let Some(at) = open.iter().rposition(|(known, _)| *known == name) {
                open.truncate(at);
            }
            out.push_str(tag);
        } else if OPAQUE.contains(&name) || LEAVES.contains(&name) {
            let end = format!("</{name}");
            let length = rest.find(&end).unwrap_or(rest.len());
            let (content, after) = rest.split_at(length);
            rest = after;
            if LEAVES.contains(&name) && content.chars().any(is_han) && !tag.contains(" lang=") {
                out.push_str(&tag[..tag.len() - 1]);
                out.push_str(MARK);
                out.push('>');
            } else {
                out.push_str(tag);
            }
            out.push_str(content);
        } else {
            let starts = !name.is_empty() && !VOID.contains(&name) && !tag.ends_with("/>");
            if starts
                && name
                    .bytes()
                    .next()
                    .is_some_and(|byte| byte.is_ascii_alphabetic())
            {
                let own = tag
                    .split_once(" lang=\"")
                    .map(|(_, value)| value.starts_with("zh"));
                open.push((name, own.unwrap_or(chinese)));
            }
            out.push_str(tag);
        }
    }
    out.push_str(rest);
    out
}

/// Where a tag or comment that begins `text` ends.
fn tag_end(text: &str) -> usize {
    if text.starts_with("<!--") {
        return text.find("-->").map_or(text.len(), |at| at + 3);
    }
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if byte == open => quote = None,
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn tag_name(tag: &str) -> &str {
    let tag = &tag[1..];
    let end = tag
        .find(|sign: char| sign.is_ascii_whitespace() || sign == '>')
        .unwrap_or(tag.len());
    tag[..end].trim_end_matches('/')
}

/// Chinese words of a text in elements of their own. A stretch begins and ends with Chinese; figures and signs
/// between belong to it, Latin letters do not.
fn words(text: &str, chinese: bool, out: &mut String) {
    if chinese {
        out.push_str(text);
        return;
    }
    let mut rest = text;
    while let Some(from) = rest.find(is_han) {
        let tail = &rest[from..];
        let mut end = 0;
        for (at, sign) in tail.char_indices() {
            if is_chinese(sign) {
                end = at + sign.len_utf8();
            } else if sign.is_ascii_alphabetic() || sign == '&' || sign == '\n' {
                break;
            }
        }
        out.push_str(&rest[..from]);
        out.push_str("<span");
        out.push_str(MARK);
        out.push('>');
        out.push_str(&tail[..end]);
        out.push_str("</span>");
        rest = &tail[end..];
    }
    out.push_str(rest);
}

fn is_han(sign: char) -> bool {
    matches!(sign, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '〇')
}

/// With the marks that Chinese is written with.
fn is_chinese(sign: char) -> bool {
    is_han(sign) || matches!(sign, '\u{3001}'..='\u{303f}' | '\u{ff01}'..='\u{ff5e}' | '·' | '—')
}

#[cfg(test)]
mod tests {
    use super::mark;

    fn page(body: &str) -> String {
        format!("<!doctype html>\n<html lang=\"en\">\n{body}\n</html>")
    }

    fn marked(body: &str) -> String {
        let html = mark(page(body));
        let head = page("");
        let start = head.find("\n\n").expect("an empty body") + 1;
        html[start..html.len() - "\n</html>".len()].to_owned()
    }

    #[test]
    fn chinese_words_on_an_english_page_say_so() {
        assert_eq!(
            marked("<p>Apply to 云川市市场监督管理局（3楼）, Hall 2</p>"),
            "<p>Apply to <span lang=\"zh-CN\">云川市市场监督管理局（3楼）</span>, Hall 2</p>"
        );
        assert_eq!(
            marked("<p>陈*薇 and 王 A 李</p>"),
            "<p><span lang=\"zh-CN\">陈*薇</span> and <span lang=\"zh-CN\">王</span> A <span lang=\"zh-CN\">李</span></p>"
        );
        assert_eq!(
            marked("<select><option value=\"食\">食品</option><option>All</option></select>"),
            "<select><option value=\"食\" lang=\"zh-CN\">食品</option><option>All</option></select>"
        );
    }

    #[test]
    fn what_says_so_already_and_what_is_no_text_is_left_alone() {
        for body in [
            "<a lang=\"zh-CN\" href=\"/\"><b>中文</b></a>",
            "<input value=\"中文\" placeholder='a > 中'>",
            "<script src=\"x\">中文</script>",
            "<svg aria-label=\"通办\"><text>通办</text></svg>",
            "<!-- 中文 > --><p>&amp; nothing</p>",
            "<textarea lang=\"zh-CN\">中文</textarea>",
        ] {
            assert_eq!(marked(body), body);
        }
        let chinese = "<!doctype html>\n<html lang=\"zh-CN\"><p>中文</p></html>";
        assert_eq!(mark(chinese.to_owned()), chinese);
    }

    #[test]
    fn an_english_part_of_a_chinese_part_is_english_again() {
        assert_eq!(
            marked("<p lang=\"zh-CN\">中 <i lang=\"en\">in 文</i> 中<br>文</p>文"),
            "<p lang=\"zh-CN\">中 <i lang=\"en\">in <span lang=\"zh-CN\">文</span></i> 中<br>文</p><span lang=\"zh-CN\">文</span>"
        );
    }

    #[test]
    fn broken_pages_do_no_harm() {
        for body in [
            "<",
            "<p",
            "文<",
            "</p></p>文",
            "<p title=\"文",
            "<!-- 文",
            "<option>文",
            "文&amp;文",
        ] {
            let html = mark(page(body));
            assert!(html.contains('文') == body.contains('文'), "{body}");
        }
    }
}
