// The console's one script: live findings, filters without a reload, keys, colors. Every page works without it.
"use strict";

(() => {
  const body = document.body;
  const page = body.dataset.page || "";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const BACKGROUND = { headers: { "X-Conjoint-Background": "1" }, credentials: "same-origin" };

  // ---- what is said aloud

  let waitingWords = [];
  let speaking = 0;
  function announce(words) {
    waitingWords.push(words);
    if (speaking) return;
    speaking = setTimeout(() => {
      speaking = 0;
      const said = waitingWords;
      waitingWords = [];
      $("#announcer").textContent = said.length === 1 ? said[0] : `${said.length} findings changed`;
    }, 1200);
  }

  // ---- time: the practice's clock may run faster than ours

  const clock = { ms: Number(body.dataset.clockMs), speed: Number(body.dataset.clockSpeed), at: Date.now() };
  const practiceNow = () => clock.ms + (Date.now() - clock.at) * clock.speed;
  const shortMoment = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZone: body.dataset.zone || "UTC" });

  const exactMoment = new Intl.DateTimeFormat("en-US", { weekday: "short", month: "short", day: "numeric", year: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit", timeZone: body.dataset.zone || "UTC", timeZoneName: "short" });

  function span(seconds) {
    for (const [size, name] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
      if (seconds >= size) {
        const count = Math.floor(seconds / size);
        return `${count} ${name}${count === 1 ? "" : "s"}`;
      }
    }
    return "a moment";
  }
  function ago(ms, now) {
    const seconds = Math.floor((now - ms) / 1000);
    if (seconds < -60) return `in ${span(-seconds)}`;
    return seconds < 60 ? "just now" : `${span(seconds)} ago`;
  }
  function tick() {
    const practice = practiceNow();
    const wall = Date.now();
    for (const time of $$("time[data-ms]")) {
      const words = ago(Number(time.dataset.ms), "wall" in time.dataset ? wall : practice);
      const text = time.dataset.prefix ? `${time.dataset.prefix} ${words}` : words;
      if (time.textContent !== text) time.textContent = text;
    }
    const shown = $("#practice-clock");
    if (shown) shown.textContent = shortMoment.format(practice).replace(/\u202f/g, " ");
    const exact = $("[data-practice-exact]");
    if (exact) exact.textContent = exactMoment.format(practice).replace(/\u202f/g, " ");
  }
  setInterval(tick, clock.speed > 1 || page === "system" ? 1000 : 20000);

  // ---- colors

  const themes = ["", "light", "dark"];
  const themeNames = { "": "as the system", light: "light", dark: "dark" };
  const toggle = $("[data-theme-toggle]");
  if (toggle) {
    const label = () => {
      const words = `Colors: ${themeNames[document.documentElement.dataset.theme || ""]}`;
      toggle.setAttribute("aria-label", words);
      toggle.title = words;
    };
    label();
    toggle.addEventListener("click", () => {
      const now = document.documentElement.dataset.theme || "";
      const next = themes[(themes.indexOf(now) + 1) % themes.length];
      if (next) document.documentElement.dataset.theme = next;
      else delete document.documentElement.dataset.theme;
      document.cookie = `conjoint_theme=${next}; path=/; max-age=${next ? 31536000 : 0}; samesite=lax`;
      label();
      $("#announcer").textContent = toggle.getAttribute("aria-label");
    });
  }

  // a double click must not send a form twice: the second answer would hide what the first one showed once
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 2000);
  });

  // ---- keys

  const remembered = (key, value) => {
    try {
      if (value !== undefined) localStorage.setItem(key, value);
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be switched off; then nothing is remembered
    }
  };
  const keys = $("#keys");
  const keysEnabled = $("[data-keys-enabled]");
  const showKeys = () => keys && !keys.open && keys.showModal();
  if (keys) {
    keysEnabled.checked = remembered("conjoint-keys") !== "off";
    keysEnabled.addEventListener("change", () => remembered("conjoint-keys", keysEnabled.checked ? "on" : "off"));
    for (const opener of $$("[data-keys-open]")) opener.addEventListener("click", showKeys);
  }
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "search" && !event.target.value) event.target.blur();
    if (!keys || keys.open || !keysEnabled.checked || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      const search = $("#search");
      if (search) { search.focus(); search.select(); } else { location.href = "/#search"; }
    } else if (event.key === "?") {
      event.preventDefault();
      showKeys();
    } else if (event.key === "j" || event.key === "k") {
      const links = $$(".row__why a, .linked a");
      if (!links.length) return;
      event.preventDefault();
      const here = links.indexOf(document.activeElement);
      const next = here < 0 ? (event.key === "j" ? 0 : links.length - 1) : here + (event.key === "j" ? 1 : -1);
      const link = links[Math.max(0, Math.min(links.length - 1, next))];
      link.focus({ focusVisible: true, preventScroll: true });
      (link.closest("li, tr") || link).scrollIntoView({ block: "nearest" });
    }
  });
  if (location.hash === "#search" && $("#search")) $("#search").focus();

  // ---- copy link

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-link]");
    if (!button) return;
    const link = new URL(button.dataset.copyLink, location.origin).href;
    let words = "Link copied";
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      words = "Copy it from the address bar";
    }
    button.textContent = words;
    $("#announcer").textContent = words;
    setTimeout(() => { button.textContent = "Copy link"; }, 2500);
  });

  // ---- parts of a page are replaced by those of a newer one

  function swap(fetched, keepList = false) {
    const focused = document.activeElement;
    const again = focused && focused.name ? `[name="${CSS.escape(focused.name)}"][value="${CSS.escape(focused.value || "")}"]` : null;
    const row = focused && focused.closest ? focused.closest(".row") : null;
    const scrolls = $$(".scroll").map((list) => list.scrollTop);
    for (const old of $$("[data-swap]")) {
      if (keepList && old.dataset.swap === "results") continue;
      const fresh = $(`[data-swap="${old.dataset.swap}"]`, fetched);
      if (fresh) old.replaceWith(document.adoptNode(fresh));
    }
    $$(".scroll").forEach((list, place) => { list.scrollTop = scrolls[place] || 0; });
    if (focused && !document.contains(focused)) {
      const back = row ? $(`.row[data-id="${CSS.escape(row.dataset.id)}"] a`) : again ? $(again) : null;
      if (back) back.focus({ preventScroll: true });
    }
    tick();
  }

  async function fetchPage(address) {
    const response = await fetch(address, BACKGROUND);
    if (response.redirected && new URL(response.url).pathname === "/sign-in") {
      signedOut();
      return null;
    }
    if (!response.ok) throw new Error(String(response.status));
    return new DOMParser().parseFromString(await response.text(), "text/html");
  }

  // ---- live

  const pill = $("#live");
  function say(state) {
    if (!pill) return;
    const words = { live: "Live", away: "Not live", connecting: "Connecting", paused: "Paused", out: "Signed out" };
    pill.dataset.state = state === "out" || state === "paused" ? "away" : state;
    const text = $(".live__text", pill);
    if (text.textContent !== words[state]) text.textContent = words[state];
    pill.title = { live: "Findings appear here as they happen", away: "The message stream does not answer; it is tried again by itself", connecting: "Connecting to the live findings", paused: "Paused while this window is hidden", out: "Sign in again to go on" }[state];
  }
  function signedOut() {
    say("out");
    if (source) source.close();
    if (page === "review") return; // review.js keeps what was typed, and says so
    location.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  }

  let source = null;
  let lost = false;
  let retry = 0;
  let retryMs = 1000;

  function connect() {
    clearTimeout(retry);
    if (source) source.close();
    source = new EventSource(`/api/events${page === "findings" ? location.search : ""}`);
    source.addEventListener("open", () => {
      retryMs = 1000;
      if (lost) { lost = false; refreshSoon(); }
    });
    source.addEventListener("feed", (event) => {
      const { live } = JSON.parse(event.data);
      if (live && pill && pill.dataset.feed === "away") refreshSoon();
      if (pill) pill.dataset.feed = live ? "live" : "away";
      say(live ? "live" : "away");
    });
    source.addEventListener("finding", (event) => onFinding(JSON.parse(event.data)));
    source.addEventListener("draft", (event) => {
      if (page === "drafts") refreshSoon(200);
      const here = document.body.dataset;
      const { id, version } = JSON.parse(event.data);
      if (page === "draft" && here.draftId === id && BigInt(version) > BigInt(here.version)) {
        $("#changed-notice").hidden = false;
        announce("This draft has changed.");
      }
    });
    source.addEventListener("parts", () => { if (page === "system") refreshSoon(50); });
    source.addEventListener("clock", (event) => {
      Object.assign(clock, JSON.parse(event.data), { at: Date.now() });
      tick();
    });
    source.addEventListener("resync", () => refreshSoon());
    source.addEventListener("error", async () => {
      lost = true;
      say("connecting");
      if (source.readyState !== EventSource.CLOSED) return;
      // an answer other than a stream ends an EventSource for good: find out why, then try again
      const answer = await fetch("/api/parts", BACKGROUND).catch(() => null);
      if (answer && answer.status === 401) { signedOut(); return; }
      retry = setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, 15000);
    });
  }

  let hiding = 0;
  document.addEventListener("visibilitychange", () => {
    if (!source) return;
    clearTimeout(hiding);
    if (document.hidden) {
      // a browser allows six connections to one address: hidden windows must not use them up
      hiding = setTimeout(() => { source.close(); lost = true; say("paused"); }, 30000);
    } else if (source.readyState === EventSource.CLOSED) {
      connect();
    }
  });
  addEventListener("pagehide", () => { if (source) source.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted && source) { lost = true; connect(); } });

  let refreshing = 0;
  let refreshingList = false;
  function refreshSoon(afterMs = 400, list = true) {
    refreshingList = refreshingList || list;
    if (page === "finding" || refreshing) return;
    refreshing = setTimeout(async () => {
      refreshing = 0;
      const keepList = !refreshingList;
      refreshingList = false;
      try {
        const fetched = await fetchPage(location.href);
        if (fetched) { swap(fetched, keepList); storeAway(false); }
      } catch {
        storeAway(true);
        refreshSoon(5000, !keepList);
      }
    }, afterMs);
  }
  function storeAway(away) {
    const notice = $("#store-notice");
    if (notice) notice.hidden = !away;
  }

  // ---- a finding arrives

  const view = body.dataset;
  function onFinding(arrived) {
    if (page === "finding") {
      if (arrived.id === view.findingId && BigInt(arrived.version) > BigInt(view.version)) $("#changed-notice").hidden = false;
      return;
    }
    if (page !== "findings") return;
    const old = $(`.row[data-id="${CSS.escape(arrived.id)}"]`);
    if (old && BigInt(old.dataset.version) >= BigInt(arrived.version)) return;
    if (!old && !arrived.matches) { countSoon(); return; }
    const row = new DOMParser().parseFromString(arrived.html, "text/html").querySelector(".row");
    document.adoptNode(row);
    const tell = !arrived.finding.historical; // what was already so when Conjoint was connected alerts nobody
    if (old) {
      const focused = old.contains(document.activeElement);
      const stays = old.closest(".group").dataset.group === arrived.group || !arrived.matches;
      if (stays) { old.replaceWith(row); } else { remove(old); insert(row, arrived); }
      if (focused) $("a", row).focus({ preventScroll: true });
      if (tell) announce(arrived.state === "resolved" ? `Resolved: ${arrived.finding.why}` : `Changed: ${arrived.summary}`);
    } else if (Number(view.viewPage) > 1) {
      $("#more-notice").hidden = false;
      countSoon();
      return;
    } else {
      insert(row, arrived);
      if (tell) announce(`New finding. ${arrived.summary}`);
    }
    if (tell) {
      row.classList.add("row--arrived");
      setTimeout(() => row.classList.remove("row--arrived"), 4000);
    }
    tick();
    countSoon();
  }

  function remove(row) {
    const group = row.closest(".group");
    row.remove();
    if (!$(".row", group)) group.remove();
  }

  const severityOrder = ["block", "hold", "warn"];
  const groupRank = (key) => (view.grouping === "severity" ? String(severityOrder.indexOf(key)) : key);
  function insert(row, arrived) {
    const groups = $("#groups");
    $("#empty").hidden = true;
    let group = $$(".group", groups).find((candidate) => candidate.dataset.group === arrived.group);
    if (!group) {
      group = document.createElement("section");
      group.className = "group";
      group.dataset.group = arrived.group;
      if (view.grouping !== "none") {
        const head = document.createElement("h2");
        head.className = "group__head";
        const shape = view.grouping === "severity" ? $(".badge svg", row) : null;
        if (shape) head.append(shape.cloneNode(true));
        const words = document.createElement("span");
        words.textContent = arrived.heading;
        const count = document.createElement("span");
        count.className = "group__count";
        count.dataset.count = `group:${arrived.group}`;
        head.append(words, count);
        group.append(head);
      }
      const rows = document.createElement("ol");
      rows.className = "rows";
      group.append(rows);
      const later = $$(".group", groups).find((candidate) => groupRank(candidate.dataset.group) > groupRank(arrived.group));
      groups.insertBefore(group, later || null);
    }
    const rows = $(".rows", group);
    const older = $$(".row", rows).find((candidate) => Number(candidate.dataset.moment) <= arrived.moment_ms);
    rows.insertBefore(row, older || null);
    const all = $$(".row", groups);
    const last = all[all.length - 1];
    // the list stays as long as a page: what falls off its end, perhaps this very row, is on the next page
    if (all.length > Number(groups.dataset.pageSize) && !last.contains(document.activeElement)) remove(last);
  }

  // ---- the figures follow, a moment later: the store must have taken the finding in

  let counting = 0;
  function countSoon() {
    if (counting) return;
    counting = setTimeout(async () => {
      counting = 0;
      const query = new URLSearchParams(location.search);
      query.set("limit", "0");
      const answer = await fetch(`/api/findings?${query}`, BACKGROUND).catch(() => null);
      if (!answer) return;
      if (answer.status === 401) { signedOut(); return; }
      storeAway(answer.status === 503);
      if (answer.ok) showCounts(await answer.json());
    }, 1500);
  }
  const whole = new Intl.NumberFormat("en-US");
  function money(cents) {
    const digits = cents % 100 === 0 ? 0 : 2;
    return `${cents < 0 ? "−" : ""}$${new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Math.abs(cents) / 100)}`;
  }
  function showCounts(found) {
    const set = (key, text) => { for (const place of $$(`[data-count="${CSS.escape(key)}"]`)) if (place.textContent !== text) place.textContent = text; };
    const { counters } = found;
    for (const [severity, count] of Object.entries(counters.open)) set(`open:${severity}`, whole.format(count));
    set("money", money(counters.money_at_stake_cents));
    set("opened_today", whole.format(counters.opened_today));
    set("resolved_today", whole.format(counters.resolved_today));
    set("new", whole.format(counters.new));
    set("total", whole.format(found.total));
    let unknown = false;
    for (const [kind, counts] of Object.entries(found.facets)) {
      for (const [value, count] of Object.entries(counts)) {
        const key = `${kind}:${value}`;
        if (!$(`[data-count="${CSS.escape(key)}"]`)) unknown = true;
        set(key, whole.format(count));
      }
    }
    for (const [key, count] of Object.entries(found.groups)) set(`group:${key}`, whole.format(count));
    const nothingNew = $("[data-nothing-new]");
    // a rule, a practice or the words about news that the page does not show yet: draw all but the list again,
    // which would take rows away under the eyes of whoever reads them
    if ((unknown && $("#filters [data-count]")) || (nothingNew && counters.new > 0)) refreshSoon(100, false);
    if (!$(".figures")) refreshSoon();
  }

  // ---- filters without a reload

  const filters = $("#filters");
  function addressOf() {
    const query = new URLSearchParams();
    const usual = { state: "open", group: "severity", historical: "show" };
    for (const [name, value] of new FormData(filters)) if (value && usual[name] !== value) query.append(name, value);
    return query.size ? `/?${query}` : "/";
  }
  let asking = 0;
  let listed = location.search;
  async function show(address, push) {
    const mine = ++asking;
    if (push) history.pushState(null, "", address); else history.replaceState(null, "", address);
    listed = location.search;
    $("#results").setAttribute("aria-busy", "true");
    try {
      const fetched = await fetchPage(address);
      if (mine !== asking || !fetched) return;
      swap(fetched);
      for (const name of ["viewPage", "viewState", "grouping"]) view[name] = fetched.body.dataset[name];
      storeAway(false);
      $("#more-notice").hidden = true;
      const count = $("#count");
      $("#announcer").textContent = count ? count.textContent.trim() : "";
      connect();
    } catch {
      if (mine !== asking) return;
      storeAway(true);
      refreshSoon(3000);
    } finally {
      if (mine === asking) $("#results").setAttribute("aria-busy", "false");
    }
  }
  if (filters) {
    filters.addEventListener("submit", (event) => { event.preventDefault(); show(addressOf(), true); });
    let pause = 0;
    document.addEventListener("input", (event) => {
      if (event.target.id !== "search") return;
      clearTimeout(pause);
      pause = setTimeout(() => show(addressOf(), false), 300);
    });
    document.addEventListener("change", (event) => {
      if (event.target.form === filters && event.target.id !== "search") show(addressOf(), true);
    });
    // going to a place on the same page is a popstate too, and must not lose the focus
    addEventListener("popstate", () => { if (location.search !== listed) location.reload(); });
    if (matchMedia("(max-width: 860px)").matches) $("#rail").open = false;
  }

  // ---- the way back from a finding keeps the filters

  if (page === "findings") {
    const remember = () => { try { sessionStorage.setItem("conjoint-list", location.search); } catch { /* storage may be switched off */ } };
    addEventListener("pagehide", remember);
  }
  const back = $("[data-back]");
  if (back) {
    try { back.href = `/${sessionStorage.getItem("conjoint-list") || ""}`; } catch { /* storage may be switched off */ }
  }

  tick();
  if (pill || page === "finding" || page === "draft") connect();
  // how far the workers are behind comes from themselves, not through the stream
  if (page === "system") setInterval(() => { if (!document.hidden) refreshSoon(0); }, 10000);

  // ---- what a therapist was told

  const bell = $("[data-bell]");
  let unseen = -1;
  async function ring() {
    if (document.visibilityState !== "visible") return;
    const answer = await fetch("/api/desk/notifications", BACKGROUND);
    if (!answer.ok) return;
    const told = await answer.json();
    const count = $(".bell__count", bell);
    count.textContent = told.unseen > 9 ? "9+" : String(told.unseen);
    count.hidden = told.unseen === 0;
    bell.setAttribute("aria-label", told.unseen ? `Notifications, ${told.unseen} new` : "Notifications");
    if (unseen >= 0 && told.unseen > unseen) announce(`${told.unseen} new notifications`);
    unseen = told.unseen;
  }
  if (bell) {
    ring().catch(() => {});
    setInterval(() => ring().catch(() => {}), 5000);
  }
})();
