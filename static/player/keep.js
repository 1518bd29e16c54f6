// Films kept for later: at most twenty and at most 50,000,000 bytes, checked by their SHA-256.
//
// A film is on the list only when all its files are here and right. Pieces of a download stay on the disk,
// so a broken one goes on where it was, also after a reload.

import { call, Problem, Unreachable } from "./api.js";
import { now } from "./clock.js";
import * as store from "./store.js";

export const MOST_FILMS = 20;
export const MOST_BYTES = 50_000_000;
const CACHE = "player-kept";
const PIECE = 256 * 1024; // bytes gathered before they are written
const channel = new BroadcastChannel("player-kept");
const listeners = new Set();

/** There is no room, or the files were not what was promised; `code` says which. */
export class NotKept extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const onKept = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function tell(others = true) {
  for (const listener of listeners) listener();
  if (others) channel.postMessage("changed");
}

channel.onmessage = () => tell(false);

/** Kept films, the one used last first. */
export async function keptFilms() {
  const films = await store.readAll("kept");
  return films.sort((one, other) => other.used - one.used);
}

export const isKept = async (id) => (await store.read("kept", id)) !== undefined;
export const keptFilm = (id) => store.read("kept", id);
export const bytesOf = (films) => films.reduce((sum, film) => sum + film.bytes, 0);
export const address = (id, kind) => `/kept/${id}/${kind}`;

export async function noteUse(id) {
  await store.change("kept", id, (film) => film && { ...film, used: Date.now() });
}

export async function letGo(id) {
  await removeFilm(id);
  tell();
}

async function removeFilm(id) {
  const film = await keptFilm(id);
  await store.remove("kept", id);
  const cache = await caches.open(CACHE);
  for (const kind of film?.kinds ?? ["film", "captions", "poster"]) await cache.delete(address(id, kind));
}

export async function letGoOfAll() {
  await store.clear("kept");
  await store.clear("parts");
  await caches.delete(CACHE);
  tell();
}

const DAY = 86_400_000; // ms
const LONGEST_TRUST = DAY / 2; // how long the server's last word on kept films counts while there is a network

/** Whether a film has to be asked for once more before it plays. */
export const isOver = (film) => Boolean(film.kept_until) && Date.parse(film.kept_until) < now();
/** Whether it will be so within three days. */
export const endsSoon = (film) => Boolean(film.kept_until) && Date.parse(film.kept_until) < now() + 3 * DAY;

/**
 * Ask the server which kept films are still offered: those live on, the others go from the device. Resolves to
 * how many went. Without an answer nothing changes.
 */
export function renewKept() {
  return alone(async () => {
    const films = await keptFilms();
    const asked = (await store.value("keptAsked")) ?? 0;
    const isTrusted = Math.abs(now() - asked) < LONGEST_TRUST && !films.some(endsSoon);
    if (!films.length || isTrusted) return 0;
    const { films: offered } = await askManifest({ ids: films.map((film) => film.id) });
    const known = new Map(offered.map((film) => [film.id, film]));
    let gone = 0;
    for (const { id } of films) {
      const fresh = known.get(id);
      if (fresh) {
        const { kept_until, title, topic, quiz_questions, burned_captions } = fresh;
        await store.change("kept", id, (film) => film && { ...film, kept_until, title, topic, quiz_questions, burned_captions });
      } else {
        await removeFilm(id);
        gone += 1;
      }
    }
    await store.setValue("keptAsked", now());
    tell();
    return gone;
  });
}

/** Which films must go so that `bytes` more fit: the least recently used first, never those in `spared`. */
export function choosePassed(films, bytes, spared = new Set()) {
  const gone = [];
  const oldest = [...films].sort((one, other) => one.used - other.used).filter((film) => !spared.has(film.id));
  let left = bytesOf(films) + bytes;
  let number = films.length + 1;
  for (const film of oldest) {
    if (left <= MOST_BYTES && number <= MOST_FILMS) break;
    gone.push(film);
    left -= film.bytes;
    number -= 1;
  }
  return left <= MOST_BYTES && number <= MOST_FILMS ? gone : null;
}

/** What the server would have us take along: of these films, or the next ones. */
async function askManifest({ ids = null, limit = MOST_FILMS, bytes = MOST_BYTES }) {
  const query = new URLSearchParams({ limit: String(limit), max_bytes: String(bytes) });
  if (ids) query.set("films", ids.join(","));
  return (await call("GET", `student/offline/me?${query}`)).value;
}

/** Keep one film. `report(share)` hears how far it is. Raises NotKept, Problem and Unreachable. */
export function keepFilm(id, report = () => {}) {
  return alone(async () => {
    if (await isKept(id)) return;
    const { films } = await askManifest({ ids: [id] });
    if (!films.length) throw new NotKept("not-there");
    await fetchFilm(films[0], report);
  });
}

/** Fill the room that is left with what comes next; nothing kept goes for it. Resolves to how many came. */
export function keepNext(report = () => {}) {
  return alone(async () => {
    const here = await keptFilms();
    const { films } = await askManifest({});
    const wanted = films.filter((film) => !here.some((one) => one.id === film.id));
    let number = 0;
    for (const film of wanted) {
      const present = await keptFilms();
      if (present.length >= MOST_FILMS || bytesOf(present) + film.bytes > MOST_BYTES) continue;
      await fetchFilm(film, (share) => report((number + share) / wanted.length, film.title));
      number += 1;
    }
    return number;
  });
}

const alone = (work) => navigator.locks.request("player-keep", work);

async function fetchFilm(film, report) {
  const passed = choosePassed(await keptFilms(), film.bytes);
  if (!passed) throw new NotKept("too-large");
  await navigator.storage?.persist?.().catch(() => false);
  const cache = await caches.open(CACHE);
  let done = 0;
  let files = film.files;
  for (const { kind } of film.files) {
    let renewed = false;
    for (;;) {
      const file = files.find((one) => one.kind === kind);
      try {
        const blob = await fetchFile(film.id, file, (bytes) => report((done + bytes) / film.bytes));
        await write(cache, address(film.id, kind), blob, file.content_type);
        done += file.size;
        break;
      } catch (error) {
        // The addresses of a download live for a day: ask for fresh ones, once a file.
        if (!(error instanceof Problem && error.status === 403) || renewed) throw error;
        renewed = true;
        const again = await askManifest({ ids: [film.id] });
        const fresh = again.films[0];
        const same = fresh?.files.find((one) => one.kind === kind && one.sha256 === file.sha256);
        if (!same) throw new NotKept("not-there");
        files = fresh.files;
      }
    }
  }
  for (const old of passed) await removeFilm(old.id);
  const { files: all, ...facts } = film;
  await store.put("kept", { ...facts, kinds: all.map((file) => file.kind), kept_at: now(), used: Date.now(), seen: false });
  tell();
}

async function write(cache, path, blob, type) {
  try {
    await cache.put(path, new Response(blob, { headers: { "Content-Type": type, "Content-Length": String(blob.size) } }));
  } catch (error) {
    throw error.name === "QuotaExceededError" ? new NotKept("device-full") : error;
  }
}

/** All bytes of a file, those of an earlier try included. Raises NotKept where the checksum differs. */
async function fetchFile(id, file, report) {
  const mine = IDBKeyRange.bound([id, file.sha256], [id, file.sha256, []]);
  let pieces = await store.readAll("parts", mine);
  let have = sizeOf(pieces);
  if (have > file.size) {
    pieces = [];
    have = 0;
    await store.remove("parts", mine);
  }
  if (have < file.size) {
    const fresh = await download(id, file, pieces, have, report);
    pieces = fresh;
  }
  const blob = new Blob(pieces);
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  await store.remove("parts", mine);
  const written = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (blob.size !== file.size || written !== file.sha256) throw new NotKept("damaged");
  return blob;
}

const sizeOf = (pieces) => pieces.reduce((sum, piece) => sum + piece.byteLength, 0);

async function download(id, file, pieces, have, report) {
  let response;
  try {
    response = await fetch(file.url, {
      headers: have ? { Range: `bytes=${have}-`, "If-Range": `"${file.sha256}"` } : {},
      cache: "no-store",
    });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (!response.ok) throw new Problem(response.status, null, 0);
  const all = response.status === 206 ? [...pieces] : [];
  if (response.status !== 206) {
    have = 0;
    await store.remove("parts", IDBKeyRange.bound([id, file.sha256], [id, file.sha256, []]));
  }
  const reader = response.body.getReader();
  let waiting = [];
  let size = 0;
  const flush = async () => {
    if (!size) return;
    const piece = await new Blob(waiting).arrayBuffer();
    await store.put("parts", piece, [id, file.sha256, all.length]);
    all.push(piece);
    waiting = [];
    size = 0;
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      waiting.push(value);
      size += value.byteLength;
      have += value.byteLength;
      report(have);
      if (size >= PIECE) await flush();
    }
  } catch (error) {
    await flush();
    throw new Unreachable(String(error));
  }
  await flush();
  // A connection that ended early without an error: what is here stays, the rest is for the next try.
  if (sizeOf(all) < file.size) throw new Unreachable("cut short");
  return all;
}
