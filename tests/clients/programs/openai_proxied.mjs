// OpenAI's own client for Node in front of LiteLLM's proxy: an order, its life, its clip.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [folder, base, key] = process.argv.slice(2);
const OpenAI = createRequire(`${folder}/here.js`)("openai");
const { videos } = new OpenAI({ baseURL: `${base}/openai/v1`, apiKey: key, maxRetries: 0 });
const order = { model: "doubao-seedance-2-0-260128", prompt: "A lantern", seconds: "4", size: "1280x720" };

let shown = await videos.create(order);
while (shown.status === "queued" || shown.status === "in_progress") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  shown = await videos.retrieve(shown.id);
}
assert.equal(shown.status, "completed");
const clip = Buffer.from(await (await videos.downloadContent(shown.id)).arrayBuffer());
assert.equal(clip.subarray(4, 8).toString(), "ftyp");
await assert.rejects(videos.create({ ...order, model: "nope" }), OpenAI.BadRequestError);
