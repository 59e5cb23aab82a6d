// Everybody who sees pages, with the state of their browser and the pages they see.

import { visiting } from "./browser.mjs";
import { adminPages, approverPages, clerkPages, editorPages, helperPages, officerPages, supervisorPages } from "./pages-desk.mjs";
import { citizenPages, elderPages, publicPages, residentPages } from "./pages.mjs";
import { signIn } from "./people.mjs";
import { party, settled } from "./tour.mjs";

// Pages of the public and of citizens; a form that has been filled in wrongly keeps that, so `citizen` comes last.
export const PUBLIC = ["public", "resident", "elder", "citizen"];
export const STAFF = ["approver", "officer", "helper", "clerk", "supervisor", "administrator", "editor"];

const LOGINS = { resident: "citizen1", elder: "elder1", approver: "approver1", officer: "integrator1", helper: "helper1", clerk: "clerk1", supervisor: "supervisor1", administrator: "admin", editor: "editor1" };

// The pages of `groups`, in a city where this person has a case in every state.
export async function everyone(browser, groups, person) {
  const { person: known, scene, draft, state } = await settled(browser, person);
  const pages = {
    public: (page) => publicPages(page, scene),
    citizen: (page) => citizenPages(page, scene, draft),
    resident: residentPages,
    elder: elderPages,
    approver: (page) => approverPages(page, scene),
    officer: officerPages,
    helper: helperPages,
    clerk: async (page) => clerkPages(page, scene, await party(known)(page)),
    supervisor: supervisorPages,
    administrator: (page) => adminPages(page, scene),
    editor: (page) => editorPages(page, scene),
  };
  const lists = {};
  for (const group of groups) {
    lists[group] = {};
    await visiting(browser, { storageState: group === "citizen" ? state : undefined }, async (page, guest) => {
      const login = LOGINS[group];
      if (login) await signIn(page, login, { staff: STAFF.includes(group) });
      lists[group].pages = await pages[group](page);
      if (login || group === "citizen") lists[group].state = await guest.context.storageState();
    });
  }
  return lists;
}
