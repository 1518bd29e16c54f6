// What happened here and what the server has not confirmed yet: answers, watches, opinions, reports.
//
// Each entry has an id made here, and is on the disk before anything is sent. It leaves the disk only when
// the server has said that it has it. Sending twice is harmless (the id makes it the same request), so
// whenever an answer of the server is missing, the entry is simply sent again.

import { call, Problem, Unreachable } from "./api.js";
import { asServerTime } from "./clock.js";
import * as store from "./store.js";

const BATCH = 100;
const FIRST_PAUSE = 4_000; // ms
const LONGEST_PAUSE = 300_000;
const FINAL = new Set([400, 404, 409, 413, 422]); // asking again would be answered the same
const channel = new BroadcastChannel("player-queue");
const listeners = new Set();
let pause = FIRST_PAUSE;
let timer = null;
let student = null;

export function useStudent(id) {
  student = id;
  tell();
  if (id) deliver();
}

export const onQueue = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

channel.onmessage = () => tell(false);

async function tell(others = true) {
  const waiting = await count();
  for (const listener of listeners) listener(waiting);
  if (others) channel.postMessage("changed");
}

async function entries() {
  const all = await store.readAll("queue");
  return all.filter((entry) => entry.student === student).sort((one, other) => one.at - other.at);
}

export const count = async () => (student ? (await entries()).length : 0);

const ID_FIELDS = { answer: "response_id", watch: "watch_id", opinion: "feedback_id", report: "report_id" };
const TIME_FIELDS = { answer: "answered_at", watch: "started_at" };

/** Keep one event; resolves when it is on the disk. `at` is a moment of this device's clock. */
export async function keep(kind, body, at = Date.now()) {
  const id = crypto.randomUUID();
  const entry = { id, kind, student, at, frozen: false, body: { ...body, [ID_FIELDS[kind]]: id } };
  await store.put("queue", entry);
  tell();
  return entry;
}

/**
 * The body as it goes out, now and whenever it goes out again: a second sending with another time would
 * be another request to the server. So the moment is translated once, and written down before it is sent.
 */
async function freeze(entry) {
  const kept = await store.change("queue", entry.id, (row) => {
    if (!row || row.frozen) return undefined;
    const field = TIME_FIELDS[row.kind];
    return { ...row, frozen: true, body: field ? { ...row.body, [field]: asServerTime(row.at) } : row.body };
  });
  return kept ?? (await store.read("queue", entry.id)) ?? null;
}

async function settle(id) {
  await store.remove("queue", id);
}

const PATHS = { answer: "student/quiz-response", watch: "student/watches", opinion: "student/feedback", report: "student/reports" };

/** Send one entry now. Resolves to what the server says, null where it is gone already; raises otherwise. */
async function send(entry, options) {
  const ready = await freeze(entry);
  if (!ready) return null;
  try {
    const answer = await call("POST", PATHS[ready.kind], ready.body, options);
    await settle(ready.id);
    return answer.value;
  } catch (error) {
    if (error instanceof Problem && FINAL.has(error.status)) await settle(ready.id);
    throw error;
  }
}

/** Keep an answer and ask for its result; null where the network has none: then the queue delivers it. */
export async function answer(body) {
  const entry = await keep("answer", body);
  try {
    const result = await send(entry);
    pause = FIRST_PAUSE;
    return result;
  } catch (error) {
    if (error instanceof Problem && FINAL.has(error.status)) throw error;
    later(error);
    return null;
  } finally {
    tell();
  }
}

/** Keep an event of which nothing is shown, and deliver it when it suits. */
export async function record(kind, body, at) {
  await keep(kind, body, at);
  await deliver();
}

/** Deliver what waits, in one tab at a time. Never raises: what could not be sent stays. */
export function deliver() {
  if (!student) return Promise.resolve();
  clearTimeout(timer);
  timer = null;
  return navigator.locks
    .request("player-queue", { ifAvailable: true }, async (lock) => {
      if (!lock) return later(null);
      await deliverAll();
      pause = FIRST_PAUSE;
    })
    .catch(later)
    .finally(() => tell());
}

async function deliverAll() {
  for (let round = 0; round < 50; round += 1) {
    const waiting = await entries();
    if (!waiting.length) return;
    const answers = waiting.filter((entry) => entry.kind === "answer").slice(0, BATCH);
    for (const entry of waiting.filter((one) => one.kind !== "answer").slice(0, BATCH)) await sendAway(entry);
    if (answers.length) await sendBatch(answers);
  }
}

async function sendAway(entry) {
  try {
    await send(entry);
  } catch (error) {
    if (!(error instanceof Problem && FINAL.has(error.status))) throw error;
  }
}

async function sendBatch(batch) {
  const ready = (await Promise.all(batch.map(freeze))).filter(Boolean);
  if (!ready.length) return;
  const { value: outcomes } = await call("POST", "student/quiz-responses", ready.map((entry) => entry.body));
  // One outcome each, in the order sent.
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status < 300 || FINAL.has(outcome.status)) await settle(ready[index].id);
  }
}

/** Try again after a pause that doubles, or when the server said. */
function later(error) {
  const wait = error instanceof Problem && error.retryAfter ? error.retryAfter * 1000 : pause;
  if (error instanceof Problem && error.status === 401) return; // signed out: the next sign-in delivers
  if (error instanceof Problem || error instanceof Unreachable) pause = Math.min(pause * 2, LONGEST_PAUSE);
  timer ??= setTimeout(() => {
    timer = null;
    deliver();
  }, wait);
}

addEventListener("online", () => {
  pause = FIRST_PAUSE;
  deliver();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) deliver();
});
