// How the player looks and sounds on this device. The API's own preferences travel with the student;
// what is about the device (sound, text size, language) stays on it.

import { call } from "./api.js";
import { setValue, value } from "./store.js";
import { deviceLanguage, speak } from "./words.js";

export const TEXT_SIZES = [100, 125, 150, 200];
const USUAL = { sound: true, text: 100, language: null, captions: true, motion: null, saver: false, asking: null };
let current = { ...USUAL };
const listeners = new Set();

export const settings = () => current;
export const onSettings = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export async function startSettings() {
  current = { ...USUAL, ...((await value("settings")) ?? {}) };
  await apply();
}

async function apply() {
  await speak(current.language ?? deviceLanguage());
  const root = document.documentElement;
  root.dataset.text = String(current.text);
  root.dataset.motion = isCalm() ? "less" : "full";
}

/** Whether things should keep still: as chosen here, else as the device is set. */
export function isCalm() {
  return current.motion === "less" || (current.motion === null && matchMedia("(prefers-reduced-motion: reduce)").matches);
}

export const savesData = () => current.saver || navigator.connection?.saveData === true;

export async function choose(changes) {
  current = { ...current, ...changes };
  await setValue("settings", current);
  await apply();
  for (const listener of listeners) listener(current);
}

const PREFERENCES = { captions: "captions", saver: "data_saver" };

/** Preferences of the student, as the server has them, win over those of the device. */
export async function takePreferences(preferences = {}) {
  const changes = {};
  for (const [own, theirs] of Object.entries(PREFERENCES)) if (theirs in preferences) changes[own] = preferences[theirs];
  if ("reduced_motion" in preferences) changes.motion = preferences.reduced_motion ? "less" : current.motion === "less" ? null : current.motion;
  if (Object.keys(changes).length) await choose(changes);
}

/** Tell the server what was changed; what is not named stays. */
export async function sendPreferences(changes) {
  const changed = await call("PATCH", "student/me", { learning_preferences: changes });
  await setValue("profile", changed.value);
  return changed.value;
}
