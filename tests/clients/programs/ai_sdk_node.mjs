// The AI SDK with its provider @ai-sdk/bytedance: whole generations, and what they are refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, base, key, picture] = process.argv.slice(2);
const modules = createRequire(`${folder}/here.js`);
const { experimental_generateVideo: generateVideo, createDownload } = modules("ai");
const { createByteDance } = modules("@ai-sdk/bytedance");
globalThis.AI_SDK_LOG_WARNINGS = false;

const provider = createByteDance({ baseURL: `${base}/ark/api/v3`, apiKey: key });
// Its own download refuses addresses on loopback, where this server is.
const download = async ({ url }) => {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: "video/mp4" };
};
const generate = (model, also) =>
  generateVideo({
    model: provider.video(model),
    prompt: "A lantern sways in the wind",
    maxRetries: 0,
    download,
    ...also,
    providerOptions: { bytedance: { pollIntervalMs: 200, ...also?.providerOptions } },
  });
const task = async (made) => {
  const id = made.providerMetadata.bytedance.videos?.[0]?.taskId ?? made.providerMetadata.bytedance.taskId;
  const headers = { Authorization: `Bearer ${key}` };
  return (await fetch(`${base}/ark/api/v3/contents/generations/tasks/${id}`, { headers })).json();
};
const ftyp = (made) => Buffer.from(made.video.uint8Array).subarray(4, 8).toString();

const first = await generate("doubao-seedance-2-0-260128", {
  aspectRatio: "16:9",
  resolution: "864x496",
  duration: 4,
  seed: 7,
  providerOptions: { generateAudio: false, watermark: true, returnLastFrame: true, priority: 2 },
});
assert.equal(ftyp(first), "ftyp");
const shown = await task(first);
assert.deepEqual(
  [shown.status, shown.resolution, shown.ratio, shown.duration, shown.seed, shown.priority],
  ["succeeded", "480p", "16:9", 4, 7, 2],
);
assert.equal(shown.generate_audio, false);
assert.ok(shown.content.last_frame_url);
assert.ok(shown.usage.completion_tokens > 0);

const image = readFileSync(picture);
const framed = await generate("dreamina-seedance-2-0-fast-260128", {
  prompt: { image, text: "The camera goes nearer" },
  duration: 4,
});
assert.equal(ftyp(framed), "ftyp");
const referring = await generate("doubao-seedance-2-5-260628", {
  duration: 4,
  providerOptions: {
    referenceImages: ["https://example.com/a.png"],
    referenceAudio: ["https://example.com/a.mp3"],
  },
});
assert.equal(ftyp(referring), "ftyp");

const refusal = async (doing) => doing.then(() => assert.fail("it was taken"), (error) => error);
const long = await refusal(generate("doubao-seedance-2-0-260128", { duration: 31 }));
assert.equal(long.statusCode, 400);
assert.match(long.message, /duration/);
assert.equal((await refusal(generate("doubao-seedance-9"))).statusCode, 404);
const failed = await refusal(
  generate("doubao-seedance-2-0-260128", { prompt: "A lantern [[sim: fail]]" }),
);
assert.equal(failed.name, "BYTEDANCE_VIDEO_GENERATION_FAILED");
// Where nobody gives another one, the download is refused before anything is asked for.
const refused = await refusal(
  generate("doubao-seedance-2-0-260128", { download: createDownload(), duration: 4 }),
);
assert.match(refused.message, /127\.0\.0\.1/);
