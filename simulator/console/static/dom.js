// Elements from values. Whatever comes from a request becomes text here, never markup.

export function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...nodes(children));
  return made;
}

function nodes(children) {
  return children.flat(9).filter((one) => one !== null && one !== undefined && one !== false)
    .map((one) => (one instanceof Node ? one : document.createTextNode(String(one))));
}

export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(say.later);
  say.later = setTimeout(() => { place.textContent = ""; }, 5000);
}

export function code(text, name = "Copy") {
  const button = h("button", { type: "button", "aria-label": name, onclick: () => copy(text) }, "Copy");
  return h("div", { class: "copyable" }, h("pre", { tabindex: "0" }, text), button);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("The browser does not let this page copy: select the text instead.");
  }
}

export function json(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

export function definitions(pairs) {
  return h("dl", {}, pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined && pair[1] !== "")
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

export function table(heads, lines) {
  return h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": heads.join(", ") }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((one) => h("th", { scope: "col" }, one)))),
    h("tbody", {}, lines.map((line) => h("tr", {}, line.map((one) => h("td", {}, one)))))));
}

export function film(url) {
  return h("video", { src: url, controls: true, muted: true, loop: true, autoplay: true, playsinline: true, "aria-label": "The clip" });
}

export function moment(ms) {
  if (ms === null || ms === undefined) return "";
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "").replace(".000", "");
}

export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

export function field(label, input, kind = "") {
  return h("label", { class: kind }, label, input);
}

export function choice(values, first, given = {}) {
  return h("select", given, h("option", { value: "" }, first),
    values.map((one) => h("option", { value: one }, one)));
}

// Something that is made once somebody opens it.
export function folded(summary, make, open = false, kind = "") {
  const place = h("div");
  const made = h("details", { class: kind, open }, h("summary", {}, summary), place);
  const unfold = () => { if (made.open && !place.hasChildNodes()) fill(place, make()); };
  made.addEventListener("toggle", unfold);
  unfold();
  return made;
}

// A list of which only the rows in sight are there, however long it is.
const HEIGHT = 52;
const SPARE = 6;
const STACKED = "(max-width: 63.99rem)";  // as in the style sheet: what is chosen stands below

export class Rows {
  constructor(label, draw, pick) {
    this.items = [];
    this.draw = draw;
    this.pick = pick;
    this.chosen = null;
    this.made = new Map();
    this.all = h("div", { class: "all" });
    this.element = h("div", { class: "rows", role: "group", "aria-label": label, tabindex: "0", onscroll: () => this.show(), onkeydown: (event) => this.step(event) }, this.all);
    new ResizeObserver(() => this.show()).observe(this.element);
  }

  set(items) {
    const held = this.element.contains(document.activeElement) && document.activeElement !== this.element;
    const [at] = [...this.made].find(([, row]) => row === document.activeElement) ?? [];
    const focused = this.items[at]?.id;
    this.items = items;
    this.made.clear();
    this.all.replaceChildren();
    this.all.style.height = `${items.length * HEIGHT}px`;
    this.show();
    if (held) (this.made.get(items.findIndex((one) => one.id === focused)) ?? this.element).focus({ preventScroll: true });
  }

  show() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / HEIGHT) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + (this.element.clientHeight || 600)) / HEIGHT) + SPARE);
    for (const [at, row] of this.made) {
      if (at < first || at >= last) {
        row.remove();
        this.made.delete(at);
      }
    }
    for (let at = first; at < last; at += 1) {
      if (this.made.has(at)) continue;
      const item = this.items[at];
      const row = h("button", { type: "button", class: "row", "aria-pressed": String(item.id === this.chosen), onclick: async () => { await this.choose(at); this.reveal(); } }, this.draw(item));
      row.style.top = `${at * HEIGHT}px`;
      this.made.set(at, row);
      this.all.append(row);
    }
  }

  reveal() {
    if (matchMedia(STACKED).matches) this.element.closest(".two")?.lastElementChild.scrollIntoView({ block: "start" });
  }

  choose(at) {
    this.chosen = this.items[at].id;
    for (const [where, row] of this.made) row.setAttribute("aria-pressed", String(where === at));
    return this.pick(this.items[at]);
  }

  step(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!way || !this.items.length) return;
    event.preventDefault();
    const now = this.items.findIndex((one) => one.id === this.chosen);
    const at = Math.min(this.items.length - 1, Math.max(0, now + way));
    const top = at * HEIGHT;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    if (top + HEIGHT > this.element.scrollTop + this.element.clientHeight) this.element.scrollTop = top + HEIGHT - this.element.clientHeight;
    this.show();
    this.choose(at);
    this.made.get(at)?.focus();
  }
}
