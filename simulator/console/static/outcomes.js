// What shall become of orders and calls: plans and faults, found by their symptom, and what stands.

import { call, lasts, overview, query, reference, state } from "./api.js";
import { choice, field, fill, folded, h, say } from "./dom.js";

const ENDS = ["succeeded", "failed", "expired", "cancelled", "stuck", "refused"];
const EVERY = 2000;
const MOST = 50;
const MISSED = { kind: "create", note: "did not apply" };

export async function show(view, signal) {
  const [known, found] = await Promise.all([reference(), overview()]);
  const faults = known.find((one) => one.title === "Faults").entries;
  const names = found.dialects.map((one) => one.name);
  const text = h("input", { type: "search", placeholder: "429, html, twice, callback, link …", oninput: draw });
  let shown = [];
  let seen = "";
  let stood = "";
  const list = h("div");
  const standing = h("ul", { class: "plain" });
  const missed = h("ul", { class: "plain" });
  const dialect = choice(names, "any");
  const whose = () => (state.key ? `of ${state.key}` : "of every key");

  function draw() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = faults.filter((one) => words.every((word) => `${one.name} ${one.text} ${one.details}`.toLowerCase().includes(word)));
    const groups = Map.groupBy(fits, (one) => one.group);
    fill(list, [...groups].map(([group, some]) => folded([h("strong", {}, group), ` (${some.length})`], () => h("ul", { class: "plain" }, some.map(line)), words.length > 0)),
      fits.length ? null : h("p", {}, "No fault has these words in its description."));
  }

  function line(one) {
    return h("li", {},
      h("div", { class: "bar" }, h("strong", { class: "grow" }, one.name),
        lasts(one) ? null : h("button", { type: "button", "aria-label": `${one.name}: once`, onclick: () => fault(one.name, 1) }, "Once"),
        h("button", { type: "button", "aria-label": `${one.name}: let it stand`, onclick: () => fault(one.name, null) }, "Let it stand")),
      h("div", { class: "small" }, one.text), h("div", { class: "small soft" }, one.details.join(" ")));
  }

  async function act(doing, done) {
    try {
      await doing();
      say(done);
      await stands();
    } catch (error) {
      say(error.message);
    }
  }

  function match() {
    return { ...(state.key ? { key: state.key } : {}), ...(dialect.value ? { dialect: dialect.value } : {}) };
  }

  function fault(name, times) {
    return act(() => call("faults", { fault: name, match: match(), times }), `${name} stands for the calls ${whose()}.`);
  }

  const end = choice(ENDS, "as usual");
  const code = h("input", { placeholder: "the usual one", list: "codes" });
  const queue = h("input", { placeholder: "1s" });
  const run = h("input", { placeholder: "3s" });
  const times = h("input", { type: "number", min: "1", value: "1" });
  const codes = h("datalist", { id: "codes" }, known.filter((one) => one.title.startsWith("Codes of")).flatMap((one) => one.entries.map((entry) => h("option", { value: entry.name }, `${one.title.slice(9)}: ${entry.text}`))));
  const plan = (event) => {
    event.preventDefault();
    const asked = { end: end.value, code: code.value.trim(), queue: queue.value.trim(), run: run.value.trim() };
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
    return act(() => call("plans", { plan: given, match: match(), times: times.value ? Number(times.value) : null }), `The plan waits for the next order ${whose()}.`);
  };

  async function stands() {
    const [plans, active, newest] = await Promise.all([call(`plans${query({ key: state.key, limit: 1000 })}`), call(`faults${query({ key: state.key, limit: 1000 })}`), call(`calls${query({ key: state.key, ...MISSED, last: 1 })}`)]);
    if (signal.aborted) return;
    await near(newest);
    // What is the same stays, with the focus that is on it.
    const now = JSON.stringify([plans.items, active.items]);
    if (now === stood || signal.aborted) return;
    stood = now;
    const drop = (kind, one) => h("button", { type: "button", "aria-label": `Take back ${one.id}`, onclick: () => act(() => call(`${kind}/${encodeURIComponent(one.id)}`, undefined, "DELETE"), `${one.id} is taken back.`) }, "Take back");
    shown = [...plans.items.map((one) => `plans/${one.id}`), ...active.items.filter((one) => !one.permanent).map((one) => `faults/${one.id}`)];
    const lines = [
      ...plans.items.map((one) => h("li", { class: "bar" }, h("div", { class: "grow" }, h("strong", {}, one.id), ` ${short(one.plan)} for ${short(one.match) || "any order"}, ${one.times === null ? "always" : often(one.times)}`), drop("plans", one))),
      ...active.items.map((one) => h("li", { class: "bar" }, h("div", { class: "grow" }, h("strong", {}, one.fault?.name ?? (typeof one.fault === "string" ? one.fault : "own answer")), ` for ${short(one.match) || "any call"}, ${one.times === null ? "always" : one.times ? `${often(one.times)} more` : "used up"}, fired ${often(one.fired)}${one.when ? `, ${one.when}` : ""}`), one.permanent ? h("span", { class: "tag" }, "of the command line") : drop("faults", one))),
    ];
    fill(standing, lines.length ? lines : h("li", { class: "soft" }, "Nothing stands."));
  }

  // Thousands of orders may have missed a plan: the newest are read, and only when there are others.
  async function near(newest) {
    const now = `${newest.total} ${newest.items[0]?.id} ${state.key}`;
    if (now === seen) return;
    const calls = newest.total ? await call(`calls${query({ key: state.key, ...MISSED, last: MOST })}`) : newest;
    if (signal.aborted) return;
    seen = now;
    const notes = calls.items.reverse().flatMap((one) => one.notes.filter((note) => note.includes(MISSED.note)).map((note) => [one, note]));
    fill(missed, notes.length ? notes.map(([one, note]) => h("li", {}, h("a", { href: `#calls/${one.id}` }, `#${one.id}`), ` ${note}`)) : h("li", { class: "soft" }, "No plan was missed."),
      calls.total > MOST ? h("li", { class: "soft" }, `These are the newest ${MOST} of ${calls.total} orders that missed one.`) : null);
  }

  draw();
  fill(view, h("h2", {}, "Outcomes"),
    h("p", { class: "soft" }, `Asked for here, these come to the orders and calls ${whose()}${state.key ? "" : "; choose a key above for one account"}.`),
    h("div", { class: "two even" },
      h("div", { class: "card" }, h("h3", {}, `Faults: ${faults.length}, each seen at a real service`), h("div", { class: "bar" }, field("Search by symptom", text, "grow")), list),
      h("div", {},
        h("form", { class: "card", onsubmit: plan }, h("h3", {}, "The next order"),
          h("div", { class: "bar" }, field("Dialect (also of faults)", dialect), field("Ends", end), field("Code", code, "grow"), field("Waits", queue), field("Runs", run), field("Times", times), h("button", { class: "main" }, "Plan it")), codes),
        h("div", { class: "card" }, h("h3", {}, "What stands"), standing,
          h("div", { class: "bar" }, h("button", { type: "button", onclick: () => act(() => Promise.all(shown.map((one) => call(one, undefined, "DELETE").catch(() => null))), "All that is shown here is taken back.") }, "Take back all"))),
        h("div", { class: "card" }, h("h3", {}, "Near misses"), missed))));
  await stands();
  const timer = setInterval(() => { if (!document.hidden) stands().catch(() => {}); }, EVERY);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function often(count) {
  return count === 1 ? "once" : `${count} times`;
}

function short(given) {
  return Object.entries(given ?? {}).filter(([, value]) => value !== null && !(typeof value === "object" && !Object.keys(value).length))
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");
}
