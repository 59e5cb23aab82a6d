// Papers that people hand in.

// A page of PDF with one line of text.
export function pdf(text) {
  const stream = `BT /F1 18 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let out = "%PDF-1.4\n";
  const at = objects.map((object, i) => {
    const offset = out.length;
    out += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const xref = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const offset of at) out += `${String(offset).padStart(10, "0")} 00000 n \n`;
  out += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(out, "latin1");
}

// A restaurant's floor plan as a picture, drawn by the browser itself.
export async function plan(browser, changingRoom = true) {
  const rooms = [
    [20, 20, 300, 260, "就餐区"], [340, 20, 220, 120, "热食加工区"], [340, 160, 100, 120, "清洗区"],
    [460, 160, 100, 120, changingRoom ? "更衣处" : "储藏间"],
  ];
  const boxes = rooms.map(([x, y, w, h, name]) =>
    `<rect x="${x}" y="${y}" width="${w}" height="${h}"/><text x="${x + w / 2}" y="${y + h / 2 + 6}">${name}</text>`);
  const page = await browser.newPage({ viewport: { width: 580, height: 300 } });
  await page.setContent(`<svg viewBox="0 0 580 300" style="position:fixed;inset:0" fill="none" stroke="#234" stroke-width="3">
    <style>text{fill:#234;stroke:none;text-anchor:middle;font:18px sans-serif}</style>${boxes.join("")}</svg>`);
  const buffer = await page.screenshot();
  await page.close();
  return buffer;
}
