// The tasks as they live: a table of all, and everything about one.

import { blob, call, overview, query, state } from "./api.js";
import { choice, code, definitions, field, fill, film, h, json, moment, refill, Rows, span, table } from "./dom.js";

const LIVE = ["queued", "running"];
const PHASES = [...LIVE, "succeeded", "failed", "expired", "cancelled"];
const KINDS = { succeeded: "good", failed: "bad", expired: "bad", cancelled: "warn" };
const EVERY = 1500;
const MOST_AT_ONCE = 20;
const MOST_CALLS = 200;

export async function show(view, signal, [wanted]) {
  const known = new Map();
  let shown = null;  // whose details stand there
  let seen = "";
  let calls = null;
  const count = h("p", { class: "soft small", role: "status" });
  const names = (await overview()).dialects.map((one) => one.name);
  const dialect = choice(names, "all");
  const phase = choice(PHASES, "all");
  const text = h("input", { type: "search", placeholder: "id, model, mode, prompt" });
  const detail = h("div", { class: "card" }, h("p", { class: "soft" }, "Choose a task to see its clip, order, times, money, callbacks and calls."));
  const rows = new Rows("Tasks", row, (task) => { history.replaceState(null, "", `#tasks/${encodeURIComponent(task.id)}`); return open(task.id); });
  for (const input of [dialect, phase, text]) input.addEventListener("input", draw);
  fill(view,
    h("h2", {}, "Tasks"),
    h("div", { class: "bar" }, field("Dialect", dialect), field("Phase", phase), field("Search", text, "grow")),
    h("div", { class: "two" }, h("div", {}, count, rows.element), detail));

  function draw() {
    const word = text.value.toLowerCase();
    const found = [...known.values()].reverse().filter((task) =>
      (!dialect.value || task.dialect === dialect.value) && (!phase.value || task.phase === phase.value) &&
      (!word || [task.id, task.key, task.order.model, task.order.mode, task.order.prompt].join(" ").toLowerCase().includes(word)));
    count.textContent = `${found.length} of ${known.size} tasks${state.key ? " of this key" : ""}, newest first`;
    rows.set(found);
  }

  async function more() {
    let news = false;
    for (;;) {
      const last = [...known.keys()].at(-1) ?? "";
      const page = await call(`tasks${query({ key: state.key, limit: known.size ? 1000 : 200, after: last })}`);
      for (const task of page.items) known.set(task.id, task);
      news ||= page.items.length > 0;
      if (page.items.length) draw();
      if (signal.aborted || known.size >= page.total || !page.items.length) return news;
    }
  }

  async function fresh() {
    const live = [...known.values()].filter((task) => LIVE.includes(task.phase)).slice(-MOST_AT_ONCE);
    const changed = await Promise.all(live.map((task) => call(`tasks/${encodeURIComponent(task.id)}`).catch(() => null)));
    for (const task of changed.filter(Boolean)) known.set(task.id, task);
    if (changed.length) draw();
    if (shown === rows.chosen) await again(shown);
  }

  // Callbacks, calls and money go on after a task's end.
  async function again(id) {
    if (!id || !known.has(id)) return;
    const task = await call(`tasks/${encodeURIComponent(id)}`).catch(() => null);
    if (!task) return;  // its record has ended
    known.set(id, task);
    await open(id);
  }

  // Thousands of polls may be of one task: the newest are read, and only when there are others.
  async function made(id) {
    const newest = await call(`calls${query({ task: id, last: 1 })}`);
    const now = `${id} ${newest.total} ${newest.items[0]?.id} ${newest.items[0]?.reply?.status}`;
    if (now !== seen) calls = await call(`calls${query({ task: id, last: MOST_CALLS })}`);
    seen = now;
    return calls;
  }

  async function open(id) {
    rows.chosen = id;
    const task = known.get(id) ?? await call(`tasks/${encodeURIComponent(id)}`);
    const calls = await made(id);
    if (signal.aborted || rows.chosen !== id) return;
    (shown === id ? refill : fill)(detail, about(task, calls));
    shown = id;
    const place = detail.querySelector("[data-kept]");
    if (task.phase !== "succeeded" || filmed.has(place)) return;
    filmed.add(place);
    picture(task, place, signal);
  }

  draw();
  await more();
  if (wanted) await open(wanted).catch((error) => fill(detail, h("p", { class: "tag bad" }, error.message)));
  (async () => {
    while (!signal.aborted) {
      await new Promise((done) => { setTimeout(done, EVERY); });
      if (signal.aborted || document.hidden) continue;
      try {
        await more();
        await fresh();
      } catch {
        known.clear();  // the server forgot them: begin again
      }
    }
  })();
}

function row(task) {
  return [
    h("span", { class: "name" }, h("code", { class: task.order.prompt ? "id" : "" }, task.id), " ", task.order.prompt),
    h("span", { class: "end" }, LIVE.includes(task.phase)
      ? h("progress", { max: "100", value: String(task.progress), "aria-label": `${task.phase}, ${task.progress} percent` })
      : h("span", { class: `tag ${KINDS[task.phase] ?? ""}` }, task.phase)),
    h("span", { class: "sub" }, `${task.dialect} · ${task.order.model} · ${task.order.mode} · ${task.order.resolution} · ${task.order.seconds} s`),
    h("span", { class: "end2" }, `${cost(task)} · ${span(task.now_ms - task.created_ms)} old`),
  ];
}

function cost(task) {
  const sum = task.ledger.reduce((total, entry) => total - entry.amount, 0);
  return `${sum + 0} ${task.charge.unit}`;
}

function about(task, calls) {
  const path = `tasks/${encodeURIComponent(task.id)}`;
  return [
    h("h2", {}, h("code", {}, task.id), " ", h("span", { class: `tag ${KINDS[task.phase] ?? ""}` }, task.phase)),
    h("div", { "data-kept": `clip, ${task.phase === "succeeded"}` }),
    definitions([
      ["Key", h("code", {}, task.key)], ["Dialect", task.dialect], ["Model", task.order.model], ["Prompt", task.order.prompt],
      ["Progress", `${task.progress} %`], ["Cost", cost(task)], ["Clip fetched", task.fetched ? "yes" : "no"],
      ["Why", task.plan.code ? `${task.plan.code} ${task.plan.message}` : ""],
    ]),
    h("h3", {}, "Times"),
    definitions([
      ["Accepted", moment(task.created_ms)], ["Starts", moment(task.starts_ms)], ["Ends", moment(task.ends_ms)],
      ["Cancelled", moment(task.cancelled_ms)], ["Deleted", moment(task.removed_ms)], ["Record kept until", moment(task.kept_until_ms)], ["Now", moment(task.now_ms)],
    ]),
    h("h3", {}, "Ledger"),
    table(["amount", "what", "when"], task.ledger.map((one) => [`${one.amount} ${one.unit}`, one.kind, moment(one.at_ms)])),
    h("h3", {}, "Callbacks"),
    task.callbacks.length ? table(["when", "phase", "try", "answer"], task.callbacks.map((one) => [moment(one.at_ms), one.phase, one.attempt, one.status ?? one.error])) : h("p", { class: "soft" }, task.order.callback_url ? "None was sent yet." : "The order asks for none."),
    h("h3", {}, "Calls"),
    calls.total > calls.items.length ? h("p", { class: "soft" }, `These are the newest ${calls.items.length} of ${calls.total}.`) : null,
    h("ul", { class: "plain" }, calls.items.map((one) => h("li", {}, h("a", { href: `#calls/${one.id}` }, `#${one.id} ${one.request.method} ${one.kind}`), ` ${one.reply?.status ?? "no answer"} `, one.faults.map((name) => [h("span", { class: "tag warn" }, name), " "])))),
    h("details", {}, h("summary", {}, "Order and plan"), code(json({ order: task.order, plan: task.plan })), h("p", {}, h("a", { href: path }, "as JSON"))),
  ];
}

const films = new Map();
const filmed = new WeakSet();  // the places that have, or will have, theirs

async function picture(task, place, signal) {
  try {
    if (!films.has(task.id)) {
      if (films.size > 8) films.clear();
      const path = `tasks/${encodeURIComponent(task.id)}`;
      films.set(task.id, Promise.all([blob(`${path}/clip`), blob(`${path}/last-frame`)]));
    }
    const [clip, frame] = await films.get(task.id);
    if (signal.aborted) return;
    fill(place,
      film(clip),
      h("img", { src: frame, class: "shot", alt: "The last frame" }));
  } catch (error) {
    films.delete(task.id);
    fill(place, h("p", { class: "tag bad" }, error.message));
  }
}
