// The same city through /api/v1: to bring cases into the states that pages are looked at in.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { SITE } from "./browser.mjs";
import { PASSWORD } from "./people.mjs";

export async function program(login) {
  let token;
  const call = async (method, path, body) => {
    const files = body instanceof FormData;
    const answer = await fetch(`${SITE}/api/v1${path}`, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(method === "POST" && { "idempotency-key": randomUUID() }),
        ...(body && !files && { "content-type": "application/json" }),
      },
      body: files ? body : body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  token = (await call("POST", "/sessions", { login, password: PASSWORD })).token;
  return { get: (path) => call("GET", path), post: (path, body = {}) => call("POST", path, body) };
}
