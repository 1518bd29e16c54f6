// Which keys are ours. It has no effect of its own, so that every script may import it.

// True where a single key belongs to what has the focus, or where single keys are switched off.
export function keysAreTaken(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return true;
  if (document.querySelector("[data-st-keys='off']")) return true;
  if (document.querySelector("dialog[open]")) return true;
  const target = event.target;
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], [role=slider], [role=dialog]") !== null;
}
