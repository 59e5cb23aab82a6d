// Which doors of the platform lead to pages that nobody looks at. The table of all doors is docs/permissions.md, which a
// test of the platform keeps true.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TABLE = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "docs", "permissions.md");

// Doors that open, but not to a page: what they give is looked at by journeys and by tests of the platform.
const NO_PAGE = [
  [/^\/api\/v1\/(?!docs$)/, "for programs"],
  [/^\/(assets\/\{\*path\}|favicon\.ico|manifest\.webmanifest|sw\.js)$/, "parts of pages"],
  [/^\/(healthz|readyz|metrics)$/, "for whoever runs the platform"],
  [/\/(export|sheet|template)$|\/exports\/\{event\}$|^\/bundles\/\{key\}\/proof$|^\/admin\/catalog\/bundles\/\{key\}\/proof$|^\/admin\/catalog\/bulk\/items$/, "a file to keep"],
  [/^\/open-data\/.|\.jsonld$|\.ics$|\/calendar$/, "data in a format of its own"],
  [/\/files\/\{digest\}$|\/file$/, "a paper as it was handed in"],
  [/\/live$|^\/staff\/board\/live$/, "news of an open page"],
  [/^\/(suggest|regions\/below)$/, "suggestions for a field"],
  [/^\/(prefs|kiosk|kiosk\/idle|browse\/regions\/choose|staff\/next)$|^\/staff\/cases\/\{case\}\/next$/, "leads on to a page"],
  [/^\/(apply\/drafts\/\{draft_id\}|my\/messages\/\{message_id\}|licenses\/\{license_id\}\/renewal)$/, "leads on to a page"],
];
// A paper, but its page has the same ending.
const PAGES = new Set(["/staff/cases/{case}/file", "/admin/calendar"]);

const pattern = (door) => new RegExp(`^${door.replace(/[.]/g, "\\.").replace(/\{\*\w+\}/g, ".+").replace(/\{\w+\}/g, "[^/]+")}$`);

// Doors no page of `pages` stands behind. A page with a way to it is a state of another, which has an address.
export async function unseen(pages) {
  const doors = [...(await readFile(TABLE, "utf8")).matchAll(/^\| GET `([^`]+)`/gm)].map(([, door]) => door);
  if (doors.length < 200) throw new Error(`the table has only ${doors.length} doors`);
  const exact = (door) => !door.includes("{");
  const looked = new Set();
  for (const [, address] of pages) {
    if (typeof address !== "string") continue;
    const path = address.split("?")[0];
    const door = doors.find((one) => one === path) ?? doors.filter((one) => !exact(one)).sort((a, b) => a.split("{").length - b.split("{").length).find((one) => pattern(one).test(path));
    if (door) looked.add(door);
  }
  return doors.filter((door) => !looked.has(door) && (PAGES.has(door) || !NO_PAGE.some(([rule]) => rule.test(door))));
}
