// Who walks through the city: the demo's accounts, and new synthetic people (region prefix 99).

import { randomInt } from "node:crypto";

export const PASSWORD = "Yunling-2026";

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

// The check digit of GB 11643: weighted sum modulo 11.
export const checkDigit = (seventeen) =>
  "10X98765432"[WEIGHTS.reduce((sum, weight, i) => sum + weight * Number(seventeen[i]), 0) % 11];

const two = (n) => String(n).padStart(2, "0");

// A person of 云川区 (fictional) whom the city does not know yet.
export function stranger(name = "钱多多") {
  const body = `990102${randomInt(1950, 2000)}${two(randomInt(1, 13))}${two(randomInt(1, 29))}${String(randomInt(1, 1000)).padStart(3, "0")}`;
  // Nobody of the city has a number between 19901 and 19908; a run of a hundred strangers must not meet twice in it.
  return { name, id: body + checkDigit(body), phone: `1990${randomInt(1, 9)}${String(randomInt(1_000_000)).padStart(6, "0")}` };
}

// The same person every time: for pictures, in a city that starts anew.
export function neighbour(name) {
  const body = "99010219880612023";
  return { name, id: body + checkDigit(body), phone: "19909990001" };
}

export async function signIn(page, login, { staff = false } = {}) {
  await page.goto(staff ? "/staff/sign-in" : "/sign-in");
  await page.locator("#login").fill(login);
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: /^(登录|Sign in)$/ }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
}

// Opens an account, as anybody can, and is signed in with it.
export async function register(page, person, back = "/") {
  await page.goto(`/register?back=${encodeURIComponent(back)}`);
  await page.getByLabel("姓名", { exact: true }).fill(person.name);
  await page.getByLabel("身份证号码", { exact: true }).fill(person.id);
  await page.getByLabel("手机号码", { exact: true }).fill(person.phone);
  await page.getByLabel("密码", { exact: true }).fill(PASSWORD);
  await page.getByLabel("再输入一次密码").fill(PASSWORD);
  await page.getByLabel(/我同意/).check();
  await page.getByRole("button", { name: "注册" }).click();
  await page.waitForURL((url) => url.pathname !== "/register");
}
