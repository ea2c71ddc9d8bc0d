// Keys of the claims desk: a approves, h holds, u undoes the claim that has the focus. Everything works without them.
(() => {
  "use strict";
  const acts = { a: "a", h: "h", u: "u" };
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    const enabled = document.querySelector("[data-keys-enabled]");
    if (!(event.key in acts) || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (enabled && !enabled.checked) return;
    const row = document.activeElement.closest(".claim-row") || (document.body.dataset.page === "claim" ? document.querySelector(".claim-row") : null);
    const form = row && row.querySelector(`form[data-act="${acts[event.key]}"]`);
    const button = form && form.querySelector("button");
    if (!button || button.disabled) return;
    event.preventDefault();
    sessionStorage.setItem("conjoint-claim-place", String([...document.querySelectorAll(".claim-row")].indexOf(row)));
    form.requestSubmit(button);
  });
  // after a decision the next claim of the pile has the focus, so that a batch is worked through without the mouse
  const place = sessionStorage.getItem("conjoint-claim-place");
  sessionStorage.removeItem("conjoint-claim-place");
  if (place !== null && document.body.dataset.page === "claims") {
    const links = [...document.querySelectorAll(".claim-row .row__why a")];
    const link = links[Math.min(Number(place), links.length - 1)];
    if (link) link.focus({ focusVisible: true });
  }
})();
