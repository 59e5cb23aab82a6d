//! Small real files, and bodies that carry them.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// A page with one line of text, as the smallest PDF that readers open.
pub fn pdf(text: &str) -> Vec<u8> {
    let stream = format!("BT /F1 12 Tf 72 720 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
            .to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{stream}\nendstream",
            stream.len()
        ),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(out.len());
        write!(out, "{} 0 obj\n{object}\nendobj\n", index + 1).expect("to memory");
    }
    let table = out.len();
    write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).expect("to memory");
    for place in places {
        writeln!(out, "{place:010} 00000 n ").expect("to memory");
    }
    write!(
        out,
        "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    )
    .expect("to memory");
    out.into_bytes()
}

/// One grey pixel as PNG.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3A, 0x7E, 0x9B,
    0x55, 0x00, 0x00, 0x00, 0x0A, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE,
    0x42, 0x60, 0x82,
];

/// A part of an archive.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    /// The bytes as they lie in the archive.
    packed: Vec<u8>,
    /// Unpacked size, as the archive states it.
    stated: u32,
    checksum: u32,
}

impl Part {
    /// A part that is what it says.
    pub fn new(name: &str, content: &[u8]) -> Part {
        let mut checksum = Crc::new();
        checksum.update(content);
        Part {
            name: name.to_owned(),
            packed: deflated(content, true),
            stated: u32::try_from(content.len()).expect("a small part"),
            checksum: checksum.sum(),
        }
    }

    /// A part that unpacks to `mebibytes` of spaces, and says so.
    pub fn bomb(name: &str, mebibytes: u32) -> Part {
        // Blocks that end at a byte border can be strung together.
        let block = deflated(&vec![b' '; 1024 * 1024], false);
        let mut packed = block.repeat(mebibytes as usize);
        packed.extend_from_slice(&deflated(b"", true));
        Part {
            name: name.to_owned(),
            packed,
            stated: mebibytes * 1024 * 1024,
            checksum: 0,
        }
    }

    /// The same part that states another size.
    #[must_use]
    pub fn stating(self, size: u32) -> Part {
        Part {
            stated: size,
            ..self
        }
    }
}

fn deflated(content: &[u8], end: bool) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("to memory");
    if end {
        return encoder.finish().expect("to memory");
    }
    encoder.flush().expect("to memory");
    encoder.get_ref().clone()
}

/// An archive of these parts.
pub fn zip(parts: &[Part]) -> Vec<u8> {
    const DEFLATE: u16 = 8;
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let short = |value: usize| u16::try_from(value).expect("a short name").to_le_bytes();
    let long = |value: usize| u32::try_from(value).expect("a small archive").to_le_bytes();
    for part in parts {
        let place = out.len();
        let mut head = Vec::new();
        head.extend_from_slice(&20_u16.to_le_bytes());
        head.extend_from_slice(&0_u16.to_le_bytes());
        head.extend_from_slice(&DEFLATE.to_le_bytes());
        head.extend_from_slice(&[0; 4]);
        head.extend_from_slice(&part.checksum.to_le_bytes());
        head.extend_from_slice(&long(part.packed.len()));
        head.extend_from_slice(&part.stated.to_le_bytes());
        head.extend_from_slice(&short(part.name.len()));
        head.extend_from_slice(&[0; 2]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&head);
        out.extend_from_slice(part.name.as_bytes());
        out.extend_from_slice(&part.packed);
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&head);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&long(place));
        directory.extend_from_slice(part.name.as_bytes());
    }
    let place = out.len();
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend_from_slice(&short(parts.len()));
    out.extend_from_slice(&short(parts.len()));
    out.extend_from_slice(&long(directory.len()));
    out.extend_from_slice(&long(place));
    out.extend_from_slice(&[0; 2]);
    out
}

/// The parts of a workbook with one sheet, which is given as XML.
pub fn workbook(sheet: Part) -> Vec<Part> {
    const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
    const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    const SHEETS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    vec![
        Part::new("[Content_Types].xml", TYPES.as_bytes()),
        Part::new("_rels/.rels", RELATIONS.as_bytes()),
        Part::new("xl/workbook.xml", BOOK.as_bytes()),
        Part::new("xl/_rels/workbook.xml.rels", SHEETS.as_bytes()),
        Part {
            name: "xl/worksheets/sheet1.xml".to_owned(),
            ..sheet
        },
    ]
}

/// A sheet of texts as XML.
pub fn sheet(rows: &[Vec<&str>]) -> Part {
    let mut xml = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#.to_owned();
    for (row, cells) in rows.iter().enumerate() {
        write!(xml, "<row r=\"{}\">", row + 1).expect("to memory");
        for (column, cell) in cells.iter().enumerate() {
            let letter = char::from(b'A' + u8::try_from(column % 26).expect("a letter"));
            write!(
                xml,
                "<c r=\"{letter}{}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>",
                row + 1
            )
            .expect("to memory");
        }
        xml.push_str("</row>");
    }
    xml.push_str("</sheetData></worksheet>");
    Part::new("xl/worksheets/sheet1.xml", xml.as_bytes())
}

const BOUNDARY: &str = "tongban-test-boundary-7d1f";

/// A multipart body: content type and bytes. Fields come first, files after: (field, file name, content).
pub fn multipart(values: &[(String, String)], with: &[(&str, &str, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, value) in values {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .as_bytes(),
        );
    }
    for (field, name, content) in with {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// Names and values as a form sends them.
pub fn urlencoded(values: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in values {
        if !out.is_empty() {
            out.push('&');
        }
        encode(name, &mut out);
        out.push('=');
        encode(value, &mut out);
    }
    out
}

fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            other => write!(out, "%{other:02X}").expect("to memory"),
        }
    }
}
