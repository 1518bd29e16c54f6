// The player: seeking from everywhere, the sentence that is spoken, frames, rates, one scene in a loop, what was
// played, the ladder as a student sees it, and a film whose file is gone. Without this file the browser's own
// controls play the film.

const page = document.querySelector("[data-st-review]");
const video = document.getElementById("st-video");

if (video) {
  const seconds = Number(video.dataset.seconds);
  useControlBar();
  followFilm();
  bindTools();
  liftCaptions(video.querySelector("track"));
  watchForLoss();
  if (page.hasAttribute("data-judging")) countPlayed(seconds);
}
bindStudent();

function seekTo(second, { play = true } = {}) {
  if (!video) return;
  video.currentTime = second;
  if (play) video.play().catch(() => {}); // the browser may want a click on the film itself
}

function useControlBar() {
  const use = () => {
    video.removeAttribute("controls");
    // Roles that allow what the bar tells: captions are on or off, the time is read and no button.
    document.querySelector("media-captions-button")?.setAttribute("role", "switch");
    document.querySelector("media-time-display")?.setAttribute("role", "timer");
  };
  if (customElements.get("media-controller")) use();
  else customElements.whenDefined("media-controller").then(use);
}

function followFilm() {
  const lines = [...document.querySelectorAll("[data-from]")];
  const marks = [...document.querySelectorAll(".st-strip-mark")];

  page.addEventListener("click", (event) => {
    const target = event.target.closest("[data-seek]");
    if (target) {
      seekTo(Number(target.dataset.seek));
      return;
    }
    const line = event.target.closest(".st-said");
    const from = line?.closest("[data-from]")?.dataset.from;
    if (from !== undefined && !String(getSelection())) seekTo(Number(from));
  });

  const show = () => {
    const now = video.currentTime + 0.05;
    for (const line of lines) {
      line.classList.toggle("st-now", now >= Number(line.dataset.from) && now < Number(line.dataset.to));
    }
    const passed = marks.filter((mark) => Number(mark.dataset.seek) <= now);
    for (const mark of marks) mark.setAttribute("aria-current", String(mark === passed.at(-1)));
  };
  video.addEventListener("timeupdate", show);
  video.addEventListener("seeked", show);
}

function bindTools() {
  document.querySelector(".st-speeds").hidden = false;
  const loop = document.querySelector("[data-loop]");
  page.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (step) stepFrame(Number(step.dataset.step));
    if (event.target.closest("[data-loop]")) {
      const on = loop.getAttribute("aria-pressed") !== "true";
      loop.setAttribute("aria-pressed", String(on));
      scene = on ? sceneAt(video.currentTime) : null;
    }
  });
  document.querySelector("[data-st-rate]").addEventListener("change", (event) => {
    video.playbackRate = Number(event.target.value);
  });
  let scene = null;
  video.addEventListener("timeupdate", () => {
    if (scene && !video.paused && video.currentTime >= scene.until - 0.05) video.currentTime = scene.from;
  });
  video.addEventListener("seeked", () => {
    if (scene && (video.currentTime < scene.from - 0.1 || video.currentTime > scene.until)) scene = sceneAt(video.currentTime);
  });
}

function sceneAt(second) {
  const marks = [...document.querySelectorAll(".st-strip-mark")].map((mark) => ({
    from: Number(mark.dataset.seek),
    until: Number(mark.dataset.until),
  }));
  return marks.findLast((mark) => mark.from <= second + 0.05) ?? null;
}

function stepFrame(by) {
  if (!video) return;
  video.pause();
  const length = 1 / Number(video.dataset.frameRate);
  const frame = Math.floor(video.currentTime / length + 0.01) + by;
  video.currentTime = Math.max(0, (frame + 0.5) * length); // the middle of a frame is surely that frame
}

// The picture has captions of its own at the bottom; the track then stands at the top.
function liftCaptions(track) {
  if (!track || !("captionsOnTop" in video.dataset)) return;
  const lift = () => {
    for (const cue of track.track.cues ?? []) cue.line = 1;
  };
  track.addEventListener("load", lift);
  lift();
}

function watchForLoss() {
  const missing = document.getElementById("st-film-missing");
  const say = async () => {
    const answer = await fetch(video.currentSrc || video.querySelector("source").src, { method: "HEAD" }).catch(() => null);
    if (answer && [403, 404].includes(answer.status)) {
      missing.hidden = false;
      document.querySelector(".st-frame").classList.add("st-lost");
    }
  };
  video.querySelector("source").addEventListener("error", say);
  video.addEventListener("error", say);
  if (video.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) say();
}

// ------------------------------------------------------------------ what was played

// Stretches that ran by while the film was playing; a jump ends one and begins another.
function countPlayed(seconds) {
  const bar = document.getElementById("st-coverage");
  const known = (bar.dataset.ranges || "")
    .split(",")
    .filter(Boolean)
    .map((one) => one.split("-").map(Number));
  let unsent = [];
  let last = null;
  let visibleSince = document.hidden ? null : Date.now();
  let spent = 0;

  const note = () => {
    const now = video.currentTime;
    const run = last === null ? -1 : now - last;
    if (!video.seeking && run > 0 && run <= 0.75 * Math.max(video.playbackRate, 1) + 0.5) unsent = merge([...unsent, [last, now]]);
    last = video.seeking ? null : now;
    draw();
  };
  video.addEventListener("playing", () => (last = video.currentTime));
  video.addEventListener("seeking", () => (last = null));
  video.addEventListener("seeked", () => (last = video.paused ? null : video.currentTime));
  video.addEventListener("timeupdate", () => !(video.paused && !video.ended) && note());
  video.addEventListener("pause", () => {
    note();
    last = null;
    report();
  });
  video.addEventListener("ended", report);

  function draw() {
    const all = merge([...known, ...unsent]);
    const played = all.reduce((sum, [from, to]) => sum + to - from, 0);
    const share = seconds - played <= 0.5 ? 1 : Math.min(played / seconds, 1);
    bar.replaceChildren(
      ...all.map(([from, to]) => {
        const part = document.createElement("span");
        part.style.left = `${(100 * from) / seconds}%`;
        part.style.width = `${(100 * (to - from)) / seconds}%`;
        return part;
      }),
    );
    for (const text of document.querySelectorAll("#st-covered, [data-st-covered]")) text.textContent = Math.floor(100 * share);
    document.dispatchEvent(new CustomEvent("st-played", { detail: { share } }));
    const field = document.querySelector("#st-verdict [name=played]");
    if (field) field.value = JSON.stringify(all);
  }

  async function report() {
    if (visibleSince !== null) {
      spent += Date.now() - visibleSince;
      visibleSince = document.hidden ? null : Date.now();
    }
    const whole = Math.floor(spent / 1000);
    if (!unsent.length && whole < 1) return;
    const sent = unsent;
    spent -= whole * 1000;
    unsent = [];
    known.push(...sent);
    const answer = await fetch(page.dataset.watch, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ film: page.dataset.film, ranges: sent, seconds: whole }),
    }).catch(() => null);
    if (!answer?.ok && answer?.status !== 409) {
      unsent = merge([...sent, ...unsent]); // told again next time; twice is the same
      spent += whole * 1000;
    }
  }

  setInterval(() => !document.hidden && report(), 10000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) report();
    else visibleSince = Date.now();
  });
  draw();
}

function merge(ranges) {
  const merged = [];
  for (const [from, to] of [...ranges].sort((one, other) => one[0] - other[0])) {
    const before = merged.at(-1);
    if (before && from <= before[1] + 0.35) before[1] = Math.max(before[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function csrfToken() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

// ------------------------------------------------------------------ as a student sees it

function bindStudent() {
  const dialog = document.getElementById("st-student");
  if (!dialog) return;
  const student = document.getElementById("st-student-video");
  const state = document.getElementById("st-student-state");
  let player = null;

  dialog.addEventListener("st-opened", async () => {
    video?.pause();
    state.textContent = "Loading …";
    await loadScript(dialog.dataset.hls).catch(() => {});
    if (!window.Hls?.isSupported()) {
      student.src = dialog.dataset.playlist; // a browser that plays the ladder itself
    } else {
      player = new window.Hls({ enableWorker: false });
      player.on(window.Hls.Events.LEVEL_SWITCHED, (_, data) => {
        const level = player.levels[data.level];
        state.textContent = `${level.width} × ${level.height}, ${Math.round(level.bitrate / 1000)} kbit/s`;
      });
      player.on(window.Hls.Events.ERROR, (_, data) => {
        if (data.fatal) state.textContent = "The ladder cannot be played. Rebuild the film, and tell operations if it stays.";
      });
      player.loadSource(dialog.dataset.playlist);
      player.attachMedia(student);
    }
    if (student.dataset.captions && !student.querySelector("track")) {
      const track = document.createElement("track");
      Object.assign(track, { kind: "captions", src: student.dataset.captions, srclang: student.dataset.language, label: "Captions", default: true });
      student.append(track);
      track.track.mode = "showing";
    }
    student.play().catch(() => {});
  });
  dialog.addEventListener("close", () => {
    student.pause();
    player?.destroy();
    player = null;
  });
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    if (window.Hls) return resolve();
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}
