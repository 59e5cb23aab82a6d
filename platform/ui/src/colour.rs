//! Colours that a browser asks for outside of style sheets (its bar, the splash of an installed page), read from
//! `tokens.css`, where they stand once.

use crate::{
    Page,
    tokens::{self, Mode},
};

/// The value of a token in light or dark; empty where there is no such token.
pub fn value(token: &str, dark: bool) -> &'static str {
    let mode = if dark { Mode::Dark } else { Mode::Light };
    tokens::value(mode, token).unwrap_or_default()
}

impl Page {
    pub fn token(&self, token: &str) -> &'static str {
        value(token, false)
    }

    pub fn token_dark(&self, token: &str) -> &'static str {
        value(token, true)
    }

    /// The address of this page in a language, for those who look for it there.
    pub fn in_lang(&self, lang: &str) -> String {
        let sign = if self.url.contains('?') { '&' } else { '?' };
        // A value that looks like an address of another kind stays a value.
        let url = self.url.replace(':', "%3A");
        format!("{url}{sign}lang={lang}")
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_colour_is_read_from_the_style_sheet() {
        for token in ["ground", "surface", "brand", "band"] {
            let (light, dark) = (value(token, false), value(token, true));
            assert!(
                light.starts_with('#') && light.len() == 7,
                "{token} {light}"
            );
            assert!(dark.starts_with('#') && dark != light, "{token} {dark}");
        }
        assert_eq!(value("no-such-token", false), "");
    }
}
