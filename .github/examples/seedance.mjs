// seedance-sim for the tests of any Node program: copy this file. It needs Node 18 and the command
// `seedance-sim` (pip install, see README.md).
//
//     const sim = await start(["--pace", "instant"]);   // flags of `seedance-sim serve`
//     runMyClient(sim.url("ark") + "/api/v3", sim.key); // each start has a key of its own
//     await sim.control("/clock", { advance: "24h", key: sim.key });
//     assert.deepEqual((await sim.control(`/verdict?key=${sim.key}`)).findings, []);
//     sim.stop();
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

export async function start(flags = [], command = "seedance-sim") {
  const stdio = ["ignore", "pipe", "inherit"];
  const server = spawn(command, ["serve", "--port", "0", "--log-level", "warning", ...flags], { stdio });
  process.once("exit", () => server.kill());
  const base = await new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).once("line", (line) => resolve(line.replace("listening on ", "")));
    server.once("error", reject).once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  async function control(path, body) {
    const answer = await fetch(`${base}/_sim${path}`, body && { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  }
  return { url: (dialect) => `${base}/${dialect}`, key: `sk-${randomUUID()}`, control, stop: () => server.kill() };
}
