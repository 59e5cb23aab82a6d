//! Code 128 (GB/T 18347): the bars of a text of printable ASCII, drawn as SVG without styles. Code set B, and code set C
//! where the text is an even number of digits, which halves its length.

use std::fmt::Write as _;

/// Widths of bars and spaces of the 106 symbols and of the stop, as the standard lists them.
const WIDTHS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212",
    "221213", "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221",
    "223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122", "321221",
    "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321",
    "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131",
    "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131",
    "311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111",
    "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242",
    "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];

const START_B: usize = 104;
const START_C: usize = 105;
const STOP: usize = 106;
/// Light modules on either side.
const QUIET: usize = 10;
/// Modules from top to bottom.
const HEIGHT: usize = 40;
/// Signs of one code.
const SIGNS_MAX: usize = 80;

/// The symbols of a text, with start, check and stop; `None` for what the code cannot hold.
pub fn symbols(text: &str) -> Option<Vec<usize>> {
    let bytes = text.as_bytes();
    let printable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    if bytes.is_empty() || bytes.len() > SIGNS_MAX || !printable {
        return None;
    }
    let digits = bytes.len().is_multiple_of(2) && bytes.iter().all(u8::is_ascii_digit);
    let mut symbols = Vec::with_capacity(bytes.len() + 3);
    if digits {
        symbols.push(START_C);
        symbols.extend(
            bytes
                .chunks(2)
                .map(|pair| usize::from(pair[0] - b'0') * 10 + usize::from(pair[1] - b'0')),
        );
    } else {
        symbols.push(START_B);
        symbols.extend(bytes.iter().map(|byte| usize::from(byte - b' ')));
    }
    let check = symbols
        .iter()
        .enumerate()
        .map(|(place, symbol)| place.max(1) * symbol)
        .sum::<usize>()
        % 103;
    symbols.push(check);
    symbols.push(STOP);
    Some(symbols)
}

/// An `<svg>` that scales to its box; `label` is what a screen reader says.
pub fn svg(text: &str, label: &str) -> Option<String> {
    let mut path = String::new();
    let mut x = QUIET;
    for symbol in symbols(text)? {
        for (place, width) in WIDTHS[symbol].bytes().enumerate() {
            let width = usize::from(width - b'0');
            if place.is_multiple_of(2) {
                write!(path, "M{x} 0h{width}v{HEIGHT}h-{width}z").expect("a text grows");
            }
            x += width;
        }
    }
    let wide = x + QUIET;
    let label = label
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    Some(format!(
        "<svg class=\"barcode\" viewBox=\"0 0 {wide} {HEIGHT}\" role=\"img\" aria-label=\"{label}\" \
         shape-rendering=\"crispEdges\" preserveAspectRatio=\"none\"><path fill=\"#fff\" d=\"M0 0h{wide}v{HEIGHT}H0z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_text_has_the_known_check_symbol() {
        // PJJ123C sums to 878 with the start of code set A; the start of set B counts one more: 879 mod 103.
        let found = symbols("PJJ123C").expect("printable");
        assert_eq!(found[0], START_B);
        assert_eq!(found[found.len() - 2], 55);
        assert_eq!(found[found.len() - 1], STOP);
    }

    #[test]
    fn even_digits_are_packed() {
        let found = symbols("990102").expect("digits");
        assert_eq!(&found[..4], &[START_C, 99, 1, 2]);
        // 105 + 99 + 1×2 + 2×3 = 212, mod 103.
        assert_eq!(found[4], 6);
    }

    #[test]
    fn every_symbol_is_eleven_modules_and_the_stop_thirteen() {
        for (n, widths) in WIDTHS.iter().enumerate() {
            let modules: u32 = widths.bytes().map(|width| u32::from(width - b'0')).sum();
            assert_eq!(modules, if n == STOP { 13 } else { 11 }, "{n}");
            let same = WIDTHS.iter().filter(|other| *other == widths).count();
            assert_eq!(same, 1, "{n}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["", "受理", &"x".repeat(SIGNS_MAX + 1)] {
            assert_eq!(symbols(text), None, "{text}");
        }
        let drawn = svg("990102", "编号\"条码").expect("fits");
        assert!(drawn.contains("aria-label=\"编号&quot;条码\"") && !drawn.contains("style"));
    }
}
