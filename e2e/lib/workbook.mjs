// A workbook as a spreadsheet program would change it: cells are read by their header and written in place; everything
// else in the file stays as it was.

import { deflateRawSync, inflateRawSync } from "node:zlib";

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let sum = n;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum >>> 0;
});

const checksum = (bytes) => (bytes.reduce((sum, byte) => (sum >>> 8) ^ TABLE[(sum ^ byte) & 255], 0xffffffff) ^ 0xffffffff) >>> 0;

// The files of an archive by name, in their order (APPNOTE 4.3.12).
function unpack(archive) {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const files = new Map();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [method, packed] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20)];
    const [name, extra, note] = [28, 30, 32].map((place) => archive.readUInt16LE(at + place));
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(from, from + packed);
    files.set(archive.toString("utf8", at + 46, at + 46 + name), method === 0 ? bytes : inflateRawSync(bytes));
    at += 46 + name + extra + note;
  }
  return files;
}

function pack(files) {
  const [bodies, entries] = [[], []];
  let at = 0;
  for (const [name, bytes] of files) {
    const [title, packed] = [Buffer.from(name), deflateRawSync(bytes)];
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x800, 2);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(0x00210000, 6);
    head.writeUInt32LE(checksum(bytes), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), head, title, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    entries.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), head, tail, title]));
    bodies.push(local);
    at += local.length;
  }
  const list = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, list, end]);
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const plain = (xml) => xml.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name) => (name[0] === "#" ? String.fromCodePoint(Number(name[1] === "x" ? `0${name.slice(1)}` : name.slice(1))) : ENTITIES[name] ?? whole));
const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
const texts = (xml) => plain([...xml.matchAll(/<t(?: [^>]*)?>([^<]*)<\/t>/g)].map((one) => one[1]).join(""));

// Changes the first sheet: `change` gets each row as { header: text } and gives back { header: new text }, or nothing.
export function edited(workbook, change) {
  const files = unpack(workbook);
  const shared = [...(files.get("xl/sharedStrings.xml")?.toString() ?? "").matchAll(/<si>(.*?)<\/si>/gs)].map((one) => texts(one[1]));
  const name = "xl/worksheets/sheet1.xml";
  const CELL = /<c r="([A-Z]+)(\d+)"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs;
  const value = ([, , , attributes, body = ""]) => (/t="s"/.test(attributes) ? shared[Number(/<v>(\d+)<\/v>/.exec(body)?.[1])] : texts(body) || plain(/<v>([^<]*)<\/v>/.exec(body)?.[1] ?? ""));
  let headers;
  const sheet = files.get(name).toString().replace(/<row [^>]*>.*?<\/row>/gs, (row) => {
    const cells = [...row.matchAll(CELL)];
    if (!headers) {
      headers = new Map(cells.map((cell) => [cell[1], value(cell)]));
      return row;
    }
    const said = Object.fromEntries(cells.map((cell) => [headers.get(cell[1]), value(cell)]));
    const next = change(said);
    if (!next) return row;
    return row.replace(CELL, (whole, column, line, attributes) => {
      const text = next[headers.get(column)];
      if (text === undefined) return whole;
      return `<c r="${column}${line}"${attributes.replace(/ t="\w+"/, "")} t="inlineStr"><is><t>${escaped(text)}</t></is></c>`;
    });
  });
  files.set(name, Buffer.from(sheet));
  return pack(files);
}
