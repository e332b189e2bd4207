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

// The same, but only what is different is drawn anew: what somebody has opened, scrolled, focused or
// selected stays. An element with `data-kept` stays as it is while its value does.
export function refill(element, ...children) {
  morph(element, fill(element.cloneNode(false), ...children));
  return element;
}

const THEIRS = ["open", "style"];  // of whoever looks at it

function morph(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  before.slice(after.length).forEach((one) => one.remove());
  after.forEach((node, at) => {
    const was = before[at];
    if (!was) old.append(node);
    else if (was.isEqualNode(node)) return;
    else if (!alike(was, node)) was.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) was.nodeValue = node.nodeValue;
    else if (!node.dataset.kept) {
      attributes(was, node);
      morph(was, node);
    }
  });
}

function alike(was, node) {
  return was.nodeName === node.nodeName && was.className === node.className && was.dataset?.kept === node.dataset?.kept;
}

function attributes(was, node) {
  for (const name of was.getAttributeNames()) if (!node.hasAttribute(name) && !THEIRS.includes(name)) was.removeAttribute(name);
  for (const name of node.getAttributeNames()) if (was.getAttribute(name) !== node.getAttribute(name)) was.setAttribute(name, node.getAttribute(name));
}

export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(say.later);
  say.later = setTimeout(() => { place.textContent = ""; }, 5000);
}

export function code(text, name = "Copy") {
  // What stands there by then: a text may be drawn anew beside its button.
  const button = h("button", { type: "button", "aria-label": name, onclick: (event) => copy(event.currentTarget.previousSibling.textContent) }, "Copy");
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
    const held = this.element.contains(document.activeElement);
    const before = new Map([...this.made].map(([at, row]) => [this.items[at].id, row]));
    this.items = items;
    this.made.clear();
    this.all.style.height = `${items.length * HEIGHT}px`;
    for (const at of this.sight()) {
      const item = items[at];
      const row = before.get(item.id);
      if (!row) continue;
      before.delete(item.id);
      this.made.set(at, row);
      row.style.top = `${at * HEIGHT}px`;
      row.setAttribute("aria-pressed", String(item.id === this.chosen));
      refill(row, this.draw(item));
    }
    for (const row of before.values()) row.remove();
    this.show();
    if (held && !this.element.contains(document.activeElement)) this.element.focus({ preventScroll: true });
  }

  // The places of the rows in sight, and of some more.
  sight() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / HEIGHT) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + (this.element.clientHeight || 600)) / HEIGHT) + SPARE);
    return Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
  }

  show() {
    const sight = this.sight();
    for (const [at, row] of this.made) {
      if (!(at >= sight[0] && at <= sight.at(-1))) {
        row.remove();
        this.made.delete(at);
      }
    }
    let below = null;  // the order of the elements is that of the keyboard
    for (const at of sight.reverse()) below = this.made.get(at) ?? this.make(at, below);
  }

  make(at, below) {
    const item = this.items[at];
    const chosen = async () => { await this.choose(this.items.findIndex((one) => one.id === item.id)); this.reveal(); };
    const row = h("button", { type: "button", class: "row", "aria-pressed": String(item.id === this.chosen), onclick: chosen }, this.draw(item));
    row.style.top = `${at * HEIGHT}px`;
    this.made.set(at, row);
    this.all.insertBefore(row, below);
    return row;
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
