// Pictures of pages that are kept, and what is different on those taken now. Small JPEGs, compared by the averages of
// cells of 4×4 pixels: another hinting of letters does not matter, a box that moved does. The browser reads them.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(dirname(fileURLToPath(import.meta.url)));
export const KEPT = join(HERE, "pictures");
export const DIFFERENT = join(HERE, "different");
// Renew what is kept instead of comparing.
export const RENEW = process.env.UPDATE_PICTURES === "1";

// A picture is this small.
export const SCALE = 1 / 3;
const QUALITY = 45;
// Of a long page so much: what follows are rows like those above.
const HEIGHT_MAX = 3000;
// Steps of 255 by which the average of a cell differs, and the share of such cells that is too much.
const CELL_STEPS = 28;
const CELLS_MAX = 0.006;

// `taken` pictures by name against `kept` ones in the folder of the same name.
export async function gallery(browser, folder) {
  const page = await browser.newPage();
  await page.setContent("<title>pictures</title>");
  const kept = join(KEPT, folder);
  await mkdir(kept, { recursive: true });
  const seen = new Set();
  const wrong = [];
  return {
    async take(from, name) {
      const file = `${name}.jpg`;
      if (seen.has(file)) throw new Error(`two pictures are called ${file}`);
      seen.add(file);
      await from.evaluate(() => document.fonts.ready);
      const { width, height } = await from.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
      const clip = { x: 0, y: 0, width, height: Math.min(height, HEIGHT_MAX) };
      const taken = await from.screenshot({ type: "jpeg", quality: QUALITY, fullPage: true, clip, animations: "disabled", caret: "hide", mask: [from.locator(".qr svg, .tail-qr svg")], maskColor: "#888" });
      if (RENEW) return writeFile(join(kept, file), taken);
      const before = await readFile(join(kept, file)).catch(() => null);
      const difference = before ? await page.evaluate(compare, { before: before.toString("base64"), now: taken.toString("base64"), steps: CELL_STEPS }) : { said: "there is no picture of it yet" };
      if (difference.share <= CELLS_MAX) return;
      wrong.push(`${folder}/${name}: ${difference.said ?? `${(difference.share * 100).toFixed(1)} % of it`}`);
      const out = join(DIFFERENT, folder);
      await mkdir(out, { recursive: true });
      await writeFile(join(out, file), taken);
      if (difference.drawn) await writeFile(join(out, `${name}.difference.png`), Buffer.from(difference.drawn.split(",")[1], "base64"));
    },
    // What is wrong with all of them; pictures of what is no more are wrong as well.
    async close() {
      await page.close();
      for (const file of (await readdir(kept)).filter((file) => !seen.has(file))) {
        if (RENEW) await rm(join(kept, file));
        else wrong.push(`${folder}/${file}: nothing looks like this any more`);
      }
      return wrong;
    },
  };
}

// Runs in the browser.
async function compare({ before, now, steps }) {
  const CELL = 4;
  const pixels = async (data) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const pen = canvas.getContext("2d");
    pen.drawImage(bitmap, 0, 0);
    return { width: bitmap.width, height: bitmap.height, bytes: pen.getImageData(0, 0, bitmap.width, bitmap.height).data };
  };
  const [a, b] = [await pixels(before), await pixels(now)];
  if (a.width !== b.width || Math.abs(a.height - b.height) > CELL) {
    return { share: 1, said: `${b.width}×${b.height} pixels instead of ${a.width}×${a.height}` };
  }
  const average = ({ width, bytes }, left, top, channel) => {
    let sum = 0;
    for (let y = top; y < top + CELL; y++) for (let x = left; x < left + CELL; x++) sum += bytes[(y * width + x) * 4 + channel];
    return sum / (CELL * CELL);
  };
  const canvas = document.createElement("canvas");
  canvas.width = b.width;
  canvas.height = b.height;
  const pen = canvas.getContext("2d");
  pen.putImageData(new ImageData(b.bytes, b.width), 0, 0);
  pen.fillStyle = "rgb(255 0 0 / 50%)";
  let cells = 0;
  let different = 0;
  for (let y = 0; y + CELL <= Math.min(a.height, b.height); y += CELL) {
    for (let x = 0; x + CELL <= a.width; x += CELL) {
      cells++;
      if (![0, 1, 2].some((channel) => Math.abs(average(a, x, y, channel) - average(b, x, y, channel)) > steps)) continue;
      different++;
      pen.fillRect(x, y, CELL, CELL);
    }
  }
  return { share: different / cells, drawn: different ? canvas.toDataURL("image/png") : undefined };
}
