// OpenAI's own client for Node before a real new-api, whose channels lead to the dialects.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";

const [folder, base, key, picture] = process.argv.slice(2);
const OpenAI = createRequire(`${folder}/here.js`)("openai");
const { videos } = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 });
const code = "OutputVideoSensitiveContentDetected";
const prompt = "A lantern sways in the wind";

async function ended(id) {
  let video = await videos.retrieve(id);
  while (["unknown", "queued", "in_progress"].includes(video.status)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    video = await videos.retrieve(id);
  }
  return video;
}

async function whole(model) {
  const order = { model, prompt, seconds: "5", size: "1280x720" };
  const made = await videos.create({ ...order, input_reference: createReadStream(picture) });
  assert.deepEqual([made.status, made.progress], ["queued", 0], model);
  const fails = await videos.create({ model, prompt: `${prompt} [[sim: fail=${code}]]` });
  const done = await ended(made.id);
  assert.deepEqual([done.id, done.status, done.progress], [made.id, "completed", 100], model);
  const clip = Buffer.from(await (await videos.downloadContent(made.id)).arrayBuffer());
  assert.equal(clip.subarray(4, 8).toString(), "ftyp", model);
  const failed = await ended(fails.id);
  assert.deepEqual([failed.status, failed.error?.code], ["failed", code], model);
  await assert.rejects(videos.downloadContent(fails.id), OpenAI.BadRequestError);
  // It reads of a body what stands under `error`, which is nothing here: the reason is lost.
  const word = "InputTextSensitiveContentDetected";
  const refused = videos.create({ model, prompt: `x [[sim: refuse=${word}]]` });
  await assert.rejects(refused, { status: 400, error: undefined }, model);
}

await Promise.all(["by-ark", "by-newapi", "by-octopusx", "by-openai"].map(whole));
