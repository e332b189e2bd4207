// Calls to the control plane, with the admin token where the server asks for one.

const TOKEN = "seedance-admin-token";

export const state = { key: sessionStorage.getItem("seedance-key") ?? "" };

export function choose(key) {
  state.key = key;
  sessionStorage.setItem("seedance-key", key);
}

function headers(more = {}) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

let asking = null;
let tried = false;

function ask() {
  asking ??= new Promise((done) => {
    const dialog = document.getElementById("token");
    document.getElementById("token-wrong").hidden = !tried;
    dialog.addEventListener("close", () => {
      const value = document.getElementById("token-value").value.trim();
      tried = dialog.returnValue === "go";
      dialog.returnValue = "";
      if (value) sessionStorage.setItem(TOKEN, value);
      asking = null;
      done(tried && value !== "");
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

// While the server is away a line says so; once it is back, the tab is shown anew.
const AGAIN = 2000;
let waiting = null;

function away() {
  const told = document.getElementById("away");
  told.textContent = "The server does not answer. This page goes on when it is back.";
  told.hidden = false;
  waiting ??= setInterval(async () => {
    try {
      await fetch("health");
    } catch {
      return;
    }
    clearInterval(waiting);
    waiting = null;
    told.hidden = true;
    dispatchEvent(new Event("back"));
  }, AGAIN);
}

async function reached(path, given) {
  try {
    return await fetch(path, given);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    away();
    throw new Error("the server does not answer");
  }
}

export async function request(path, given = {}) {
  const answer = await reached(path, { ...given, headers: headers(given.headers) });
  if (answer.status !== 401) {
    tried = false;
    return answer;
  }
  sessionStorage.removeItem(TOKEN);
  return (await ask()) ? request(path, given) : answer;
}

export async function call(path, body, method = body === undefined ? "GET" : "POST") {
  const given = { method };
  if (body !== undefined) given.body = JSON.stringify(body);
  const answer = await request(path, given);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error?.message ?? `the server answered ${answer.status}`);
  return told;
}

export function query(given) {
  const pairs = Object.entries(given).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

export async function blob(path) {
  const answer = await request(path);
  if (!answer.ok) throw new Error((await answer.json()).error?.message ?? String(answer.status));
  return URL.createObjectURL(await answer.blob());
}

// Server-sent events by fetch: an EventSource could not bring the token.
export async function follow(path, after, tell, signal) {
  const more = { Accept: "text/event-stream" };
  if (after !== null) more["Last-Event-ID"] = String(after);
  const answer = await request(path, { headers: more, signal });
  if (!answer.ok) throw new Error(`the feed answered ${answer.status}`);
  try {
    await told(answer, tell);
  } finally {
    if (!signal.aborted) away();
  }
}

async function told(answer, tell) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) tell(JSON.parse(data.slice(6)));
    }
  }
}

let known = null;

export function reference() {
  known ??= call("reference.json").catch((error) => { known = null; throw error; });
  return known;
}

export function overview() {
  return call("overview.json");
}

// Whether a fault of the reference cannot be asked for a number of times.
export function lasts(fault) {
  return fault?.details.includes("goes on for ever") ?? false;
}
