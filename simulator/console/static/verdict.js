// What a client did wrong, by the calls that show it, and what it cost.

import { call, query, state } from "./api.js";
import { definitions, fill, h, moment, table } from "./dom.js";

const TONES = { error: "bad", warning: "warn", info: "" };
const MOST = 500;

export async function show(view) {
  const judged = h("div", { class: "card" });
  const paid = h("div", { class: "card" });
  const again = h("button", { type: "button", class: "main", onclick: () => tell() }, "Judge again");
  fill(view, h("h2", {}, "Verdict and bill"), h("div", { class: "bar" }, again), h("div", { class: "two even" }, judged, paid));

  async function tell() {
    fill(judged, state.key ? verdict(await call(`verdict${query({ key: state.key })}`)) : [h("h3", {}, "Verdict"), h("p", {}, "Whose client is to be judged? Choose an API key above.")]);
    fill(paid, bill(await call(`ledger${query({ key: state.key, limit: MOST })}`)));
  }

  await tell();
}

function verdict(found) {
  return [
    h("h3", {}, "Verdict: ", h("span", { class: `tag ${found.verdict === "pass" ? "good" : "bad"}` }, found.verdict)),
    found.findings.length ? null : h("p", {}, "Nothing is held against this client."),
    h("ul", { class: "plain" }, found.findings.map((one) => h("li", {},
      h("span", { class: `tag ${TONES[one.severity] ?? ""}` }, one.severity), " ", h("strong", {}, one.title),
      h("p", {}, one.fix),
      h("p", { class: "small" }, one.calls.length ? "Shown by " : "", one.calls.slice(0, 30).map((id) => [h("a", { href: `#calls/${id}` }, `#${id}`), " "])), h("code", { class: "soft" }, one.id)))),
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
