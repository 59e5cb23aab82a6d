//! What the document viewer is given: one document of a list, beside a form.

/// One document, with its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub name: String,
    pub kind: DocumentKind,
    /// Shows the file itself.
    pub href: String,
    /// Keeps the file.
    pub download: String,
    /// 1 for the first.
    pub place: usize,
    pub count: usize,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// How a document is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    Picture,
    /// In the browser's own viewer, inside a frame of the same origin.
    Pdf,
    /// A browser cannot show it.
    Other,
}

impl DocumentKind {
    /// By the media type that was found in the file's bytes when it arrived.
    pub fn of(media_type: &str) -> DocumentKind {
        match media_type {
            "application/pdf" => DocumentKind::Pdf,
            "image/jpeg" | "image/png" => DocumentKind::Picture,
            _ => DocumentKind::Other,
        }
    }
}

impl Document {
    pub fn is_picture(&self) -> bool {
        self.kind == DocumentKind::Picture
    }

    pub fn is_pdf(&self) -> bool {
        self.kind == DocumentKind::Pdf
    }
}

#[cfg(test)]
mod tests {
    use super::DocumentKind;

    #[test]
    fn what_a_browser_cannot_show_is_neither() {
        assert_eq!(DocumentKind::of("image/png"), DocumentKind::Picture);
        assert_eq!(DocumentKind::of("application/pdf"), DocumentKind::Pdf);
        for other in ["image/svg+xml", "text/html", ""] {
            assert_eq!(DocumentKind::of(other), DocumentKind::Other, "{other}");
        }
    }
}
