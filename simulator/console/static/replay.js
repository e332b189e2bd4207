// A call of the journal again: as curl, and as a test with the plan, the faults and the order.

import { call, lasts, query, reference } from "./api.js";
import { json } from "./dom.js";

const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

export function curl(one) {
  const { method, path, query: asked, headers, body } = one.request;
  const base = new URL("..", location.href).href.replace(/\/$/, "");
  const lines = [`curl -s${method === "GET" ? "" : ` -X ${method}`} ${quote(base + path + (asked ? `?${asked}` : ""))}`];
  if (headers.authorization) lines.push('-H "Authorization: Bearer $SEEDANCE_API_KEY"');
  if (body?.parts) for (const item of body.parts) lines.push(`-F ${quote(`${item.name}=${item.text ?? `@${item.filename ?? "file"}`}`)}`);
  else if (body !== null && body !== undefined) lines.push(`-H ${quote(`Content-Type: ${headers["content-type"] ?? "application/json"}`)}`, `-d ${quote(json(body))}`);
  return lines.join(" \\\n  ");
}

// Whether a client can make this call: not a callback, nor a link that somebody else has signed.
export function replayable(one) {
  return one.dialect !== null && one.kind !== "callback" && !one.request.path.startsWith("/tos/");
}

function python(value) {
  if (value === null || value === undefined) return "None";
  if (value === true || value === false) return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${python(item)}`).join(", ")}}`;
  return JSON.stringify(value);
}

const named = (given) => Object.entries(given).filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => `, ${name}=${python(value)}`).join("");

function plan(one) {
  return one.planned ? `    seedance.plan(dialect=${python(one.dialect)}${named(one.planned)})\n` : "";
}

// A fault that somebody made up is known by what it answered.
function faults(one, known) {
  return one.faults.map((name) => {
    const fault = name === "custom" ? { status: one.reply?.status, body: one.reply?.body } : name;
    const times = lasts(known.find((entry) => entry.name === name)) ? null : 1;
    return `    seedance.fault(${python(fault)}${named({ dialect: one.dialect, call: one.kind, times })})\n`;
  }).join("");
}

function sent(one, task) {
  const { method, path, query: asked, body } = one.request;
  const mount = `/${one.dialect}`;
  const place = (path.startsWith(`${mount}/`) ? path.slice(mount.length) : path) + (asked ? `?${asked}` : "");
  const words = task && place.includes(task) ? `f${python(place.replaceAll("{", "{{").replaceAll("}", "}}").replaceAll(task, "{task}"))}` : python(place);
  const files = (body?.parts ?? []).filter((item) => item.text === undefined);
  const given = body?.parts ? { form: Object.fromEntries(body.parts.filter((item) => item.text !== undefined).map((item) => [item.name, item.text])) } : { body };
  const lost = one.lost || !one.reply;
  return files.map((item) => `    # The field ${python(item.name)} was a file, of which only the size is known.\n`).join("") +
    `    assert send(seedance, ${python(method)}, ${words}${named(given)}) ${lost ? "is None  # the answer was lost" : `== ${one.reply.status}`}\n`;
}

// The order that made the task, for a call that is about one.
async function begun(one) {
  if (one.kind === "create" || !one.task) return null;
  return (await call(`calls${query({ task: one.task, kind: "create", limit: 1 })}`)).items[0] ?? null;
}

function ended({ planned }) {
  if (!planned?.end || planned.then || ["refused", "stuck"].includes(planned.end)) return "";
  return `    seedance.advance("24h")\n    assert seedance.tasks()[-1]["phase"] == ${python(planned.end)}\n`;
}

const catalogue = async () => (await reference()).find((section) => section.title === "Faults").entries;

// Several calls one after the other, each at its time and about the task that its order made.
export async function scenario(name, severity, calls) {
  const known = await catalogue();
  const missing = await Promise.all(calls.map(begun));
  const all = [...new Map([...calls, ...missing.filter(Boolean)].map((one) => [one.id, one])).values()].sort((a, b) => a.id - b.id);
  const tasks = [];
  const steps = all.map((one, at) => {
    const gap = at ? one.at_ms - all[at - 1].at_ms : 0;
    const wait = gap > 0 ? `    seedance.advance(${gap})  # milliseconds\n` : "";
    const found = one.kind === "create" ? -1 : tasks.indexOf(one.task);
    if (found >= 0) return `${wait}    task = seedance.tasks()[${found}]["id"]\n${faults(one, known)}${sent(one, one.task)}`;
    if (one.kind === "create" && one.task) tasks.push(one.task);
    return wait + plan(one) + faults(one, known) + sent(one, null);
  });
  return `${SEND.replace("DIALECT", python(all[0].dialect))}

def test_${name.replaceAll(/\W/g, "_")}(seedance):
${steps.join("")}    seedance.assert_resilient("${severity}")
`;
}

export async function pytest(one) {
  const order = await begun(one);
  const known = await catalogue();
  const steps = [];
  if (order) {
    steps.push(plan(order), faults(order, known), sent(order), '    task = seedance.tasks()[-1]["id"]\n');
    if (one.at_ms > order.at_ms) steps.push(`    seedance.advance(${one.at_ms - order.at_ms})  # milliseconds\n`);
  }
  steps.push(plan(one), faults(one, known), sent(one, order && one.task));
  if (one.kind === "create" && one.task) steps.push(ended(one));
  return `${SEND.replace("DIALECT", python(one.dialect))}

def test_call_${one.id}(seedance):
${steps.join("")}    seedance.assert_resilient()
    assert seedance.bill().tasks <= 1
`;
}

const SEND = `import http.client
import json
import urllib.error
import urllib.request


def send(seedance, method, path, body=None, form=None):
    """The status of an answer. Put your own client here: it takes this address and this key."""
    data, kind = None if body is None else json.dumps(body).encode(), "application/json"
    if form is not None:
        part = '--x\\r\\nContent-Disposition: form-data; name="%s"\\r\\n\\r\\n%s\\r\\n'
        data = ("".join(part % item for item in form.items()) + "--x--\\r\\n").encode()
        kind = "multipart/form-data; boundary=x"
    headers = {"Authorization": f"Bearer {seedance.key}", "Content-Type": kind}
    request = urllib.request.Request(seedance.url(DIALECT) + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, http.client.HTTPException):
        return None
`;
