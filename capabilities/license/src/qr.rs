//! The QR code of an address, drawn as SVG without styles: the content policy allows none.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, as GB/T 18284 asks.
const QUIET: usize = 4;

/// An `<svg>` that scales to its box; `label` is what a screen reader says, and must be safe as an attribute.
/// `None` where the text is too long for a code.
pub fn svg(text: &str, label: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            if row[x] == Color::Light {
                x += 1;
                continue;
            }
            let run = row[x..]
                .iter()
                .take_while(|module| **module == Color::Dark)
                .count();
            let (left, top) = (x + QUIET, y + QUIET);
            write!(path, "M{left} {top}h{run}v1h-{run}z").expect("a text grows");
            x += run;
        }
    }
    let label = label
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    Some(format!(
        "<svg viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn the_drawing_holds_the_three_finders_and_no_style() {
        let drawn = svg("https://zwfw.example/verify/7K4M2RQX98TT", "核验\"二维码").expect("fits");
        // The top edge of the upper finders: seven dark modules beginning after the quiet zone.
        assert!(drawn.contains("d=\"M4 4h7v1h-7z"));
        assert!(drawn.contains("aria-label=\"核验&quot;二维码\""));
        assert!(!drawn.contains("style"));
        assert_eq!(drawn.matches("<path").count(), 2);
    }

    #[test]
    fn another_text_is_another_drawing() {
        assert_ne!(svg("a", ""), svg("b", ""));
        assert_eq!(svg(&"x".repeat(5000), ""), None);
    }
}
