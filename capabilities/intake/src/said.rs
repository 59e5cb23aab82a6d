//! A sentence for a person: the Chinese source string with its blanks, and what stands in them.

use std::borrow::Cow;
use std::fmt;

/// What is said about a field, translatable because the template is a source string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Chinese source string with `{name}` blanks.
    pub template: Cow<'static, str>,
    pub params: Vec<(&'static str, String)>,
}

impl Said {
    pub fn plain(template: impl Into<Cow<'static, str>>) -> Said {
        Said {
            template: template.into(),
            params: Vec::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Said {
        self.params.push((name, value.to_string()));
        self
    }

    /// The parameters as the translation function takes them.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.params
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.template.to_string();
        for (name, value) in &self.params {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        f.write_str(&text)
    }
}
