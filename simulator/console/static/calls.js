// The journal as it grows: request and answer side by side, and the call as curl and as a test.

import { call, follow, overview, query, state } from "./api.js";
import { curl, pytest, replayable } from "./replay.js";
import { choice, code, definitions, field, fill, h, json, moment, Rows } from "./dom.js";

const KEPT = 5000;
const BEGIN = 500;
const KINDS = ["create", "query", "list", "delete", "download", "callback", "other"];

export async function show(view, signal, [wanted]) {
  const names = (await overview()).dialects.map((one) => one.name);
  const dialect = choice(names, "all");
  const kind = choice(KINDS, "all");
  const status = h("input", { placeholder: "4xx, 200", size: "6" });
  const text = h("input", { type: "search", placeholder: "path, task, fault" });
  const detail = h("div", { class: "card" }, h("p", { class: "soft" }, "Choose a call to see what was sent and what was answered."));
  const count = h("p", { class: "soft small", role: "status" });
  const rows = new Rows("Calls", row, (one) => { history.replaceState(null, "", `#calls/${one.id}`); fill(detail, about(one)); });
  let known = [];
  let waiting = false;
  for (const input of [dialect, kind, status, text]) input.addEventListener("input", draw);
  fill(view, h("h2", {}, "Calls"),
    h("div", { class: "bar" }, field("Dialect", dialect), field("Call", kind), field("Status", status), field("Search", text, "grow"),
      h("button", { type: "button", onclick: async () => { await call(`calls${query({ key: state.key })}`, undefined, "DELETE"); known = []; draw(); } }, "Forget them")),
    h("div", { class: "two" }, h("div", {}, count, rows.element), detail));

  function draw() {
    waiting = false;
    if (signal.aborted) return;
    const word = text.value.toLowerCase();
    const found = known.filter((one) => (!dialect.value || one.dialect === dialect.value) && (!kind.value || one.kind === kind.value) &&
      (!status.value || fits(one.reply?.status, status.value.trim())) &&
      (!word || [one.request.path, one.task, one.faults, one.notes].join(" ").toLowerCase().includes(word)));
    count.textContent = `${found.length} of ${known.length} calls, newest first, live`;
    rows.set(found.reverse());
  }

  const first = await call(`calls${query({ key: state.key, limit: 1 })}`);
  const after = first.items.length ? Math.max(0, first.items[0].id + first.total - BEGIN) : 0;
  let page = first.items.length ? (await call(`calls${query({ key: state.key, limit: BEGIN, after: first.total > BEGIN ? after : "" })}`)).items : [];
  known = page;
  draw();
  const chosen = Number(wanted);
  if (chosen) {
    page = (await call(`calls${query({ after: String(chosen - 1), limit: 1 })}`)).items;
    if (page[0]?.id === chosen) { rows.chosen = chosen; fill(detail, about(page[0])); draw(); }
    else fill(detail, h("p", {}, `Call #${chosen} is no longer in the journal.`));
  }
  const tell = (one) => {
    if (known.some((other) => other.id === one.id)) return;
    known.push(one);
    if (known.length > KEPT) known = known.slice(-KEPT);
    if (!waiting) { waiting = true; setTimeout(draw, 250); }
  };
  follow(`calls${query({ key: state.key })}`, known.at(-1)?.id ?? null, tell, signal).then(
    () => { count.textContent += " (the feed has ended)"; },
    (error) => { if (!signal.aborted) count.textContent += ` (${error.message})`; });
}

function fits(found, wanted) {
  return String(found) === wanted || (wanted.endsWith("xx") && String(found)[0] === wanted[0]);
}

function tone(status) {
  if (status === undefined || status >= 500) return "bad";
  return status >= 400 ? "warn" : "good";
}

function row(one) {
  return [
    h("span", { class: "name" }, `${one.request.method} `, h("code", {}, one.request.path)),
    h("span", { class: "end" }, one.faults.length ? h("span", { class: "tag warn" }, one.faults.join(", ")) : null, " ", h("span", { class: `tag ${one.lost ? "bad" : tone(one.reply?.status)}` }, one.lost ? "lost" : one.reply?.status ?? "lost")),
    h("span", { class: "sub" }, `#${one.id} · ${one.dialect ?? "no dialect"} · ${one.kind || "nowhere"}${one.task ? ` · ${one.task}` : ""}`),
    h("span", { class: "end2" }, moment(one.at_ms).slice(11, 19)),
  ];
}

function about(one) {
  return [
    h("h2", {}, `#${one.id} ${one.request.method} ${one.kind}`),
    one.faults.map((name) => h("p", {}, h("span", { class: "tag warn" }, "fault"), ` ${name}`)),
    one.notes.map((note) => h("p", {}, h("span", { class: "tag" }, "note"), ` ${note}`)),
    one.lost ? h("p", { class: "tag bad" }, one.lost) : null,
    definitions([["When", moment(one.at_ms)], ["Took", one.took_ms === null ? "" : `${one.took_ms} ms`], ["Task", one.task ? h("a", { href: `#tasks/${encodeURIComponent(one.task)}` }, one.task) : ""], ["Plan", one.plan]]),
    h("div", { class: "two even" },
      h("div", {}, h("h3", {}, "Request"), h("code", {}, `${one.request.method} ${one.request.path}${one.request.query ? `?${one.request.query}` : ""}`), part(one.request)),
      h("div", {}, h("h3", {}, one.lost ? "Answer, which the client did not get" : "Answer"), h("code", {}, String(one.reply?.status ?? "none")), one.reply ? part(one.reply) : null)),
    h("details", {}, h("summary", {}, "As curl"), code(curl(one), "Copy it as curl")),
    replayable(one) ? proof(one) : null,
  ];
}

// A test needs the order that made the task, too: it is asked for when somebody looks.
function proof(one) {
  const place = h("div");
  const shown = h("details", {}, h("summary", {}, "As pytest"), place);
  shown.addEventListener("toggle", async () => {
    try {
      fill(place, code(await pytest(one), "Copy it as a test"));
    } catch (error) {
      fill(place, h("p", { class: "tag bad" }, error.message));
    }
  }, { once: true });
  return shown;
}

function part(side) {
  return [
    h("details", {}, h("summary", {}, "Headers"), h("pre", { tabindex: "0" }, Object.entries(side.headers).map(([name, value]) => `${name}: ${value}`).join("\n"))),
    side.body === null ? h("p", { class: "soft small" }, side.size ? `${side.size} bytes that are not shown` : "no body") : code(json(side.body)),
  ];
}
