// OpenAI's own client for Node: order, poll, download, list, delete, and what it is refused.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";

const [folder, base, key, picture] = process.argv.slice(2);
const OpenAI = createRequire(`${folder}/here.js`)("openai");
const client = new OpenAI({ baseURL: `${base}/openai/v1`, apiKey: key, maxRetries: 0 });
const { videos } = client;
const order = { model: "doubao-seedance-2-0-260128", prompt: "A lantern sways in the wind" };

async function ended(video) {
  while (video.status === "queued" || video.status === "in_progress") {
    await new Promise((resolve) => setTimeout(resolve, 200));
    video = await videos.retrieve(video.id);
  }
  return video;
}

const bytes = async (id, variant) =>
  Buffer.from(await (await videos.downloadContent(id, { variant })).arrayBuffer());
const done = await ended(await videos.create({ ...order, seconds: "4", size: "1280x720" }));
assert.deepEqual([done.status, done.progress, done.size], ["completed", 100, "1280x720"]);
assert.equal((await bytes(done.id)).subarray(4, 8).toString(), "ftyp");
assert.equal((await bytes(done.id, "thumbnail")).subarray(8, 12).toString(), "WEBP");
assert.equal((await bytes(done.id, "spritesheet")).readUInt16BE(0), 0xffd8);
const second = await videos.create({ ...order, input_reference: createReadStream(picture) });
const ids = [];
for await (const video of videos.list({ limit: 1 })) ids.push(video.id);
assert.deepEqual(ids, [second.id, done.id]);
assert.equal((await videos.delete(done.id)).deleted, true);
await assert.rejects(videos.retrieve(done.id), OpenAI.NotFoundError);
await assert.rejects(videos.create({ ...order, seconds: "3" }), { status: 400, param: "seconds" });
assert.equal((await ended(second)).status, "completed");
await assert.rejects(videos.remix(second.id, { prompt: "Again" }), OpenAI.BadRequestError);
