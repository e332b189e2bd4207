// What a test with seedance.mjs looks like: `node --test examples/example.test.mjs` runs it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./seedance.mjs";

let sim;
before(async () => { sim = await start(["--pace", "instant"], process.env.SEEDANCE_COMMAND); });
after(() => sim?.stop());

async function call(path, body) {
  const headers = { Authorization: `Bearer ${sim.key}`, "Content-Type": "application/json" };
  const given = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
  return (await fetch(sim.url("ark") + path, given)).json();
}

test("an order that fails upstream is told as failed", async () => {
  const plan = { end: "failed", code: "OutputVideoSensitiveContentDetected" };
  await sim.control("/plans", { match: { key: sim.key }, plan });
  const tasks = "/api/v3/contents/generations/tasks";
  const content = [{ type: "text", text: "A paper boat sails down a rainy street" }];
  const { id } = await call(tasks, { model: "doubao-seedance-2-0-260128", content });
  await sim.control("/clock", { advance: "1h", key: sim.key });
  const task = await call(`${tasks}/${id}`);
  assert.equal(task.status, "failed");
  assert.equal(task.error.code, plan.code);
  assert.deepEqual((await sim.control(`/verdict?key=${sim.key}`)).findings, []);
});

test("a wrong call of the control plane says what is wrong", async () => {
  await assert.rejects(sim.control("/clock", { advance: "soon" }), /advance/);
});
