// The AI SDK with its provider for Ark. Its own downloader refuses addresses of this machine.
const { createRequire } = require("node:module");

const [base, key, folder] = process.argv.slice(2);
const load = createRequire(`${folder}/here.js`);
const { experimental_generateVideo: generateVideo } = load("ai");
const { createByteDance } = load("@ai-sdk/bytedance");

const provider = createByteDance({ baseURL: `${base}/ark/api/v3`, apiKey: key });

async function download({ url }) {
  const answer = await fetch(url);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: "video/mp4" };
}

generateVideo({
  model: provider.video("doubao-seedance-2-0-260128"),
  prompt: "A lantern",
  duration: 5,
  providerOptions: { bytedance: { pollIntervalMs: 200, generateAudio: false } },
  download,
}).then(
  (made) => console.log(made.video.uint8Array.length > 1000 ? "clip" : "no clip"),
  (error) => console.log(error.name.replace("AI_", "")),
);
