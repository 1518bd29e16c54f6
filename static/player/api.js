// The public student API. The access token lives in this module's memory only; the refresh token is a cookie
// that no script can read.

import { learnTime } from "./clock.js";

const ROOT = "/api/";
const PATIENCE = 15_000; // ms
let access = null;
let signedOut = () => {};

/** What the server said no to: `code` is stable, `detail` is for people. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = body?.code ?? "";
    this.errors = body?.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** No answer at all: no network, or too slow a one. */
export class Unreachable extends Error {}

export const onSignedOut = (listener) => {
  signedOut = listener;
};

async function ask(method, path, { body, token = null, headers = {}, keepalive = false } = {}) {
  const sent = { Accept: "application/json", ...headers };
  if (token) sent.Authorization = `Bearer ${token}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let response;
  let text;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      keepalive,
      signal: AbortSignal.timeout(PATIENCE),
    });
    text = await response.text();
  } catch (error) {
    throw new Unreachable(String(error));
  }
  learnTime(response.headers.get("Date"));
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    // A page of a proxy on the way: not ours, so as good as no answer.
    if (response.ok) throw new Unreachable("no JSON");
  }
  if (!response.ok) throw new Problem(response.status, value, Number(response.headers.get("Retry-After")) || 0);
  return { value, headers: response.headers, status: response.status };
}

const COOKIE = { "X-Session": "cookie" };

/** An address that needs no session. Where it opens one, its access token is kept. */
export async function askOpen(method, path, body, { opensSession = false } = {}) {
  const answer = await ask(method, path, { body, headers: opensSession ? COOKIE : {} });
  if (opensSession) access = answer.value.access;
  return answer.value;
}

/** One tab at a time asks for new tokens; each keeps its own access token. */
function refresh(stale) {
  return navigator.locks.request("player-session", async () => {
    if (access && access !== stale) return;
    access = null;
    try {
      const answer = await ask("POST", "student/token/refresh", { body: {}, headers: COOKIE });
      access = answer.value.access;
    } catch (error) {
      if (error instanceof Problem && (error.status === 400 || error.status === 401 || error.status === 403)) signedOut();
      throw error;
    }
  });
}

/** Ask for a session's token before anything needs it: on a slow line each asking costs its delay. */
export function openSession() {
  if (!access) refresh(null).catch(() => {}); // who needs it asks again, and hears why not
}

/** An address of the signed-in student. Raises Problem and Unreachable. */
export async function call(method, path, body, { keepalive = false } = {}) {
  if (!access) await refresh(null);
  const used = access;
  try {
    return await ask(method, path, { body, token: used, keepalive });
  } catch (error) {
    const worn = error instanceof Problem && error.status === 401 && /^token-/.test(error.code);
    if (!worn) throw error;
    await refresh(used);
    return ask(method, path, { body, token: access, keepalive });
  }
}

export async function signOut() {
  access = null;
  await ask("POST", "student/logout", { body: {}, headers: COOKIE });
}

export function forgetAccess() {
  access = null;
}
