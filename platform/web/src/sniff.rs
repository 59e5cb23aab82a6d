//! What an uploaded file really is, by its bytes and not by its name.
//!
//! Office documents and OFD are ZIP archives: which one is told by the names in the archive's directory at
//! the file's end, so the sniffer keeps the file's first and last bytes while it streams by.

/// Bytes kept from the beginning.
const HEAD: usize = 8 * 1024;
/// Bytes kept from the end; room for the directory of an archive with a few thousand parts.
const TAIL: usize = 256 * 1024;
/// Most parts of an archive that are looked at.
const PARTS_MAX: usize = 20_000;

/// A kind of file that may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Media {
    Pdf,
    Jpeg,
    Png,
    Ofd,
    Docx,
    Xlsx,
    /// Text without control characters; whether it is UTF-8 is for its reader to say.
    Text,
    Csv,
}

impl Media {
    /// What people hand in as a material.
    pub const DOCUMENTS: &'static [Media] = &[
        Media::Pdf,
        Media::Jpeg,
        Media::Png,
        Media::Ofd,
        Media::Docx,
        Media::Xlsx,
    ];
    /// What administrators import.
    pub const TABLES: &'static [Media] = &[Media::Xlsx, Media::Csv];

    pub fn media_type(self) -> &'static str {
        match self {
            Media::Pdf => "application/pdf",
            Media::Jpeg => "image/jpeg",
            Media::Png => "image/png",
            Media::Ofd => "application/ofd",
            Media::Docx => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            Media::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Media::Text => "text/plain; charset=utf-8",
            Media::Csv => "text/csv; charset=utf-8",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Media::Pdf => "PDF",
            Media::Jpeg => "JPG",
            Media::Png => "PNG",
            Media::Ofd => "OFD",
            Media::Docx => "Word（docx）",
            Media::Xlsx => "Excel（xlsx）",
            Media::Text => "文本（txt）",
            Media::Csv => "CSV",
        }
    }

    /// The media type of a stored file, where it is one of ours.
    pub fn from_media_type(media_type: &str) -> Option<Media> {
        [
            Media::Pdf,
            Media::Jpeg,
            Media::Png,
            Media::Ofd,
            Media::Docx,
            Media::Xlsx,
            Media::Text,
            Media::Csv,
        ]
        .into_iter()
        .find(|media| media.media_type() == media_type)
    }

    /// `PDF、JPG、PNG`.
    pub fn names(allowed: &[Media]) -> String {
        let names: Vec<&str> = allowed.iter().map(|media| media.name()).collect();
        names.join("、")
    }
}

/// Looks at a file that streams by.
#[derive(Debug, Default)]
pub struct Sniffer {
    head: Vec<u8>,
    tail: Vec<u8>,
    size: u64,
    control: bool,
}

impl Sniffer {
    pub fn see(&mut self, chunk: &[u8]) {
        self.size += chunk.len() as u64;
        self.control = self.control
            || chunk
                .iter()
                .any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c));
        let room = HEAD - self.head.len();
        self.head.extend_from_slice(&chunk[..chunk.len().min(room)]);
        // Twice the length before cutting: each byte is moved once at most.
        let kept = chunk.len().min(TAIL);
        self.tail.extend_from_slice(&chunk[chunk.len() - kept..]);
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
    }

    /// What the whole file is, among what is `allowed`. `csv` and `txt` look the same: the first allowed one is meant.
    pub fn verdict(&self, allowed: &[Media]) -> Option<Media> {
        let media = self.by_magic().or_else(|| {
            let plain = self.size > 0 && !self.control && infer::get(&self.head).is_none();
            let text = |media: &&Media| matches!(media, Media::Text | Media::Csv);
            allowed.iter().find(text).copied().filter(|_| plain)
        })?;
        allowed.contains(&media).then_some(media)
    }

    /// What the file seems to be instead, for the message: `exe`, `zip`, `mp4`.
    pub fn guess(&self) -> Option<&'static str> {
        if self.head.starts_with(&[0xff, 0xfe]) || self.head.starts_with(&[0xfe, 0xff]) {
            return Some("UTF-16 编码的文本，要另存为 UTF-8 的");
        }
        infer::get(&self.head).map(|kind| kind.extension())
    }

    fn by_magic(&self) -> Option<Media> {
        let head = self.head.as_slice();
        if head.starts_with(b"%PDF-") {
            Some(Media::Pdf)
        } else if head.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Media::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Media::Png)
        } else if head.starts_with(b"PK\x03\x04") {
            self.by_parts()
        } else {
            None
        }
    }

    /// An archive by the names of its parts; `None` for an archive of another kind or without a readable directory.
    fn by_parts(&self) -> Option<Media> {
        let (mut ofd, mut word, mut excel, mut types) = (false, false, false, false);
        for name in Directory::at_the_end_of(&self.tail, self.size)?.take(PARTS_MAX) {
            match name {
                b"OFD.xml" => ofd = true,
                b"word/document.xml" => word = true,
                b"xl/workbook.xml" => excel = true,
                b"[Content_Types].xml" => types = true,
                // A document with a program inside is not taken.
                b"word/vbaProject.bin" | b"xl/vbaProject.bin" => return None,
                _ => {}
            }
        }
        match (ofd, word && types, excel && types) {
            (true, false, false) => Some(Media::Ofd),
            (false, true, false) => Some(Media::Docx),
            (false, false, true) => Some(Media::Xlsx),
            _ => None,
        }
    }
}

/// The names in a ZIP archive's central directory (APPNOTE 4.3.12).
struct Directory<'a> {
    rest: &'a [u8],
}

impl<'a> Directory<'a> {
    fn at_the_end_of(tail: &'a [u8], size: u64) -> Option<Directory<'a>> {
        // The end record is 22 bytes and a comment of at most 65,535.
        let from = tail.len().checked_sub(22)?;
        let lowest = from.saturating_sub(65_535);
        let end = (lowest..=from)
            .rev()
            .find(|at| tail[*at..].starts_with(b"PK\x05\x06"))?;
        let record = &tail[end..];
        let length = u64::from(number(record, 12, 4)?);
        let offset = u64::from(number(record, 16, 4)?);
        let tail_starts_at = size.checked_sub(tail.len() as u64)?;
        let start = usize::try_from(offset.checked_sub(tail_starts_at)?).ok()?;
        let stop = start.checked_add(usize::try_from(length).ok()?)?;
        (stop <= end).then(|| Directory {
            rest: &tail[start..stop],
        })
    }
}

impl<'a> Iterator for Directory<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if !self.rest.starts_with(b"PK\x01\x02") {
            return None;
        }
        let name_length = number(self.rest, 28, 2)? as usize;
        let extra = number(self.rest, 30, 2)? as usize + number(self.rest, 32, 2)? as usize;
        let name = self.rest.get(46..46 + name_length)?;
        self.rest = self.rest.get(46 + name_length + extra..)?;
        Some(name)
    }
}

/// A little-endian number of `length` bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + length)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |value, byte| (value << 8) | u32::from(*byte)),
    )
}

/// A file's name as it is kept: no path, no control characters or signs that other systems refuse, at most 120
/// characters with the ending kept.
pub fn clean_name(name: &str) -> String {
    const CHARS_MAX: usize = 120;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|letter| {
            let steering = matches!(*letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
            !letter.is_control() && !steering && !r#"<>:"|?*"#.contains(*letter)
        })
        .collect();
    let kept = kept.trim().trim_start_matches('.').trim();
    if kept.is_empty() {
        return "未命名文件".to_owned();
    }
    let length = kept.chars().count();
    if length <= CHARS_MAX {
        return kept.to_owned();
    }
    let ending: String = match kept.rsplit_once('.') {
        Some((_, ending)) if ending.chars().count() <= 10 => format!(".{ending}"),
        _ => String::new(),
    };
    let room = CHARS_MAX - ending.chars().count();
    let stem: String = kept.chars().take(room).collect();
    format!("{stem}{ending}")
}

#[cfg(test)]
mod tests {
    use super::{Media, Sniffer, clean_name};

    fn verdict(bytes: &[u8], allowed: &[Media]) -> Option<Media> {
        let mut sniffer = Sniffer::default();
        for chunk in bytes.chunks(1000) {
            sniffer.see(chunk);
        }
        sniffer.verdict(allowed)
    }

    /// An archive with empty parts, written by hand.
    fn archive(names: &[&str], padding: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for name in names {
            let offset = out.len() as u32;
            out.extend_from_slice(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
            out.extend_from_slice(&[0; 12]);
            out.extend_from_slice(&(name.len() as u16).to_le_bytes());
            out.extend_from_slice(&[0; 2]);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&vec![b'x'; padding]);
            directory.extend_from_slice(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(&(name.len() as u16).to_le_bytes());
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(&offset.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        let start = out.len() as u32;
        out.extend_from_slice(&directory);
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        out.extend_from_slice(&(names.len() as u16).to_le_bytes());
        out.extend_from_slice(&(names.len() as u16).to_le_bytes());
        out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
        out.extend_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out
    }

    #[test]
    fn files_are_known_by_their_bytes() {
        let all = Media::DOCUMENTS;
        assert_eq!(verdict(b"%PDF-1.7\n", all), Some(Media::Pdf));
        assert_eq!(verdict(&[0xff, 0xd8, 0xff, 0xe0], all), Some(Media::Jpeg));
        assert_eq!(verdict(b"\x89PNG\r\n\x1a\n", all), Some(Media::Png));
        assert_eq!(verdict(b"MZ\x90\0", all), None);
        assert_eq!(verdict(b"<html><script>alert(1)</script>", all), None);
        assert_eq!(verdict(b"", all), None);
        assert_eq!(verdict(b"%PDF-1.7\n", &[Media::Png]), None);
    }

    #[test]
    fn archives_are_known_by_their_parts() {
        let all = Media::DOCUMENTS;
        let word = ["[Content_Types].xml", "_rels/.rels", "word/document.xml"];
        assert_eq!(verdict(&archive(&word, 0), all), Some(Media::Docx));
        // Much larger than what is kept of the file.
        assert_eq!(verdict(&archive(&word, 400_000), all), Some(Media::Docx));
        let excel = ["[Content_Types].xml", "xl/workbook.xml"];
        assert_eq!(verdict(&archive(&excel, 10), all), Some(Media::Xlsx));
        assert_eq!(
            verdict(&archive(&["OFD.xml", "Doc_0/Document.xml"], 10), all),
            Some(Media::Ofd)
        );
        assert_eq!(verdict(&archive(&["a.exe"], 10), all), None);
        let program = [
            "[Content_Types].xml",
            "word/document.xml",
            "word/vbaProject.bin",
        ];
        assert_eq!(verdict(&archive(&program, 10), all), None);
        let mut cut = archive(&word, 10);
        cut.truncate(cut.len() - 30);
        assert_eq!(verdict(&cut, all), None);
        assert_eq!(verdict(b"PK\x03\x04", all), None);
    }

    #[test]
    fn text_is_what_holds_no_control_characters() {
        let tables = Media::TABLES;
        assert_eq!(
            verdict("编码,名称\r\n1,甲\r\n".as_bytes(), tables),
            Some(Media::Csv)
        );
        assert_eq!(verdict(b"a,b\0c", tables), None);
        assert_eq!(verdict(b"\x7fELF\x02\x01\x01", tables), None);
        assert_eq!(verdict(b"plain", Media::DOCUMENTS), None);
    }

    #[test]
    fn names_lose_what_could_harm() {
        for (given, kept) in [
            ("身份证.jpg", "身份证.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a.pdf", "a.pdf"),
            ("..", "未命名文件"),
            ("", "未命名文件"),
            ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
            ("\u{202e}fdp.exe", "fdp.exe"),
            ("<img src=x>.png", "img src=x.png"),
        ] {
            assert_eq!(clean_name(given), kept);
        }
        let long = clean_name(&format!("{}.pdf", "长".repeat(300)));
        assert_eq!(long.chars().count(), 120);
        assert_eq!(long.rsplit_once('.').map(|(_, ending)| ending), Some("pdf"));
    }
}
