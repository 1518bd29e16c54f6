// The server's time on a device whose clock may be wrong: each answer carries a date, the difference is kept.

import { setValue, value } from "./store.js";

const NOTABLE = 3000; // ms; less is the way of the answer, not the clock
let offset = 0;
let known = false;

export async function startClock() {
  offset = (await value("clock")) ?? 0;
}

/** Learn from the `Date` header of an answer of the server itself (never of one that was kept). */
export function learnTime(header) {
  const server = Date.parse(header ?? "");
  if (Number.isNaN(server)) return;
  const difference = server - Date.now();
  const next = Math.abs(difference) < NOTABLE ? 0 : difference;
  known = true;
  if (Math.abs(next - offset) >= NOTABLE) {
    offset = next;
    setValue("clock", offset).catch(() => {});
  }
}

export const isTimeKnown = () => known;
export const now = () => Date.now() + offset;
/** A moment of this device's clock, as the server's clock would have told it. */
export const asServerTime = (local) => new Date(local + offset).toISOString();
