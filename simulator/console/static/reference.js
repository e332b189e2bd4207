// Everything that can be asked for, from the code; and each dialect's calls from its OpenAPI.

import { call, overview, reference } from "./api.js";
import { choice, code, field, fill, folded, h, json } from "./dom.js";

export async function show(view, signal) {
  const [sections, found] = await Promise.all([reference(), overview()]);
  const text = h("input", { type: "search", placeholder: "advance, fail=, 429 …", oninput: draw });
  const dialect = choice(found.dialects.map((one) => one.name), "the simulator itself");
  dialect.addEventListener("input", draw);
  const list = h("div");
  fill(view, h("h2", {}, "Reference"), h("div", { class: "bar" }, field("Of", dialect), field("Search", text, "grow")), list);

  async function draw() {
    const word = text.value.toLowerCase();
    const name = dialect.value;
    if (!name) {
      fill(list, h("p", {}, h("a", { href: "openapi.json", download: "control.json" }, "OpenAPI of the control plane")), own(sections, word));
      return;
    }
    const made = await call(`openapi/${name}.json`);
    if (!signal.aborted && dialect.value === name) {
      fill(list, h("p", {}, h("a", { href: `openapi/${name}.json`, download: `${name}.json` }, `OpenAPI of ${name}`)), h("div", { class: "card" }, h("h3", {}, made.info.title), lines(made.info.description)), operations(made, word));
    }
  }

  await draw();
}

function own(sections, word) {
  return sections.map((section) => {
    const fits = section.entries.filter((one) => `${section.title} ${one.name} ${one.text} ${one.details.join(" ")}`.toLowerCase().includes(word));
    if (!fits.length) return null;
    return folded([h("strong", {}, section.title), ` (${fits.length}) `, h("span", { class: "soft" }, section.text)], () =>
      h("ul", { class: "plain" }, fits.map((one) => h("li", {}, h("code", {}, h("strong", {}, one.name)), h("div", {}, one.text),
        one.details.length ? h("div", { class: "mono soft" }, one.details.map((line) => h("div", {}, line))) : null, one.example ? code(one.example, `Copy the example of ${one.name}`) : null))), word !== "", "card");
  });
}

function lines(text) {
  return text.split("\n").filter(Boolean).map((line) => h("p", { class: "small" }, line.replace(/^- /, "· ").replaceAll("`", "")));
}

function operations(made, word) {
  return Object.entries(made.paths).flatMap(([path, ways]) => Object.entries(ways).map(([way, one]) => {
    const name = `${way.toUpperCase()} ${path}`;
    if (!`${name} ${one.summary} ${one.description ?? ""}`.toLowerCase().includes(word)) return null;
    return h("details", { class: "card" }, h("summary", {}, h("code", {}, h("strong", {}, name)), ` ${one.summary}`),
      one.description ? lines(one.description) : null,
      one.parameters ? [h("h3", {}, "Parameters"), h("ul", { class: "plain" }, one.parameters.map((each) => h("li", {}, h("code", {}, each.name), ` in the ${each.in}: `, h("code", {}, JSON.stringify(each.schema)))))] : null,
      Object.entries(one.requestBody?.content ?? {}).map(([kind, body]) => [h("h3", {}, `Body: ${kind}`), Object.entries(body.examples ?? {}).map(([title, example]) => h("details", {}, h("summary", {}, `Example: ${title}`), code(json(example.value)))), h("details", {}, h("summary", {}, "Schema"), code(json(body.schema)))]),
      h("h3", {}, "Answers"),
      Object.entries(one.responses).map(([status, answer]) => h("details", {}, h("summary", {}, h("span", { class: "tag" }, status), ` ${answer.description}`), Object.values(answer.content ?? {}).map((body) => Object.entries(body.examples ?? {}).map(([title, example]) => [h("p", { class: "small soft" }, title), code(json(example.value))])))));
  }));
}
