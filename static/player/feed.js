// The order of cards: pages of the API as they come, the card that an answer recommends, and kept films
// where there is no network. Only a few cards back are remembered.

import { call } from "./api.js";
import { address, isOver, keptFilms } from "./keep.js";

const AHEAD = 4; // cards that should be known beyond the present one
const BEHIND = 6;
const CURSOR = /<([^>]+)>;\s*rel="next"/;

export class Feed {
  cards = [];
  index = 0;
  enough = false; // the day's minutes are used up, and nobody asked for more
  ended = false;
  #next = null;
  #more = false;
  #loading = null;

  get card() {
    return this.cards[this.index] ?? null;
  }

  get following() {
    return this.cards.slice(this.index + 1, this.index + 4);
  }

  /** The first page. Raises Problem and Unreachable. */
  async start() {
    this.cards = [];
    this.index = 0;
    this.ended = false;
    await this.#load("student/feed/me" + (this.#more ? "?more=1" : ""));
  }

  /** The child wants to go on although the day's minutes are used up. */
  async goOn() {
    this.#more = true;
    this.enough = false;
    const keep = this.card;
    await this.start();
    if (keep) this.cards = this.cards.filter((card) => card.id !== keep.id);
  }

  async #load(path) {
    const { value, headers } = await call("GET", path);
    const link = CURSOR.exec(headers.get("Link") ?? "")?.[1];
    this.#next = link ? link.slice(link.indexOf("/api/") + 5) : null;
    this.enough = headers.get("Learning-Day") === "enough" && !this.#more;
    this.ended = !this.#next;
    const known = new Set(this.cards.slice(Math.max(this.index - BEHIND, 0)).map((card) => card.id));
    this.cards.push(...value.filter((card) => !known.has(card.id)));
  }

  /** Know enough cards ahead; one request at a time. Raises Problem and Unreachable. */
  async ensure() {
    if (this.cards.length - this.index > AHEAD || this.ended || !this.#next) return;
    this.#loading ??= this.#load(this.#next).finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  /** What an answer recommends comes next, once. */
  insertNext(card) {
    if (!card || card.id === this.card?.id) return;
    const later = this.cards.slice(this.index + 1).filter((one) => one.id !== card.id);
    this.cards = [...this.cards.slice(0, this.index + 1), card, ...later];
  }

  forward() {
    if (this.index + 1 >= this.cards.length) return false;
    this.index += 1;
    const passed = this.index - BEHIND;
    if (passed > 0) {
      this.cards.splice(0, passed);
      this.index -= passed;
    }
    return true;
  }

  back() {
    if (!this.index) return false;
    this.index -= 1;
    return true;
  }
}

/** The kept films as a feed of their own: those not seen yet first. */
export class KeptFeed extends Feed {
  isOver = false; // there are films, and each has to be asked for once more

  async start(first = null) {
    const all = await keptFilms();
    const films = all.filter((film) => !isOver(film));
    this.isOver = all.length > films.length && !films.length;
    films.sort((one, other) => Number(one.seen) - Number(other.seen) || one.kept_at - other.kept_at);
    const start = films.findIndex((film) => film.id === first);
    if (start > 0) films.unshift(...films.splice(start, 1));
    this.cards = films.map(asCard);
    this.index = 0;
    this.ended = true;
  }

  async ensure() {}
  async goOn() {
    this.enough = false;
  }

  insertNext() {}
}

/** A kept film as a card: its files are on this device, its questions carry their answers. */
export function asCard(film) {
  const poster = film.kinds.includes("poster") ? address(film.id, "poster") : null;
  return {
    ...film,
    kept: true,
    thumbnail_url: poster,
    playback: {
      file: address(film.id, "film"),
      poster_url: poster,
      captions_url: film.kinds.includes("captions") ? address(film.id, "captions") : null,
    },
  };
}
