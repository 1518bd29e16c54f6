// What every page of the studio shares; without it everything still works except dialogs.
//   <button data-st-dialog="id">   opens the <dialog id>: focus on its Cancel, Esc closes, the focus goes back
//   <button data-st-close>         closes the dialog it stands in
//   [data-st-focus]                gets the focus when the page opens (the summary of what is wrong)
//   [data-st-poll="address"]       is filled again every data-st-every seconds with the address's HTML

document.querySelector("[data-st-focus]")?.focus();

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-st-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.stDialog);
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
    dialog.querySelector("[autofocus], [data-st-close]")?.focus();
    dialog.addEventListener("close", () => opener.focus(), { once: true });
    return;
  }
  const closer = event.target.closest("[data-st-close]");
  if (closer) closer.closest("dialog")?.close();
});

// htmx shows no answer of 4xx and 5xx; here the person reads what happened, and the focus stays.
document.addEventListener("htmx:responseError", (event) => {
  const target = event.detail.target;
  const alert = document.createElement("p");
  alert.className = "st-alert st-stop";
  alert.setAttribute("role", "alert");
  alert.textContent = event.detail.xhr.status === 403 ? "You may not do this." : "This did not work. What is here stays as it was; try again.";
  target?.querySelector(":scope > .st-alert")?.remove();
  target?.prepend(alert);
});

// The shell writes the name of a chosen file into a field of its own forms, and trips over forms without one.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("input.st-input[type=file]")) event.stopPropagation();
}, true);
