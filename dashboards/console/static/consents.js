// Keys of the consents page: j and k move, x chooses, p prints, / goes to the client. All of it works without them.
(() => {
  "use strict";
  const rows = Array.from(document.querySelectorAll("[data-form]"));
  let at = -1;
  const typing = (target) => target.matches("input:not([type=checkbox]), select, textarea") || target.isContentEditable;
  const go = (to) => {
    if (!rows.length) return;
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows[at].focus();
  };
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-form]");
    if (row) at = rows.indexOf(row);
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const keys = document.querySelector("[data-keys-enabled]");
    if (keys && !keys.checked) return;
    if (event.key === "j") go(at + 1);
    else if (event.key === "k") go(at - 1);
    else if (event.key === "x" && rows[at]) {
      const box = rows[at].querySelector("input[type=checkbox]");
      if (box) box.checked = !box.checked;
    } else if (event.key === "p" && rows[at]) rows[at].querySelector("[data-print]").click();
    else if (event.key === "/") document.getElementById("consent-search").focus();
    else return;
    event.preventDefault();
  });
})();
