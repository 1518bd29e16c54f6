// What was seen of one film, for the report: seconds that really played, the furthest second, whether it ended.

import { record } from "./queue.js";

const JUMP = 1.5; // seconds; a larger step of the film's time is a jump, not playing

export class Watching {
  #started = null; // device time of the present stretch
  #seconds = 0;
  #before = 0;
  #furthest = 0;
  #finished = false;
  #shown = Date.now();
  #told = false;
  #askedAt = null; // when somebody wanted to see it; null once it was there
  #startMs = null;
  #stalledMs = 0;

  constructor(card) {
    this.card = card;
  }

  /** It should play from now on, and does not yet; or it stands still. */
  wait() {
    this.#askedAt ??= performance.now();
  }

  /** It moves. */
  move() {
    if (this.#askedAt === null) return;
    const waited = Math.min(Math.round(performance.now() - this.#askedAt), 600_000);
    this.#askedAt = null;
    if (this.#startMs === null) this.#startMs = waited;
    else this.#stalledMs += waited;
  }

  see(time, duration) {
    const step = time - this.#before;
    this.#before = time;
    if (step > 0 && step < JUMP) {
      this.#started ??= Date.now();
      this.#seconds += step;
    }
    this.#furthest = Math.max(this.#furthest, Math.min(time, duration || time));
  }

  jump(time) {
    this.#before = time;
  }

  /** The film's end was reached: told at once, since the quiz counts with it. */
  finish(duration) {
    this.#furthest = Math.max(this.#furthest, duration);
    this.#finished = true;
    return this.tell();
  }

  /** Report what has not been told yet; a card that was on the screen is told once even if nothing played. */
  tell() {
    if (this.#told && this.#seconds < 1) return Promise.resolve();
    const at = this.#started ?? this.#shown;
    const body = {
      video_id: this.card.id,
      seconds_watched: round(this.#seconds),
      furthest_second: round(this.#furthest),
      completed: this.#finished,
    };
    // How well the network served, for those who run it; of a kept film there is nothing to say.
    if (!this.card.kept && this.#startMs !== null) {
      Object.assign(body, { start_ms: this.#startMs, stalled_ms: this.#stalledMs, cdn: this.card.playback.cdn ?? "" });
    }
    this.#told = true;
    this.#seconds = 0;
    this.#started = null;
    this.#finished = false;
    return record("watch", body, at).catch(() => {});
  }
}

const round = (seconds) => Math.round(seconds * 10) / 10;
