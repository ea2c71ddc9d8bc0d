// The review page: sections of a draft, edited in place, decided and signed. Every text goes in as text, never as HTML.
"use strict";

(() => {
  const data = document.getElementById("review-data");
  if (!data) return;
  let state = JSON.parse(data.textContent);
  const fixed = { csrf: state.csrf, charts: state.charts, may: state.may, signer: state.signer, attestation: state.attestation, cosign: state.cosign_attestation };
  const base = `/api/desk/drafts/${encodeURIComponent(state.practice)}/${encodeURIComponent(state.draft)}`;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const AUTOSAVE_MS = 1200;
  const LOOK_MS = 4000;
  const IDLE_MS = 30000;
  const LONGEST_LINE = 4000;
  const LONGEST_SECTION = 40000;
  const MOST_LINES = 120;
  const PARTS = ["attendance", "subjective", "objective", "dynamic", "pattern", "goal", "intervention", "response", "assessment", "risk", "plan"];
  const FLAGS = { low_coverage: "Wording not in its evidence", not_documented: "Not in the record", restricted: "Said in confidence" };
  const DECISIONS = { open: "Not decided", approved: "Approved", rejected: "Rejected" };
  const WRITES = { waiting: "on its way to the EHR", written: "in the EHR", refused: "refused by the EHR", stuck: "did not reach the EHR yet" };

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
      else if (name === "text") element.textContent = value;
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }
  const button = (words, run, more = {}) => make("button", { type: "button", class: "button", text: words, on: { click: run }, ...more });

  function say(words, bad = false) {
    const line = make("p", { class: `notice ${bad ? "notice--bad" : "notice--good"}`, text: words });
    $("#messages").replaceChildren(line);
    if (!bad) setTimeout(() => line.isConnected && line.remove(), 6000);
  }

  // the session ended while somebody was at work: nothing typed may be lost, and it is never saved as another person's
  const SIGNED_OUT = { error: "You are signed out. What you typed is still here.", todo: "" };
  let out = false;
  function signedOut() {
    out = true;
    if ($("#signed-out")) return;
    $("#messages").before(make("p", { class: "notice notice--bad", id: "signed-out", role: "alert" },
      make("span", { text: "You are signed out. What you typed is still here and is saved once you are signed in again. " }),
      make("a", { href: "/sign-in?next=/review", target: "_blank", rel: "noopener", text: "Sign in in a new window" })));
  }
  async function signedInAgain() {
    const answer = await fetch("/api/desk/session", { credentials: "same-origin", headers: { "X-Conjoint-Background": "1" } });
    if (!answer.ok) return false;
    const { user, csrf } = await answer.json();
    if (user !== state.user) {
      $("#signed-out span").textContent = "Somebody else is signed in in this browser now. Copy what you typed, then reload the page. ";
      return false;
    }
    fixed.csrf = csrf;
    out = false;
    $("#signed-out")?.remove();
    return true;
  }

  async function ask(method, path, body, more = {}, again = true) {
    const sent = { method, credentials: "same-origin", headers: { "X-Conjoint-CSRF": fixed.csrf, ...(more.headers || {}) }, keepalive: more.keepalive || false };
    if (body !== undefined) {
      sent.body = JSON.stringify(body);
      sent.headers["Content-Type"] = "application/json";
    } else if (method !== "GET") {
      sent.body = "";
    }
    const answer = await fetch(`${base}${path}`, sent);
    const told = answer.status === 204 ? {} : await answer.json();
    if (answer.status === 401 || told.why === "stale_form") {
      signedOut();
      if (again && (await signedInAgain())) return ask(method, path, body, more, false);
      return { ok: false, status: 401, told: SIGNED_OUT };
    }
    if (out && answer.ok && method === "GET") await signedInAgain();
    return { ok: answer.ok, status: answer.status, told };
  }

  // ---- the sections

  const dirty = new Map(); // section key → timer
  const saving = new Set();
  const tooMuch = new Set(); // sections with more text than a note takes
  const unsaved = () => dirty.size > 0 || saving.size > 0 || tooMuch.size > 0;
  const undoFrom = new Map();
  const sectionOf = (key) => state.sections.find((section) => section.key === key);
  const boxOf = (key) => $$("#sections > section").find((box) => box.dataset.key === key);
  const isOpen = () => state.state === "open";

  function evidenceOf(line) {
    const list = make("ul", { class: "evidence" });
    for (const id of line.evidence) {
      const cited = state.evidence[id];
      const who = cited && cited.speaker ? `${cited.speaker}: ` : "";
      list.append(make("li", {}, make("code", { text: id }), make("span", { text: cited ? `${who}“${cited.text}”` : "not quoted" })));
    }
    if (!line.evidence.length) list.append(make("li", { text: line.edited ? "Typed by a person" : "Nothing in the record" }));
    return list;
  }

  function lineRow(section, line, index) {
    const id = `line-${section.key}-${index}`;
    const editable = fixed.may.edit && isOpen();
    const text = editable
      ? make("textarea", { id, class: "line__text", rows: "1", "aria-label": `Sentence ${index + 1} of ${section.title}`, spellcheck: "true", on: { input: () => touched(section.key, row) } })
      : make("p", { id, class: "line__text" });
    if (editable) text.value = line.text;
    else text.textContent = line.text;
    const shown = line.look;
    const proof = evidenceOf(line);
    proof.hidden = !shown;
    const toggle = make("button", { type: "button", class: "link", "aria-expanded": String(shown), text: line.evidence.length ? `Evidence (${line.evidence.length})` : "Evidence", on: { click: () => flip() } });
    function flip() {
      proof.hidden = !proof.hidden;
      toggle.setAttribute("aria-expanded", String(!proof.hidden));
    }
    const foot = make("div", { class: "line__foot" }, toggle);
    for (const flag of line.edited ? [] : line.flags) foot.append(make("span", { class: "tag tag--look", text: FLAGS[flag] || flag }));
    if (line.edited) foot.append(make("span", { class: "tag", text: "Edited" }));
    if (editable) {
      const where = make("select", { "aria-label": `Where sentence ${index + 1} belongs`, on: { change: () => touched(section.key, row) } });
      for (const part of PARTS) where.append(make("option", { value: part, text: part, selected: part === line.part }));
      foot.append(where, make("button", { type: "button", class: "link", text: "Remove", "aria-label": `Remove sentence ${index + 1}`, on: { click: () => removeLine(section.key, row) } }));
    }
    const row = make("li", { class: `line${line.look ? " line--look" : ""}`, "data-part": line.part }, text, foot, proof);
    row.flip = flip;
    return row;
  }

  function removeLine(key, row) {
    const next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    touched(key);
    const text = next && $("textarea", next);
    if (text) text.focus();
  }

  function addLine(key, list, part) {
    const row = lineRow(sectionOf(key), { text: "", part, evidence: [], flags: [], edited: true, look: false }, list.children.length);
    list.append(row);
    $("textarea", row).focus();
  }

  function drawSection(section) {
    const headings = [...new Set(section.lines.map((line) => line.heading))];
    const box = make("section", { class: `card section section--${section.decision}`, "data-key": section.key, "aria-labelledby": `title-${section.key}`, tabindex: "-1" });
    const head = make("header", { class: "section__head" }, make("h2", { id: `title-${section.key}`, text: section.title }));
    if (state.state !== "signed") head.append(make("span", { class: "ai-tag ai-tag--open", text: "AI-drafted" }));
    head.append(make("span", { class: `tag tag--${section.decision}`, text: DECISIONS[section.decision] + (section.decided_by ? ` by ${section.decided_by}` : "") }), make("span", { class: "section__saved muted", role: "status" }));
    box.append(head);
    if (section.reason) box.append(make("p", { class: "message", text: `Reason: ${section.reason}` }));
    if (section.signed_in_ehr) box.append(make("p", { class: "notice notice--busy", text: section.addendum ? "This client’s note is signed in the EHR already. This section goes out as an addendum to it." : "This client’s note is signed in the EHR already. It stays as it is, and this section is left out." }));
    if (!section.has_chart) box.append(make("p", { class: "notice notice--busy", text: "No patient, so without a chart: this section goes nowhere." }));
    headings.forEach((heading) => {
      const list = make("ol", { class: "lines" });
      section.lines.forEach((line, index) => line.heading === heading && list.append(lineRow(section, line, index)));
      const add = fixed.may.edit && isOpen() ? make("button", { type: "button", class: "link", text: "Add a sentence", "aria-label": `Add a sentence to ${heading} of ${section.title}`, on: { click: () => addLine(section.key, list, list.lastElementChild ? list.lastElementChild.dataset.part : "subjective") } }) : null;
      box.append(make("h3", { text: heading }), list, add || "");
    });
    if (!headings.length) {
      const list = make("ol", { class: "lines" });
      box.append(make("p", { class: "muted", text: "No sentences." }), list);
      if (fixed.may.edit && isOpen()) box.append(make("button", { type: "button", class: "link", text: "Add a sentence", on: { click: () => addLine(section.key, list, "subjective") } }));
    }
    box.append(make("details", { class: "fold" }, make("summary", { text: "As it would stand in the chart" }), make("pre", { class: "preview", text: section.preview || "Nothing" })));
    const actions = make("div", { class: "section__actions" });
    if (isOpen() && fixed.may.decide) {
      if (section.decision !== "approved") actions.append(button("Approve", () => decide(section.key, "approved"), { class: "button button--main", "data-do": "approve" }));
      if (section.decision !== "rejected") actions.append(button("Reject…", () => reject(section.key), { "data-do": "reject" }));
      if (section.decision !== "open") actions.append(button("Reopen", () => decide(section.key, "open"), { "data-do": "reopen" }));
      if (section.signed_in_ehr) actions.append(button(section.addendum ? "Leave it out instead" : "Send as addendum", () => decide(section.key, section.decision, section.reason, !section.addendum)));
    }
    if (isOpen() && fixed.may.edit && section.version > 1) actions.append(button("Undo", () => undo(section.key), { "data-do": "undo" }));
    const write = state.writes.find((one) => one.section === section.key && one.kind !== "addendum");
    if (write) {
      actions.append(make("span", { class: `tag tag--write-${write.state}`, text: `Note ${WRITES[write.state]}${write.reason ? ` (${write.reason.replaceAll("_", " ")})` : ""}${write.ehr_note ? ` as ${write.ehr_note}` : ""}` }));
      if (write.state === "written" && fixed.may.addend) actions.append(button("Addendum…", () => addendum(section.key)));
    }
    box.append(actions);
    box.addEventListener("focusin", () => showChart(section.client));
    return box;
  }

  function draw() {
    const here = document.activeElement && document.activeElement.id;
    $("#sections").replaceChildren(...state.sections.map(drawSection));
    drawTools();
    drawLookFirst();
    drawSign();
    $("#state").textContent = state.state_words;
    $("#state").className = `ai-tag ai-tag--${state.state}`;
    const again = here && document.getElementById(here);
    if (again) again.focus();
  }

  function drawTools() {
    const tools = $("#tools");
    const template = make("select", { id: "template", disabled: !(isOpen() && fixed.may.edit), on: { change: () => switchTemplate(template.value) } });
    for (const name of state.templates) template.append(make("option", { value: name, text: name, selected: name === state.template }));
    const decided = state.sections.filter((section) => section.decision !== "open").length;
    tools.replaceChildren(
      make("label", { class: "by", for: "template" }, make("span", { text: "Template" }), template),
      make("span", { class: "muted", text: `${decided} of ${state.sections.length} sections decided` }),
      make("button", { type: "button", class: "link", text: "Keys", on: { click: () => $("#review-keys").showModal() } }),
      ...(isOpen() && fixed.may.decide ? [button("Set the draft aside…", discard, { class: "button button--quiet" })] : []),
    );
    if (state.newer) tools.append(make("p", { class: "notice notice--busy", text: "A newer draft of this session arrived after work on this one had begun. This one stays as it is." }));
    if (state.returned_reason && isOpen()) tools.append(make("p", { class: "notice notice--busy", text: `Returned by the supervisor: ${state.returned_reason}` }));
  }

  function drawLookFirst() {
    const list = $("#look-first ol");
    const found = [];
    for (const section of state.sections) section.lines.forEach((line, index) => line.look && section.decision === "open" && found.push([section, line, index]));
    list.replaceChildren(...found.map(([section, line, index]) => make("li", {}, make("button", { type: "button", class: "link", text: `${section.title}: ${line.text}`, on: { click: () => focusLine(section.key, index) } }))));
    $("#look-first").hidden = !found.length || !isOpen();
  }

  function focusLine(key, index) {
    const text = document.getElementById(`line-${key}-${index}`);
    if (text) {
      text.focus();
      text.scrollIntoView({ block: "center" });
    }
  }

  // ---- saving

  function touched(key, row) {
    const box = boxOf(key);
    $(".section__saved", box).textContent = "Not saved yet";
    if (row) row.classList.add("line--typed");
    clearTimeout(dirty.get(key));
    dirty.set(key, setTimeout(() => save(key), AUTOSAVE_MS));
  }

  // never cut off by the browser: a paste that is too long stays as it is, and says so
  function tooLong(lines) {
    const longest = Math.max(0, ...lines.map((line) => line.text.length));
    const all = lines.reduce((sum, line) => sum + line.text.length, 0);
    const count = (number) => number.toLocaleString("en-US");
    if (longest > LONGEST_LINE) return `a sentence has ${count(longest)} characters, at most ${count(LONGEST_LINE)} are kept`;
    if (all > LONGEST_SECTION) return `the section has ${count(all)} characters, at most ${count(LONGEST_SECTION)} are kept`;
    if (lines.length > MOST_LINES) return `the section has ${lines.length} sentences, at most ${MOST_LINES} are kept`;
    return "";
  }

  const linesOf = (box) => $$(".line", box).map((row) => ({ text: $("textarea", row).value, part: $("select", row).value })).filter((line) => line.text.trim());

  async function save(key, more = {}) {
    clearTimeout(dirty.get(key));
    if (saving.has(key)) {
      dirty.set(key, setTimeout(() => save(key), 300));
      return;
    }
    dirty.delete(key);
    saving.add(key);
    const box = boxOf(key);
    const sent = linesOf(box);
    const wrong = tooLong(sent);
    $$(".line textarea", box).forEach((text) => text.setAttribute("aria-invalid", String(text.value.length > LONGEST_LINE)));
    if (wrong) {
      saving.delete(key);
      tooMuch.add(key);
      $(".section__saved", box).textContent = `Not saved: ${wrong}`;
      return;
    }
    tooMuch.delete(key);
    try {
      const { ok, status, told } = await ask("PUT", `/sections/${encodeURIComponent(key)}`, { version: sectionOf(key).version, lines: sent }, more);
      if (ok) {
        Object.assign(sectionOf(key), told.section);
        state.sha256 = told.sha256;
        state.version = told.version;
        undoFrom.delete(key);
        $(".section__saved", box).textContent = "Saved";
        redrawWhenLeft(key);
        refreshProblems();
      } else if (told.why === "changed_meanwhile") {
        conflict(key, sent, told.current);
      } else if (status === 401) {
        $(".section__saved", box).textContent = "Not saved: signed out. Trying again";
        dirty.set(key, setTimeout(() => save(key), 3000));
      } else {
        $(".section__saved", box).textContent = "Not saved";
        say(`${told.error} ${told.todo || ""}`, true);
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      $(".section__saved", box).textContent = "Not saved: no connection. Trying again";
      dirty.set(key, setTimeout(() => save(key), 3000));
    } finally {
      saving.delete(key);
    }
  }

  // what was typed stays under the hands; evidence, headings and preview are drawn anew once the section is left
  function redrawWhenLeft(key) {
    const box = boxOf(key);
    if (!box.contains(document.activeElement) && !dirty.has(key)) redraw(key);
    else box.addEventListener("focusout", () => setTimeout(() => {
      const now = boxOf(key);
      if (now && !now.contains(document.activeElement) && !dirty.has(key) && !saving.has(key)) redraw(key);
    }, 0), { once: true });
  }
  function redraw(key) {
    const box = boxOf(key);
    const drawn = drawSection(sectionOf(key));
    if (box) {
      $(".section__saved", drawn).textContent = $(".section__saved", box).textContent;
      box.replaceWith(drawn);
    }
    drawTools();
    drawLookFirst();
  }

  function conflict(key, mine, current) {
    const theirs = current.sections.find((section) => section.key === key);
    const box = boxOf(key);
    $(".conflict", box)?.remove();
    const panel = make("div", { class: "conflict", role: "alert" },
      make("h3", { text: "Somebody else has changed this section meanwhile" }),
      make("p", { text: "Both texts are here; nothing is lost. Theirs:" }),
      make("pre", { class: "preview", text: theirs.lines.map((line) => line.text).join("\n") }),
      make("p", { text: "Yours:" }),
      make("pre", { class: "preview", text: mine.map((line) => line.text).join("\n") }),
      make("div", { class: "section__actions" },
        button("Keep mine", async () => {
          take(current, key);
          panel.remove();
          await save(key);
        }),
        button("Take theirs", () => {
          take(current, key);
          redraw(key);
        }),
        button("Keep both", async () => {
          take(current, key);
          const list = $("ol.lines", box);
          for (const line of theirs.lines) if (!mine.some((own) => own.text === line.text)) list.append(lineRow(sectionOf(key), line, list.children.length));
          panel.remove();
          await save(key);
        })));
    box.prepend(panel);
    $(".section__saved", box).textContent = "Not saved: changed by somebody else";
    $("button", panel).focus();
  }

  function take(current, onlyKey) {
    if (onlyKey) {
      Object.assign(sectionOf(onlyKey), current.sections.find((section) => section.key === onlyKey));
      state.sha256 = current.sha256;
      state.version = current.version;
      return;
    }
    state = { ...state, ...current };
  }

  async function saveAll() {
    await Promise.all([...dirty.keys()].map((key) => save(key)));
    while (saving.size) await new Promise((done) => setTimeout(done, 50));
    if (tooMuch.size) say("Shorten what is too long to be kept first: see the sections that are not saved.", true);
    return !dirty.size && !tooMuch.size && !$(".conflict");
  }

  // ---- deciding

  async function change(path, body) {
    if (!(await saveAll())) return false;
    const { ok, told } = await ask("POST", path, typeof body === "function" ? body() : body);
    if (ok) {
      state = { ...state, ...told };
      draw();
      return true;
    }
    if (told.current) {
      state = { ...state, ...told.current };
      draw();
    }
    say(`${told.error} ${(told.problems || []).map((problem) => problem.words).join("; ") || told.todo || ""}`, true);
    return false;
  }

  async function decide(key, decision, reason = "", addendum = null) {
    const done = await change(`/sections/${encodeURIComponent(key)}/decision`, () => ({ version: sectionOf(key).version, decision, reason, addendum }));
    if (!done) return;
    say(`${sectionOf(key).title}: ${DECISIONS[decision].toLowerCase()}`);
    const next = decision === "open" ? boxOf(key) : boxOf((state.sections.find((section) => section.decision === "open") || {}).key) || boxOf(key);
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  async function reject(key) {
    const reason = await why("Why is this section rejected?");
    if (reason) await decide(key, "rejected", reason);
  }

  function why(title, words = "A few words for the record", longest = 500) {
    const dialog = $("#reason-dialog");
    const text = $("#reason-text");
    $("#reason-title").textContent = title;
    $("#reason-label").textContent = words;
    text.value = "";
    text.maxLength = longest;
    dialog.returnValue = "";
    dialog.showModal();
    text.focus();
    return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes" ? text.value.trim() : ""), { once: true }));
  }

  async function undo(key) {
    if (!(await saveAll())) return;
    const { ok, told } = await ask("GET", `/sections/${encodeURIComponent(key)}/versions`);
    if (!ok) return;
    const from = undoFrom.get(key) || sectionOf(key).version;
    const current = told.find((one) => one.version === from);
    const before = told.find((one) => one.version < from && JSON.stringify(one.texts) !== JSON.stringify(current ? current.texts : null));
    if (!before) return say("There is nothing before this.");
    const done = await change(`/sections/${encodeURIComponent(key)}/restore`, () => ({ version: sectionOf(key).version, to: before.version }));
    if (done) {
      undoFrom.set(key, before.version);
      boxOf(key).focus();
      say("Undone");
    }
  }

  const switchTemplate = (template) => change("/template", () => ({ version: state.version, template }));

  async function discard() {
    const reason = await why("Why is the draft set aside?");
    if (reason) await change("/discard", { reason });
  }

  async function addendum(key) {
    const text = await why("Addendum", "It is added, dated and signed, to the note in the chart", 20000);
    if (text && (await change("/addenda", { section: key, text }))) say("The addendum is on its way to the EHR.");
  }

  // ---- signing

  async function refreshProblems() {
    const { ok, told } = await ask("GET", "/problems", undefined, { headers: { "X-Conjoint-Background": "1" } });
    if (ok) {
      state.problems = told.problems;
      state.sha256 = told.sha256;
      drawSign();
    }
  }

  function drawSign() {
    const card = $("#sign-card");
    const body = $("#sign-body");
    const awaits = state.state === "awaiting_cosign";
    const stuck = state.writes.filter((one) => one.state === "stuck" || one.state === "refused");
    card.hidden = !(isOpen() || awaits || state.state === "signed");
    body.replaceChildren();
    if (isOpen()) {
      const blocking = state.problems.filter((problem) => problem.severity === "block");
      if (!fixed.may.sign) body.append(make("p", { text: "You may prepare this draft. A clinician signs it." }));
      else {
        body.append(problemList(blocking));
        body.append(button("Sign…", openSign, { class: "button button--main", disabled: blocking.length > 0, "data-do": "sign" }));
        if (fixed.signer) body.append(make("p", { class: "hint", text: `As ${fixed.signer.name}, ${fixed.signer.credential}${state.needs_cosign ? "; a supervisor co-signs before anything reaches a chart" : ""}.` }));
      }
    } else if (awaits) {
      body.append(make("p", { text: "Signed under supervision. Nothing has reached a chart: the supervisor’s co-signature is missing." }));
      if (fixed.may.cosign) body.append(button("Co-sign", cosign, { class: "button button--main", "data-do": "cosign" }), button("Return…", giveBack));
    } else if (state.state === "signed") {
      body.append(make("p", { text: state.writes.length ? "Signed. Its notes:" : "Signed. Nothing of it goes to the EHR." }));
      const list = make("ul", { class: "plain", id: "writes" });
      for (const write of state.writes) {
        const section = sectionOf(write.section);
        list.append(make("li", { class: `write write--${write.state}`, text: `${section ? section.title : write.section}${write.kind === "addendum" ? ", addendum" : ""}: ${WRITES[write.state]}${write.reason ? ` (${write.reason.replaceAll("_", " ")})` : ""}${write.ehr_note ? `, ${write.ehr_note}` : ""}` }));
      }
      body.append(list);
      if (stuck.length && fixed.may.retry) body.append(button("Try again", async () => {
        const { ok, told } = await ask("POST", "/retry");
        if (ok) say(`${told.retried} tried again`);
      }));
    }
  }

  function goTo(key) {
    boxOf(key).focus({ preventScroll: true });
    boxOf(key).scrollIntoView({ block: "start" });
  }

  function problemList(problems) {
    const list = make("ul", { class: "problems" });
    for (const problem of problems) {
      const item = make("li", { class: `problem problem--${problem.severity}` }, make("span", { text: `${problem.words}${problem.keys.length ? ": " : ""}` }));
      problem.keys.forEach((key, index) => {
        const section = sectionOf(key);
        if (index) item.append(", ");
        item.append(section ? make("button", { type: "button", class: "link", text: section.title, on: { click: () => goTo(key) } }) : make("span", { text: key }));
      });
      list.append(item);
    }
    return list;
  }

  async function openSign() {
    if (!(await saveAll())) return;
    await refreshProblems();
    if (state.problems.some((problem) => problem.severity === "block")) return;
    const body = $("#sign-dialog-body");
    const dialog = $("#sign-dialog");
    const going = state.sections.filter((section) => section.decision === "approved");
    body.replaceChildren(make("p", { text: `${going.length} of ${state.sections.length} sections are approved. What is rejected stays out.` }));
    const doubtful = going.reduce((sum, section) => sum + section.lines.filter((line) => line.look).length, 0);
    if (doubtful) body.append(make("p", { class: "problem", text: `${doubtful === 1 ? "One sentence that asked" : `${doubtful} sentences that asked`} to be looked at first ${doubtful === 1 ? "stays" : "stay"} as drafted.` }));
    if (fixed.signer) body.append(make("p", { text: `You sign as ${fixed.signer.name}, ${fixed.signer.credential}, with the time of signing.` }));
    const checks = [];
    for (const problem of state.problems) {
      const whose = problem.keys.map((key) => (sectionOf(key) || { title: key }).title).join(", ");
      const check = make("input", { type: "checkbox", value: problem.code });
      checks.push(check);
      body.append(make("label", { class: "choice" }, check, make("span", { text: problem.words + (whose ? ` (${whose})` : "") })));
    }
    const attest = make("input", { type: "checkbox", id: "attest" });
    body.append(make("label", { class: "choice choice--attest" }, attest, make("span", { text: fixed.attestation })));
    const yes = $("#sign-yes");
    const ready = () => { yes.disabled = !(attest.checked && checks.every((check) => check.checked)); };
    for (const check of [...checks, attest]) check.addEventListener("change", ready);
    ready();
    dialog.returnValue = "";
    dialog.showModal();
    (checks[0] || attest).focus();
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue !== "yes") return;
      beat();
      const done = await change("/signature", () => ({ content_sha256: state.sha256, acknowledged: checks.map((check) => check.value), attested: attest.checked }));
      if (done) {
        say(state.state === "signed" ? "Signed." : "Signed. It waits for the co-signature.");
        $("#sign-card").scrollIntoView({ block: "nearest" });
      }
    }, { once: true });
  }

  const cosign = async () => { if (await change("/cosignature", () => ({ content_sha256: state.sha256 }))) say("Co-signed."); };
  async function giveBack() {
    const reason = await why("What should be changed?");
    if (reason) await change("/return", { reason });
  }

  // ---- the charts beside it

  function showChart(client) {
    for (const chart of $$("#charts > details")) if (client) chart.open = chart.dataset.client === client;
  }
  function drawCharts() {
    const list = (title, items) => (items.length ? [make("h3", { text: title }), make("ul", { class: "plain" }, ...items)] : []);
    $("#charts").replaceChildren(make("h2", { text: "Charts" }), ...fixed.charts.map((chart, index) => make("details", { class: "card chart", "data-client": chart.client, open: index === 0 },
      make("summary", {}, make("strong", { text: chart.name }), make("span", { class: "muted", text: ` ${chart.client} · ${chart.attended.replaceAll("_", " ")}${chart.arrived ? ` ${chart.arrived}–${chart.left || "?"}` : ""}` })),
      ...list("Plan", chart.goals.map((goal) => make("li", {}, make("code", { text: goal.id }), make("span", { text: ` ${goal.text}` })))),
      ...(chart.diagnoses.length ? [make("p", { class: "muted", text: `Diagnoses ${chart.diagnoses.join(", ")}` })] : []),
      ...list("Scores", chart.scores.map((score) => make("li", { text: `${score.on} ${score.instrument} ${score.score ?? "not scored"}` }))),
      ...list("Earlier notes", chart.notes.filter((note) => !note.this_session).map((note) => make("li", {}, make("details", { class: "fold" }, make("summary", { text: `${note.day} ${note.status}` }), make("p", { class: "note", text: note.text })))))
    )));
  }

  // ---- what others do meanwhile, and how long this takes

  async function look() {
    if (document.visibilityState !== "visible" || unsaved()) return;
    const { ok, told } = await ask("GET", "/stamp", undefined, { headers: { "X-Conjoint-Background": "1" } });
    if (!ok || unsaved() || $("dialog[open]") || $(".conflict")) return;
    const writes = Object.fromEntries(state.writes.map((one) => [one.section, one.state]));
    const moved = state.sections.filter((section) => told.sections[section.key] !== section.version);
    const same = told.state === state.state && !moved.length && told.newer === state.newer && JSON.stringify(told.writes) === JSON.stringify(writes) && told.version === state.version;
    if (same) return;
    const current = await ask("GET", "/now", undefined, { headers: { "X-Conjoint-Background": "1" } });
    if (!current.ok || unsaved()) return;
    if (moved.length && told.state === state.state) say(`Changed by somebody else: ${moved.map((section) => section.title).join(", ")}`);
    state = { ...state, ...current.told };
    draw();
  }

  const visit = (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`.replaceAll(".", "")).slice(0, 64);
  let active = 0;
  let toldActive = 0;
  let lastInput = Date.now();
  let lastTick = Date.now();
  for (const event of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) addEventListener(event, () => { lastInput = Date.now(); }, { passive: true });
  setInterval(() => {
    const now = Date.now();
    if (document.visibilityState === "visible" && document.hasFocus() && now - lastInput < IDLE_MS) active += Math.min(now - lastTick, 1500);
    lastTick = now;
  }, 1000);
  function beat(keepalive = false) {
    if (active === toldActive) return;
    toldActive = active;
    ask("POST", "/activity", { visit_id: visit, active_ms: Math.round(active) }, { keepalive, headers: { "X-Conjoint-Background": "1" } }).catch(() => {});
  }
  setInterval(beat, 10000);
  addEventListener("pagehide", () => {
    beat(true);
    for (const key of [...dirty.keys()]) save(key, { keepalive: true });
  });
  addEventListener("beforeunload", (event) => unsaved() && event.preventDefault());

  // ---- keys

  const typing = (element) => element.closest("input, textarea, select, dialog[open], [contenteditable]");
  const keysOff = () => { try { return localStorage.getItem("conjoint-keys") === "off"; } catch { return false; } };
  function step(selector, by) {
    const all = $$(selector).filter((element) => element.offsetParent !== null);
    const at = all.indexOf(document.activeElement.closest(selector) || document.activeElement);
    const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
    if (!next) return;
    next.tabIndex = next.tabIndex >= 0 ? next.tabIndex : -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  const currentKey = () => (document.activeElement.closest("#sections > section") || $("#sections > section") || { dataset: {} }).dataset.key;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement.matches(".line textarea")) {
      const row = document.activeElement.closest(".line");
      row.tabIndex = -1;
      row.focus();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || keysOff() || $("dialog[open]")) return;
    const key = currentKey();
    const row = document.activeElement.closest(".line");
    const press = (name) => { const found = $(`[data-do="${name}"]`, boxOf(key)); if (found) found.click(); };
    const actions = {
      j: () => step("#sections .line", 1),
      k: () => step("#sections .line", -1),
      n: () => step("#sections > section", 1),
      p: () => step("#sections > section", -1),
      f: () => step("#sections .line--look", 1),
      e: () => row && $("textarea", row) && $("textarea", row).focus(),
      v: () => row && row.flip(),
      a: () => press("approve"),
      x: () => press("reject"),
      u: () => press("undo"),
      s: () => { const found = $("#sign-card [data-do]"); if (found) found.click(); },
    };
    if (actions[event.key]) {
      event.preventDefault();
      event.stopImmediatePropagation();
      actions[event.key]();
    }
  }, true);

  drawCharts();
  draw();
  setInterval(() => look().catch(() => {}), LOOK_MS);
})();
