// Small forms: a labelled field, what is wrong with it in words, and one submission at a time.

import { Problem, Unreachable } from "./api.js";
import { el, focusOn } from "./dom.js";
import { has, t } from "./words.js";

let number = 0;

/** A labelled input; `hint` is always there, what is wrong appears below it. */
export function field(name, label, attributes = {}, { hint = "" } = {}) {
  number += 1;
  const id = `field-${number}`;
  const wrong = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const input = el("input", { id, name, class: "input", "aria-describedby": `${id}-hint ${id}-wrong`, ...attributes });
  const box = el("div", { class: "field" }, el("label", { for: id }, label), hint && el("p", { class: "hint", id: `${id}-hint` }, hint), input, wrong);
  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  return { box, input, say, name };
}

/** Choices as large targets; one can be chosen. */
export function choices(name, legend, options, chosen, onchange = () => {}) {
  const box = el("fieldset", { class: "choices" }, el("legend", {}, legend));
  for (const [value, label] of options) {
    const input = el("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) });
    box.append(el("label", { class: "choice" }, input, el("span", {}, label)));
  }
  return { box, get value() {
    return box.querySelector("input:checked")?.value ?? null;
  } };
}

export function toggle(label, isOn, onchange, { hint = "", disabled = false } = {}) {
  const input = el("input", { type: "checkbox", class: "switch", role: "switch", checked: isOn, disabled, onchange: () => onchange(input.checked) });
  return el("label", { class: "toggle" }, el("span", {}, el("span", {}, label), hint && el("span", { class: "hint" }, hint)), input);
}

/** A form that submits once at a time and shows what the server says beside its fields. */
export function form(fields, { submit, label, onsubmit, after = [] }) {
  const general = el("p", { class: "wrong", role: "alert", hidden: true });
  const send = el("button", { type: "submit", class: "button main wide" }, el("span", {}, label));
  const node = el("form", { class: "form", novalidate: true }, fields.map((one) => one.box ?? one), general, send, after);
  const say = (text) => {
    general.textContent = text;
    general.hidden = !text;
  };
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    say("");
    const inputs = fields.filter((one) => one.input);
    for (const one of inputs) one.say(one.input.required && !one.input.value ? t("field.required") : "");
    const empty = inputs.find((one) => one.input.getAttribute("aria-invalid"));
    if (empty) return focusOn(empty.input);
    send.disabled = true;
    node.setAttribute("aria-busy", "true");
    try {
      await onsubmit(Object.fromEntries(inputs.map((one) => [one.name, one.input.value])));
    } catch (error) {
      show(error, inputs, say);
    }
    send.disabled = false;
    node.removeAttribute("aria-busy");
    return undefined;
  });
  return { node, say, send };
}

function show(error, inputs, say) {
  let isPlaced = false;
  for (const { field: name, code, detail } of error.errors ?? []) {
    const own = inputs.find((one) => one.name === name);
    if (!own) continue;
    own.say(has(`field.${code}`) ? t(`field.${code}`) : detail);
    if (!isPlaced) focusOn(own.input);
    isPlaced = true;
  }
  if (!isPlaced) say(sayError(error));
}

/** What went wrong, in the child's language where the code is known, else in the server's words. */
export function sayError(error) {
  if (error instanceof Unreachable) return t("error.offline");
  if (error instanceof Problem) {
    if (error.status === 429) return t("error.wait", { count: Math.max(Math.ceil(error.retryAfter / 60), 1) });
    return has(`error.${error.code}`) ? t(`error.${error.code}`) : error.message || t("error.other");
  }
  return t("error.other");
}
