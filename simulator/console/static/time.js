// The clock of an account, or of the server: it jumps, stands still or runs faster.

import { call, query, state } from "./api.js";
import { field, fill, h, moment, say } from "./dom.js";

const JUMPS = [["+10 s", "10s"], ["+1 min", "1m"], ["+1 h", "1h"], ["+24 h", "24h"], ["+7 d", "7d"]];
const EVERY = 200;
const ASK = 2000;  // others move the clock, too

export async function show(view, signal) {
  const place = h("p", { class: "clock", "aria-label": "Time" });
  const how = h("p", { class: "soft" });
  const freeze = h("button", { type: "button", onclick: () => move({ freeze: !clock.frozen }) }, "Freeze");
  const rate = h("input", { type: "number", min: "0", max: "100000", step: "any", value: "1" });
  const ahead = h("input", { placeholder: "90s, 36h …", value: "" });
  const list = h("ul", { class: "plain" }, h("li", { class: "soft" }, "Nothing was moved from here yet."));
  let clock = await call(`clock${query({ key: state.key })}`);
  let since = performance.now();

  function told(found) {
    if (found.rate !== clock.rate) rate.value = String(found.rate);
    clock = found;
    since = performance.now();
    freeze.textContent = found.frozen ? "Let it run" : "Freeze";
    how.textContent = `${state.key ? `The time of ${state.key}` : "The time of every account"}: ${found.frozen ? "it stands still" : `${found.rate} simulated seconds for each real one`}.`;
    tick();
  }

  function tick() {
    const passed = clock.frozen ? 0 : (performance.now() - since) * clock.rate;
    place.textContent = `${moment(Math.floor((clock.now_ms + passed) / 1000) * 1000)} UTC`;
  }

  async function move(asked) {
    try {
      const found = await call("clock", state.key ? { ...asked, key: state.key } : asked);
      told(found);
      fill(list, found.happened.length
        ? found.happened.map((one) => h("li", {}, `${moment(one.at_ms)}  ${one.kind} `, h("a", { href: `#tasks/${encodeURIComponent(one.task)}` }, h("code", {}, one.task))))
        : h("li", { class: "soft" }, "Nothing fell due."),
      found.pending ? h("li", {}, `${found.pending} callbacks are still on their way.`) : null);
      say(`Done: ${found.happened.length} things happened.`);
    } catch (error) {
      say(error.message);
    }
  }

  rate.value = String(clock.rate);
  told(clock);
  fill(view, h("h2", {}, "Time"),
    h("div", { class: "two even" },
      h("div", { class: "card" }, place, how,
        h("div", { class: "bar", role: "group", "aria-label": "Move the clock" }, JUMPS.map(([name, span]) => h("button", { type: "button", class: "main", onclick: () => move({ advance: span }) }, name)), freeze),
        h("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); move({ advance: ahead.value.trim() }); } }, field("Ahead by", ahead), h("button", {}, "Move")),
        h("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); move({ rate: Number(rate.value) }); } }, field("Simulated seconds per second", rate), h("button", {}, "Set the rate")),
        h("p", { class: "soft small" }, "Time only goes forward. What falls due happens in order: phases, callbacks and their retries, links, retention.")),
      h("div", { class: "card" }, h("h3", {}, "What happened"), list)));
  const timer = setInterval(tick, EVERY);
  const asking = setInterval(() => { if (!document.hidden) call(`clock${query({ key: state.key })}`).then(told, () => {}); }, ASK);
  signal.addEventListener("abort", () => { clearInterval(timer); clearInterval(asking); });
}
