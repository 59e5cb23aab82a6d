//! A few dozen small files that stand for what people hand in: real PDF and PNG files, drawn here, kept once.

use std::io::Write as _;

use anyhow::Context as _;
use approval::details::FileGiven;
use base::crypto::to_hex;
use flate2::{Compression, Crc, write::ZlibEncoder};
use store::objects::Objects;

/// One file that many cases name.
#[derive(Clone)]
pub(crate) struct Paper {
    digest: String,
    size: u64,
    picture: bool,
}

impl Paper {
    /// As a case keeps it, under the name of the material.
    pub(crate) fn given(&self, material: &str) -> FileGiven {
        let (kind, end) = if self.picture {
            ("image/png", "png")
        } else {
            ("application/pdf", "pdf")
        };
        FileGiven {
            digest: self.digest.clone(),
            size: self.size,
            media_type: kind.to_owned(),
            name: format!("{}.{end}", base::text::shorten(material, 40)),
        }
    }
}

const DOCUMENTS: &[&str] = &[
    "申请书",
    "身份证明",
    "营业执照复印件",
    "场所平面布局图",
    "管理制度",
    "从业人员健康证明",
    "房屋租赁合同",
    "授权委托书",
    "检验报告",
    "承诺书",
    "收入证明",
    "户口簿",
    "结婚证",
    "学历证书",
    "验收报告",
    "设计图纸",
    "会议决议",
    "章程",
    "资金证明",
    "劳动合同",
    "参保证明",
    "保险单",
    "设备清单",
    "专家意见",
];
const PICTURES: u8 = 12;

/// Draws every file and keeps it; the same files each time.
pub(crate) async fn keep(objects: &Objects) -> anyhow::Result<Vec<Paper>> {
    let mut papers = Vec::new();
    for title in DOCUMENTS {
        papers.push(put(objects, document(title)?, false).await?);
    }
    for number in 0..PICTURES {
        papers.push(put(objects, picture(number)?, true).await?);
    }
    Ok(papers)
}

async fn put(objects: &Objects, bytes: Vec<u8>, picture: bool) -> anyhow::Result<Paper> {
    let stored = objects
        .put(bytes.into())
        .await
        .context("keeping a sample file")?;
    Ok(Paper {
        digest: to_hex(&stored.digest),
        size: stored.size,
        picture,
    })
}

/// One A4 page with a title in a font every reader has for Chinese, and a frame.
fn document(title: &str) -> anyhow::Result<Vec<u8>> {
    let hex = |text: &str| {
        to_hex(
            &text
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect::<Vec<u8>>(),
        )
    };
    let content = format!(
        "1 w 60 60 475 722 re S\nBT /F1 26 Tf 110 700 Td <{}> Tj ET\nBT /F1 13 Tf 110 650 Td <{}> Tj ET\n\
         BT /F1 13 Tf 110 625 Td <{}> Tj ET\n",
        hex(title),
        hex("样本文件，内容全部虚构。"),
        hex("本文件只用于演示材料的上传、查看和留存。")
    );
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{content}endstream",
            content.len()
        ),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H \
         /DescendantFonts [6 0 R] >>"
            .to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light \
         /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 \
         /FontDescriptor 7 0 R >>"
            .to_owned(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] \
         /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
            .to_owned(),
    ];
    let mut file = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        write!(file, "{} 0 obj\n{object}\nendobj\n", number + 1)?;
    }
    let table = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1)?;
    for place in places {
        writeln!(file, "{place:010} 00000 n ")?;
    }
    write!(
        file,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    )?;
    Ok(file)
}

/// A photograph's worth of grey shades: 240 by 160, one byte a point.
fn picture(number: u8) -> anyhow::Result<Vec<u8>> {
    const WIDTH: u32 = 240;
    const HEIGHT: u32 = 160;
    let mut points = ZlibEncoder::new(Vec::new(), Compression::default());
    for y in 0..HEIGHT {
        // Filter 0: every line as it is.
        let mut line = vec![0_u8];
        for x in 0..WIDTH {
            let frame = x < 6 || y < 6 || x >= WIDTH - 6 || y >= HEIGHT - 6;
            let face = (x / 2 + y + u32::from(number) * 13) % 160;
            line.push(if frame { 60 } else { 90 + face as u8 });
        }
        points.write_all(&line)?;
    }
    let points = points.finish()?;
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&WIDTH.to_be_bytes());
    header.extend_from_slice(&HEIGHT.to_be_bytes());
    // Eight bits, greyscale, the only compression and filter there are, not interlaced.
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    piece(&mut file, *b"IHDR", &header);
    piece(&mut file, *b"IDAT", &points);
    piece(&mut file, *b"IEND", &[]);
    Ok(file)
}

fn piece(file: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    file.extend_from_slice(&(body.len() as u32).to_be_bytes());
    file.extend_from_slice(&name);
    file.extend_from_slice(body);
    let mut crc = Crc::new();
    crc.update(&name);
    crc.update(body);
    file.extend_from_slice(&crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::{document, picture};

    #[test]
    fn files_are_what_they_say() {
        let pdf = document("申请书").expect("a document");
        assert!(pdf.starts_with(b"%PDF-1.4") && pdf.ends_with(b"%%EOF\n"));
        // The cross reference table points at the objects.
        let text = String::from_utf8_lossy(&pdf).into_owned();
        let table: usize = text
            .rsplit("startxref\n")
            .next()
            .and_then(|rest| rest.lines().next())
            .and_then(|line| line.parse().ok())
            .expect("a place");
        assert!(pdf[table..].starts_with(b"xref"));
        let png = picture(3).expect("a picture");
        assert!(png.starts_with(b"\x89PNG\r\n\x1A\n"));
        assert_eq!(&png[12..16], b"IHDR");
        assert_ne!(picture(1).expect("one"), picture(2).expect("another"));
    }
}
