// The console: one view for each tab, which is given an element and a signal that ends it.

import { call, choose, state } from "./api.js";
import { fill, h, say } from "./dom.js";

const TABS = [
  ["start", "Start"], ["tasks", "Tasks"], ["time", "Time"], ["outcomes", "Outcomes"],
  ["calls", "Calls"], ["verdict", "Verdict and bill"], ["reference", "Reference"],
];
let ending = new AbortController();
// They stay the same elements, or whoever goes by keyboard would lose the place.
const links = TABS.map(([one, title]) => [one, h("a", { href: `#${one}` }, title)]);
fill(document.getElementById("tabs"), links.map(([, link]) => link));

async function show() {
  const [wanted, ...rest] = location.hash.slice(1).split("/");
  const name = TABS.some(([one]) => one === wanted) ? wanted : "start";
  ending.abort();
  ending = new AbortController();
  const { signal } = ending;
  const view = document.getElementById("view");
  for (const [one, link] of links) {
    if (one === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${TABS.find(([one]) => one === name)[1]} · seedance-sim`;
  const module = await import(`./${name}.js`);
  if (signal.aborted) return;
  fill(view, h("p", { class: "soft" }, "Loading …"));
  try {
    await module.show(view, signal, rest.map(decodeURIComponent));
  } catch (error) {
    if (!signal.aborted) fill(view, h("p", { class: "card", role: "alert" }, `This cannot be shown: ${error.message}`));
  }
  keys();
}

async function keys() {
  try {
    const found = await call("keys.json");
    fill(document.getElementById("keys"), found.keys.map((one) => h("option", { value: one })));
  } catch (error) {
    say(error.message);
  }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();  // its hash is the name of no tab
  document.getElementById("view").focus();
});
const key = document.getElementById("key");
key.value = state.key;
key.addEventListener("change", () => {
  choose(key.value.trim());
  show();
});
window.addEventListener("hashchange", show);
window.addEventListener("back", show);
await show();
call("health").then((found) => { document.getElementById("version").textContent = found.version; });
