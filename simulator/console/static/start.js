// What the server is, for somebody who has just opened it: create, poll and fetch in each dialect.

import { blob, call, overview, state } from "./api.js";
import { code, definitions, fill, film, h } from "./dom.js";

export async function show(view, signal) {
  const found = await overview();
  if (signal.aborted) return;
  const key = state.key || found.key.use;
  const shown = h("div");
  const names = found.dialects.map((one) => h("button", { type: "button", "aria-pressed": "false", onclick: () => open(one) }, one.name));
  function open(dialect) {
    names.forEach((one) => {
      const on = one.textContent === dialect.name;
      one.setAttribute("aria-pressed", String(on));
      one.className = on ? "main" : "";
    });
    fill(shown, card(dialect, key, found.key.use, signal));
  }
  fill(view,
    h("div", { class: "card" },
      h("h2", {}, "Create a task, poll it, fetch the clip"),
      h("p", {}, "An offline simulator of the HTTP APIs that sell Seedance videos. Any client of one of these dialects works with its base URL. Key to use: ", h("code", {}, key), ` (${found.key.note}).`),
      h("div", { class: "bar", role: "group", "aria-label": "Dialects" }, names)),
    shown);
  open(found.dialects.find((one) => one.name === (found.root ?? "ark")) ?? found.dialects[0]);
}

function card(dialect, key, usual, signal) {
  const own = (text) => text.replaceAll(usual, key);
  const out = h("div", { role: "status" });
  const run = h("button", { type: "button", class: "main", onclick: () => go(dialect, key, run, out, signal) }, "Create it now");
  const named = h("span", { class: "soft small" }, "the task whose id is in $ID");
  return h("div", { class: "card" },
    h("h2", {}, dialect.name, " ", h("span", { class: "soft small" }, dialect.title)),
    h("p", {}, dialect.differences),
    definitions([["Base URL", h("code", {}, dialect.base_url)], ["API under", h("code", {}, dialect.api_url)], ["Documents", dialect.documents.join("; ")]]),
    h("div", { class: "two even turned" },
      h("div", {}, h("h3", {}, "Here"), h("p", { class: "soft small" }, "Sends the order from this page, and shows what becomes of it."), run, out),
      h("div", {},
        h("h3", {}, "Create"), code(own(dialect.curl), "Copy the command that creates"),
        h("h3", {}, "Poll ", named), code(own(dialect.poll), "Copy the command that polls"),
        h("h3", {}, "Fetch ", named.cloneNode(true)), code(own(dialect.fetch), "Copy the command that fetches"),
        dialect.sdk.map((one) => [h("h3", {}, one.name), code(own(one.line), `Copy the line for ${one.name}`)]))));
}

async function go(dialect, key, button, out, signal) {
  button.disabled = true;
  try {
    const { path, form, body: order } = dialect.order;
    const headers = { Authorization: `Bearer ${key}` };
    let body = JSON.stringify(order);
    if (form) {
      body = new FormData();
      for (const [name, value] of Object.entries(order)) body.append(name, value);
    } else {
      headers["Content-Type"] = "application/json";
    }
    const answer = await fetch(`../${dialect.name}${path}`, { method: "POST", headers, body });
    const told = await answer.text();
    fill(out, h("p", {}, `The order was answered with ${answer.status}.`), h("pre", { tabindex: "0" }, told));
    if (answer.ok) await follow(created(JSON.parse(told), dialect.order.created), out, signal);
  } catch (error) {
    fill(out, h("p", { class: "tag bad" }, `No answer came: ${error.message}.`), h("p", {}, "The order may have been accepted all the same: ", h("a", { href: "#tasks" }, "see the tasks"), "."));
  } finally {
    button.disabled = false;
  }
}

// The id that an answer gives, at the first of the dialect's JSON pointers where something stands.
function created(told, pointers) {
  const found = pointers.map((pointer) => pointer.split("/").slice(1).reduce((part, name) => part?.[name], told));
  return found.find((id) => id !== undefined && id !== null);
}

async function follow(id, out, signal) {
  const bar = h("progress", { max: "100", value: "0", "aria-label": "Progress" });
  const word = h("span");
  out.append(h("p", {}, bar, " ", word));
  while (!signal.aborted) {
    const task = await call(`tasks/${encodeURIComponent(id)}`);
    bar.value = task.progress;
    word.textContent = `${task.phase} (${task.progress} %)`;
    if (task.phase === "succeeded") {
      const url = await blob(`tasks/${encodeURIComponent(task.id)}/clip`);
      out.append(film(url));
    }
    if (!["queued", "running"].includes(task.phase)) {
      out.append(task.plan.code && task.phase !== "succeeded" ? h("p", {}, `${task.plan.code} ${task.plan.message}`) : "",
        h("p", {}, h("a", { href: `#tasks/${encodeURIComponent(task.id)}` }, "Everything about this task")));
      return;
    }
    await new Promise((done) => { setTimeout(done, 400); });
  }
}
