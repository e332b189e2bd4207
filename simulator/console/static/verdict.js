// What a client did wrong, by the calls that show it, and what it cost.

import { call, choose, query, state } from "./api.js";
import { code, definitions, fill, folded, h, moment, table } from "./dom.js";
import { replayable, scenario } from "./replay.js";

const TONES = { error: "bad", warning: "warn", info: "" };
const MOST = 500;

export async function show(view) {
  const judged = h("div", { class: "card" });
  const paid = h("div", { class: "card" });
  const again = h("button", { type: "button", class: "main", onclick: () => tell() }, "Judge again");
  fill(view, h("h2", {}, "Verdict and bill"), h("div", { class: "bar" }, again), h("div", { class: "two even" }, judged, paid));

  async function tell() {
    fill(judged, state.key ? verdict(await call(`verdict${query({ key: state.key })}`)) : whose((await call("keys.json")).keys));
    fill(paid, bill(await call(`ledger${query({ key: state.key, limit: MOST })}`)));
  }

  await tell();
}

const KEYS = 20;

function whose(keys) {
  const pick = (key) => {
    choose(key);
    document.getElementById("key").value = key;
    dispatchEvent(new Event("hashchange"));
  };
  return [
    h("h3", {}, "Verdict"),
    h("p", {}, keys.length ? "Whose client is to be judged?" : "No client has sent anything yet."),
    h("div", { class: "bar" }, keys.slice(0, KEYS).map((key) => h("button", { type: "button", onclick: () => pick(key) }, key))),
    keys.length > KEYS ? h("p", { class: "soft" }, `${keys.length - KEYS} more: type one above.`) : null,
  ];
}

// The calls that show a finding as a test, which fails until the client is mended.
function proof(one) {
  if (!one.calls.length) return null;
  return folded("As pytest", () => {
    const place = h("div");
    written(one).then((text) => fill(place, text
      ? [h("p", { class: "small" }, "It fails, as these calls did. Put your client in their place, and mend it until the test passes."), code(text, "Copy it as a test")]
      : h("p", { class: "soft" }, "Its calls are not in the journal any more, or no client can make them again.")),
    (error) => fill(place, h("p", { class: "tag bad" }, error.message)));
    return place;
  });
}

const STEPS = 20;

async function written(one) {
  const pages = await Promise.all(one.calls.slice(0, STEPS).map((id) => call(`calls${query({ after: String(id - 1), limit: 1 })}`)));
  const calls = pages.flatMap((page, at) => page.items.filter((each) => each.id === one.calls[at] && replayable(each)));
  return calls.length ? scenario(one.id, one.severity, calls) : "";
}

function verdict(found) {
  return [
    h("h3", {}, "Verdict: ", h("span", { class: `tag ${found.verdict === "pass" ? "good" : "bad"}` }, found.verdict)),
    found.findings.length ? null : h("p", {}, "Nothing is held against this client."),
    h("ul", { class: "plain" }, found.findings.map((one) => h("li", {},
      h("span", { class: `tag ${TONES[one.severity] ?? ""}` }, one.severity), " ", h("strong", {}, one.title),
      h("p", {}, one.fix),
      h("p", { class: "small" }, one.calls.length ? "Shown by " : "", one.calls.slice(0, 30).map((id) => [h("a", { href: `#calls/${id}` }, `#${id}`), " "])), h("code", { class: "soft" }, one.id), proof(one)))),
  ];
}

function bill(found) {
  const { tasks, orphaned, cost_usd: usd, under_way: live, unpriced } = found.bill;
  return [
    h("h3", {}, "Bill"),
    definitions([["Paid tasks", String(tasks)], ["Under way", String(live)], ["Paid, and never fetched", String(orphaned)], ["Would have cost", usd === null ? "not known" : `${usd} USD`], ["Without a price", unpriced.length ? unpriced.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", ") : ""],
      ["Change of the wallet", Object.entries(found.sums).map(([unit, sum]) => `${sum} ${unit}`).join(", ")]]),
    h("h3", {}, `Ledger (${found.total} entries)`),
    table(["amount", "what", "when", "task"], found.items.map((one) => [`${one.amount} ${one.unit}`, one.kind, moment(one.at_ms), h("a", { href: `#tasks/${encodeURIComponent(one.task)}` }, h("code", {}, one.task))])),
  ];
}
