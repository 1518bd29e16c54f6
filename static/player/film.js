// One film in one <video>: adaptive by hls.js (or by the browser where it has no MSE), from the device where
// it is kept. Sound is remembered, a refusal to play aloud is answered by playing silently.

import { call } from "./api.js";
import { now } from "./clock.js";
import { savesData, settings } from "./settings.js";
import { setValue, value } from "./store.js";
import { loaderOf, warm } from "./warm.js";

const HLS = new URL("../vendor/hls.js/hls.min.js", import.meta.url).pathname;
const RETRIES = 1;
let hlsLoading = null;
let bandwidth = 0; // bit/s as seen last, 0: never seen

export async function startFilms() {
  bandwidth = (await value("bandwidth")) ?? 0;
  // Needed for the first film in nearly every browser; loading it beside the feed saves its time.
  loadHls();
}

/** hls.js where the browser can use it; null where the browser plays playlists itself. */
export function loadHls() {
  if (!("MediaSource" in self || "ManagedMediaSource" in self)) return Promise.resolve(null);
  hlsLoading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = HLS;
    script.onload = () => resolve(self.Hls?.isSupported() ? self.Hls : null);
    script.onerror = () => {
      hlsLoading = null;
      script.remove();
      resolve(null);
    };
    document.head.append(script);
  });
  return hlsLoading;
}

/** Fresh addresses of a film. Also the way to learn how it was made. */
export async function renewAddresses(card) {
  const { value: film } = await call("GET", `videos/${card.id}`);
  card.playback = film.playback;
  card.thumbnail_url = film.thumbnail_url;
  card.origin_label = film.origin_label;
}

const isStale = (card) => !card.kept && Date.parse(card.playback.expires_at) - now() < 20_000;

/** A kept film by its address; from the cache itself where no worker looks after the page (a forced reload). */
async function findKept(address) {
  if (navigator.serviceWorker?.controller) return address;
  const found = await caches.match(address);
  return found ? URL.createObjectURL(await found.blob()) : address;
}

export class Film {
  #hls = null;
  #ready = null;
  #wanted = false; // whether it should be playing
  #card;
  #renewed = false;
  #retries = 0;
  #recovered = false;
  #released = false;
  #resumeAt = 0;
  onfail = () => {};
  onmuted = () => {};

  constructor(card, video) {
    this.#card = card;
    this.video = video;
    video.playsInline = true;
    video.preload = "auto";
    video.addEventListener("error", () => {
      if (!this.#hls && video.getAttribute("src")) this.#failedPlainly();
    });
  }

  /** Make it ready; a film that waits for its turn loads its beginning only. */
  load(options) {
    this.#ready = this.#open(options);
    return this.#ready;
  }

  async #open({ waiting = false } = {}) {
    const { playback, kept } = this.#card;
    if (kept) return this.#plain(await findKept(playback.file));
    if (isStale(this.#card)) await renewAddresses(this.#card).catch(() => {});
    if ("MediaSource" in self || "ManagedMediaSource" in self) warm(this.#card, 1);
    const Hls = await loadHls();
    if (this.#released) return;
    if (!Hls) {
      const native = this.video.canPlayType("application/vnd.apple.mpegurl");
      return this.#plain(native ? this.#card.playback.hls_url : this.#card.playback.renditions["480p"]);
    }
    this.#hls = new Hls({
      startLevel: 0, // what was fetched ahead; the next segment is what the line can carry
      testBandwidth: false,
      abrEwmaDefaultEstimate: bandwidth || 800_000,
      capLevelToPlayerSize: true,
      autoLevelCapping: savesData() ? 0 : -1,
      maxBufferLength: waiting ? 3 : 16,
      maxMaxBufferLength: waiting ? 3 : 30,
      backBufferLength: 20,
      loader: loaderOf(Hls),
      renderTextTracksNatively: false,
      enableWebVTT: false,
      enableWorker: false, // demuxing fMP4 costs next to nothing, a worker a film does
      fragLoadPolicy: policyOf(Hls, "fragLoadPolicy"),
    });
    this.#hls.on(Hls.Events.ERROR, (_, data) => this.#failed(Hls, data));
    this.#hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.#retries = 0;
      this.#learnBandwidth();
    });
    this.#hls.loadSource(this.#card.playback.hls_url);
    this.#hls.attachMedia(this.video);
  }

  /** Its turn has come: fill the buffer as far as usual. */
  wake() {
    if (!this.#hls) return;
    this.#hls.config.maxBufferLength = 16;
    this.#hls.config.maxMaxBufferLength = 30;
  }

  #plain(address) {
    if (this.#released) return;
    this.video.src = address;
    if (this.#resumeAt) this.video.currentTime = this.#resumeAt;
  }

  #learnBandwidth() {
    const seen = Math.round(this.#hls.bandwidthEstimate ?? 0);
    if (!seen || Math.abs(seen - bandwidth) < bandwidth / 4) return;
    bandwidth = seen;
    setValue("bandwidth", seen).catch(() => {});
  }

  async #failed(Hls, data) {
    if (!data.fatal) return;
    if (data.response?.code === 403 || data.response?.code === 404) return this.#renew();
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !this.#recovered) {
      this.#recovered = true;
      return this.#hls.recoverMediaError();
    }
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR && this.#retries < RETRIES && navigator.onLine) {
      this.#retries += 1;
      setTimeout(() => this.#again(), 800 * 2 ** this.#retries);
      return undefined;
    }
    // The other network has the same film; once, since a film that fails there fails everywhere.
    const { playback } = this.#card;
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR && playback.fallback_hls_url && navigator.onLine) {
      this.#card.playback = { ...playback, hls_url: playback.fallback_hls_url, fallback_hls_url: null };
      this.#retries = 0;
      return this.#again();
    }
    this.onfail();
    return undefined;
  }

  #failedPlainly() {
    if (this.#card.kept) this.onfail();
    else this.#renew();
  }

  /** An address has ended: ask for fresh ones, once. */
  async #renew() {
    if (this.#renewed) return this.onfail();
    this.#renewed = true;
    try {
      await renewAddresses(this.#card);
      this.#again();
    } catch {
      this.onfail();
    }
    return undefined;
  }

  /** Load once more from where it stands; for the button “Try again”, too. */
  #again() {
    if (this.#released) return;
    const at = this.video.currentTime;
    this.#resumeAt = at;
    if (this.#hls) {
      this.#hls.loadSource(this.#card.playback.hls_url);
      this.#hls.startLoad(at);
      if (at) this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = at), { once: true });
    } else this.load();
    if (this.#wanted) this.play();
  }

  retry() {
    this.#renewed = false;
    this.#retries = 0;
    if (isStale(this.#card)) return this.#renew();
    this.#again();
    return undefined;
  }

  /** Play, silently where the browser allows no more. Resolves to whether it plays. */
  async play() {
    const { video } = this;
    this.#wanted = true;
    // A source that is set after play() ends the playing before it begins.
    await this.#ready?.catch(() => {});
    if (this.#released || !this.#wanted) return false;
    video.muted = !settings().sound;
    try {
      await video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError") return false;
      video.muted = true;
      try {
        await video.play();
      } catch {
        return false;
      }
    }
    this.onmuted(video.muted && settings().sound);
    return true;
  }

  pause() {
    this.#wanted = false;
    this.video.pause();
  }

  /** Give back everything: buffers, decoder, listeners of the library. */
  release() {
    this.#released = true;
    this.#hls?.destroy();
    this.#hls = null;
    this.video.pause();
    if (this.video.src.startsWith("blob:") && this.#card.kept) URL.revokeObjectURL(this.video.src);
    this.video.removeAttribute("src");
    this.video.replaceChildren();
    this.video.load();
    this.onfail = () => {};
    this.onmuted = () => {};
  }
}

function policyOf(Hls, name) {
  const usual = Hls.DefaultConfig[name].default;
  return { default: { ...usual, maxTimeToFirstByteMs: 8000, errorRetry: { ...usual.errorRetry, maxNumRetry: 3 } } };
}
