// The beginnings of films, fetched before hls.js asks for them: the playlists of the lowest rung and of the sound,
// then the initialisation and the first segments of both at once. hls.js by itself would ask for one after the
// other, and each asking costs a slow line its whole delay.

const MOST = 6; // films whose beginnings are held
const USUAL = /\/master\.m3u8$/;
const USUAL_LISTS = ["480.m3u8", "audio.m3u8"];
// address of a film → { folder, stop, parts: Map(key → Promise of { data, times }), isAsked: Promise, once all are asked for }
const held = new Map();

const keyOf = (url, first, past) => `${url}|${past ? `${first}-${past}` : ""}`;

/** Fetch the beginning of a film: so many segments of picture and sound. Never raises. */
export async function warm(card, segments) {
  const address = card.playback.hls_url;
  if (card.kept || !address || held.has(address)) return;
  const stop = new AbortController();
  const parts = new Map();
  let allAsked;
  const isAsked = new Promise((resolve) => (allAsked = resolve));
  held.set(address, { folder: new URL(".", new URL(address, location.href)).href, stop, parts, isAsked });
  if (held.size > MOST) forget(held.keys().next().value);
  const hold = (part, url, range) => {
    part.catch(() => {});
    parts.set(keyOf(url, range?.first, range?.past), part);
    return part;
  };
  const get = (url, kind) => hold(fetchPart(url, null, kind, stop.signal), url, null);
  /** Ranges that lie one behind the other, by one asking: a browser fetches one address one after the other. */
  const getRun = (url, ranges) => {
    if (!ranges[0]) return [get(url, "arrayBuffer")];
    const whole = { first: ranges[0].first, past: ranges.at(-1).past };
    const fetched = fetchPart(url, whole, "arrayBuffer", stop.signal);
    return ranges.map((range) => hold(fetched.then((all) => cutOut(all, whole, range)), url, range));
  };
  try {
    const base = new URL(address, location.href);
    const lists = new Map(); // name of a playlist → Promise of its text
    const read = (name) => {
      if (!lists.has(name)) lists.set(name, get(new URL(name, base).href, "text"));
      return lists.get(name);
    };
    const asked = get(base.href, "text");
    // Most films' playlists bear these names: asked for beside the one that says so, they cost no delay of their own.
    if (USUAL.test(base.pathname)) USUAL_LISTS.forEach(read);
    const master = (await asked).data;
    const sound = /TYPE=AUDIO[^\n]*URI="([^"]+)"/.exec(master)?.[1];
    const starts = [lowestRung(master), sound].filter(Boolean).map(async (name) => {
      const list = new URL(name, base);
      const { data } = await read(name);
      return runsOf(beginning(data, segments)).flatMap(({ uri, ranges }) => getRun(new URL(uri, list).href, ranges));
    });
    const asking = (await Promise.all(starts)).flat();
    allAsked();
    await Promise.all(asking);
  } catch {
    held.delete(address); // what is missing is asked for again by the film itself
  } finally {
    allAsked();
  }
}

/** One range of several that came together, with its share of the time that they took. */
function cutOut({ data, times }, whole, { first, past }) {
  const size = whole.past - whole.first;
  const at = (place) => times.first + ((place - whole.first) / size) * (times.end - times.first);
  const start = first === whole.first ? times.start : at(first);
  return { data: data.slice(first - whole.first, past - whole.first), times: { start, first: Math.max(at(first), start), end: at(past) } };
}

/** Files with the ranges of each that follow one another; a file without ranges has `[null]`. */
export function runsOf(found) {
  const runs = [];
  for (const { uri, range } of found) {
    const last = runs.at(-1);
    if (range && last?.uri === uri && last.ranges.at(-1)?.past === range.first) last.ranges.push(range);
    else runs.push({ uri, ranges: [range] });
  }
  return runs;
}

async function fetchPart(url, range, kind, signal) {
  const start = performance.now();
  const response = await fetch(url, { signal, headers: range ? { Range: `bytes=${range.first}-${range.past - 1}` } : {} });
  if (!response.ok || (range && response.status !== 206)) throw new Error(String(response.status));
  const first = performance.now();
  const data = await response[kind]();
  return { data, times: { start, first, end: performance.now() } };
}

/** Let go of the beginnings of all films but these. */
export function holdOnly(cards) {
  const wanted = new Set(cards.map((card) => card.playback.hls_url));
  for (const address of [...held.keys()]) if (!wanted.has(address)) forget(address);
}

function forget(address) {
  held.get(address)?.stop.abort();
  held.delete(address);
}

/** A part that is here or on its way; hls.js names playlists as it was given them, segments in full. */
function take({ url, rangeStart, rangeEnd }) {
  const key = keyOf(new URL(url, location.href).href, rangeStart, rangeEnd);
  for (const { parts } of held.values()) {
    const part = parts.get(key);
    if (part) {
      parts.delete(key); // a second asking means that the first was of no use
      return part;
    }
  }
  return null;
}

/** hls.js's loader, which first looks whether it is here. Times are those of the fetch, so estimates stay right. */
export function loaderOf(Hls) {
  return class extends Hls.DefaultConfig.loader {
    #isOver = false;

    load(context, config, callbacks) {
      const part = take(context);
      this.context = context;
      if (part) this.#hand(part, context, config, callbacks);
      else {
        // The playlist may have come here and there in the same moment: what it names is just being asked for.
        const entry = context.rangeEnd && [...held.values()].find(({ folder }) => context.url.startsWith(folder));
        if (!entry) super.load(context, config, callbacks);
        else {
          entry.isAsked.then(() => {
            const late = take(context);
            if (late) this.#hand(late, context, config, callbacks);
            else if (!this.#isOver) super.load(context, config, callbacks);
          });
        }
      }
    }

    #hand(part, context, config, callbacks) {
      part.then(
        ({ data, times }) => {
          if (this.#isOver) return;
          const size = data.byteLength ?? data.length;
          Object.assign(this.stats, { loaded: size, total: size });
          Object.assign(this.stats.loading, times);
          callbacks.onSuccess({ url: context.url, data, code: 200 }, this.stats, context, null);
        },
        () => {
          if (!this.#isOver) super.load(context, config, callbacks);
        },
      );
    }

    abort() {
      this.#isOver = true;
      super.abort();
    }

    destroy() {
      this.#isOver = true;
      super.destroy();
    }
  };
}

/** The playlist with the least bandwidth. */
export function lowestRung(master) {
  const lines = master.split("\n");
  let best = null;
  for (const [index, line] of lines.entries()) {
    const rate = /^#EXT-X-STREAM-INF:.*?BANDWIDTH=(\d+)/.exec(line)?.[1];
    if (rate && (!best || Number(rate) < best.rate)) best = { rate: Number(rate), uri: lines[index + 1]?.trim() };
  }
  return best?.uri ?? null;
}

/** The initialisation and the first segments of a playlist; `range` is [first, past) in bytes, null for a whole file. */
export function beginning(playlist, segments) {
  const found = [];
  const map = /#EXT-X-MAP:URI="([^"]+)"(?:,BYTERANGE="(\d+)@(\d+)")?/.exec(playlist);
  if (map) found.push({ uri: map[1], range: map[2] ? { first: Number(map[3]), past: Number(map[3]) + Number(map[2]) } : null });
  const most = segments + found.length;
  let range = null;
  let end = 0;
  for (const line of playlist.split("\n")) {
    const given = /^#EXT-X-BYTERANGE:(\d+)(?:@(\d+))?/.exec(line);
    if (given) {
      const first = given[2] === undefined ? end : Number(given[2]);
      end = first + Number(given[1]);
      range = { first, past: end };
    } else if (line.trim() && !line.startsWith("#")) {
      found.push({ uri: line.trim(), range });
      range = null;
      if (found.length === most) break;
    }
  }
  return found;
}
