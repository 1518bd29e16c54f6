// Elements without a framework. Text is always set as text, so nothing that a server or a child wrote becomes markup.

const SVG = "http://www.w3.org/2000/svg";
const ART = new URL("art.svg", import.meta.url).pathname;

/** An element: attributes, `on…` listeners, `class`; children are nodes, texts, or nothing. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/** One picture of art.svg. It says nothing to a screen reader: the words beside it do. */
export function art(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ART}#${name}`);
  svg.append(use);
  return svg;
}

export function changeArt(svg, name) {
  svg.firstChild.setAttribute("href", `${ART}#${name}`);
}

/** A round button with a picture; `label` is its name for those who do not see it. */
export function iconButton(name, label, onclick, more = {}) {
  return el("button", { type: "button", class: "round", "aria-label": label, title: label, onclick, ...more }, art(name));
}

export function button(label, onclick, { picture = null, kind = "" , ...more } = {}) {
  return el(
    "button",
    { type: "button", class: `button ${kind}`.trim(), onclick, ...more },
    picture && art(picture),
    el("span", {}, label),
  );
}

export function link(label, href, { picture = null, kind = "" } = {}) {
  return el("a", { href, class: `button ${kind}`.trim() }, picture && art(picture), el("span", {}, label));
}

/** Say something to screen readers without moving the focus. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  // The same sentence twice is news only when the region was empty in between.
  requestAnimationFrame(() => {
    live.textContent = text;
  });
}

/** A short note that everyone sees; it goes by itself, or with its button. */
export function note(text, { action = null, label = "", stay = false } = {}) {
  const box = el("div", { class: "note", role: "status" }, el("p", {}, text));
  const close = () => box.remove();
  if (action) {
    box.append(
      button(label, () => {
        close();
        action();
      }),
    );
  }
  document.getElementById("notes").replaceChildren(box);
  if (!stay) setTimeout(close, 6000);
  return close;
}

/** Hand a value to the child as a file. */
export function saveFile(value, name) {
  const address = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: "application/json" }));
  el("a", { href: address, download: `${name}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function focusOn(node) {
  if (!node) return;
  if (!node.hasAttribute("tabindex") && !/^(A|BUTTON|INPUT|SELECT)$/.test(node.tagName)) node.tabIndex = -1;
  node.focus({ preventScroll: true });
}

/** A question over the page. `choices(end)` makes its buttons; resolves to what one of them ends with, else null. */
export function ask(title, text, choices) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { class: "dialog", "aria-labelledby": "dialog-title" });
    const end = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    dialog.append(el("h2", { id: "dialog-title" }, title), el("p", {}, text), choices(end));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      end(null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask before something that cannot be taken back. Resolves to whether it is wanted. */
export async function confirm(title, text, yes, no) {
  const said = await ask(title, text, (end) =>
    el("div", { class: "row" }, button(no, () => end(false), { kind: "quiet" }), button(yes, () => end(true), { kind: "grave" })));
  return said === true;
}
