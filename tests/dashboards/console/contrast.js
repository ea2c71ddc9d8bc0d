// What would a person with a screen reader, a keyboard or weak eyes stumble over on this page? A list of words.
(() => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !element.closest("dialog:not([open])");
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className || element.id} “${(element.textContent || "").trim().slice(0, 30)}”`;

  if (!document.documentElement.lang) problems.push("no language");
  if (!document.title) problems.push("no title");
  if (all("main").length !== 1) problems.push("not one main landmark");
  if (all("h1").filter(shown).length !== 1) problems.push("not one first heading");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4").filter(shown)) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) problems.push(`heading jumps to ${next}: ${name(heading)}`);
    level = next;
  }
  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids.filter((each, place) => ids.indexOf(each) !== place))) problems.push(`id twice: ${id}`);
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (!field.labels?.length && !field.getAttribute("aria-label")) problems.push(`no label: ${name(field)}`);
  }
  for (const control of all("a[href], button")) {
    if (!control.textContent.trim() && !control.getAttribute("aria-label")) problems.push(`no name: ${name(control)}`);
  }
  for (const reference of ["aria-labelledby", "aria-describedby"]) {
    for (const element of all(`[${reference}]`)) {
      if (!document.getElementById(element.getAttribute(reference))) problems.push(`${reference} leads nowhere: ${name(element)}`);
    }
  }
  for (const cell of all("th")) if (!cell.scope) problems.push(`no scope: ${name(cell)}`);
  if (all("[tabindex]").some((element) => element.tabIndex > 0)) problems.push("an order of its own");
  for (const control of all("a[href], button, input:not([type=hidden]), select").filter(shown)) {
    const box = control.closest("label")?.getBoundingClientRect() || control.getBoundingClientRect();
    const inline = getComputedStyle(control).display === "inline";
    if (!inline && (box.width < 24 || box.height < 20)) problems.push(`too small to hit: ${name(control)} ${box.width}×${box.height}`);
  }

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((part, place) => part * top[3] + below[place] * (1 - top[3]));
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const light = (colour) => {
    const [red, green, blue] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(element) || element.closest(".unseen, .skip, option, noscript")) continue;
    let fade = 1;
    for (let at = element; at; at = at.parentElement) fade *= Number(getComputedStyle(at).opacity);
    const ground = behind(element);
    const ink = rgba(getComputedStyle(element).color);
    const text = over([...ink.slice(0, 3), ink[3] * fade], ground);
    const [bright, dim] = [light(text), light(ground)].sort((one, two) => two - one);
    const ratio = (bright + 0.05) / (dim + 0.05);
    const style = getComputedStyle(element);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) problems.push(`contrast ${ratio.toFixed(2)}: ${name(element)}`);
  }
  return problems;
})()
