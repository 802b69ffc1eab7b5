import assert from "node:assert/strict";
import { test } from "node:test";
import type { Last, Model } from "../../src/contract.ts";
import { describeModel, missingModels, sizeOf } from "../../src/modelText.ts";
import { RestartLimit } from "../../src/restarts.ts";
import { beginning, indexLine, modelLine, stateLine, verdictLine } from "../../src/statusText.ts";

const LAST: Last = {
  id: 1,
  verdict: "verified",
  symbol: "s3.list_buckets",
  package: "botocore",
  version: "1.44.5",
  retrieved: false,
  repaired: false,
  trimmed: false,
};

test("a verdict names package and version, and what was completed", () => {
  assert.deepEqual(verdictLine(LAST), { text: "✓ verified · botocore 1.44.5", detail: "s3.list_buckets" });
  const long = verdictLine({ ...LAST, symbol: "bedrock.create_model_customization_job" });
  assert.equal(long.detail, "create_model_customization_job");
});

test("a verdict of which nobody knows the source", () => {
  const last: Last = { ...LAST, verdict: "unverified", symbol: null, package: "", version: "" };
  assert.deepEqual(verdictLine(last), { text: "? unverified", detail: "" });
  assert.equal(verdictLine({ ...last, verdict: "rejected" }).text, "✗ rejected");
  assert.equal(verdictLine({ ...LAST, trimmed: true }).text, "✂ trimmed · botocore 1.44.5");
});

test("the model, with the adapters of the last completion", () => {
  assert.equal(modelLine({ model: "", last: null }), "no model");
  assert.equal(modelLine({ model: "qwen", last: LAST }), "qwen");
  assert.equal(modelLine({ model: "qwen", last: { ...LAST, adapters: ["mine", "shop"] } }), "qwen + mine + shop");
});

test("the index: how far, and how long still", () => {
  const index = { stage: "services", done: 110, total: 440, detail: "ec2", remainingSeconds: 75 };
  assert.deepEqual(indexLine(index, true), { text: "indexing 25 %", detail: "services 110 of 440, 1:15 left" });
  assert.deepEqual(indexLine({ ...index, total: 0, remainingSeconds: null }, true), {
    text: "indexing",
    detail: "services",
  });
  assert.equal(indexLine(null, true).text, "index up to date");
  assert.equal(indexLine(null, false).text, "no index yet");
});

test("a message is cut to what a row holds", () => {
  assert.equal(beginning("error: no such model\nmore"), "error: no such model");
  assert.equal(beginning("x".repeat(80)).length, 32);
});

const MODEL: Model = {
  name: "small",
  bytes: 491_400_064,
  pulled: true,
  fim: true,
  current: true,
  licence: "Apache-2.0",
  kind: "completion",
};

test("a model in one line", () => {
  assert.equal(describeModel(MODEL), "491 MB · Apache-2.0");
  const other = { ...MODEL, bytes: 1_117_320_768, pulled: false, fim: false };
  assert.equal(describeModel(other), "1.1 GB · Apache-2.0 · reads only what stands before the cursor · not downloaded");
  assert.equal(sizeOf(0), "0 MB");
});

test("the embedding model is asked for with the model in use, never alone", () => {
  const embedding: Model = { ...MODEL, name: "mini", kind: "embedding", pulled: false, current: false };
  const other: Model = { ...MODEL, name: "other", pulled: false, current: false };
  const names = (models: readonly Model[], path = "") => missingModels(models, path).map((model) => model.name);
  assert.deepEqual(names([{ ...MODEL, pulled: false }, other, embedding]), ["small", "mini"]);
  assert.deepEqual(names([MODEL, other, embedding]), []);
  assert.deepEqual(names([{ ...MODEL, pulled: false }, embedding], "/a.gguf"), []);
});

test("restarts: so many within a time, then none until it has passed or someone asks", () => {
  const limit = new RestartLimit(2, 1000);
  assert.deepEqual([0, 10, 20].map((now) => limit.allows(now)), [true, true, false]);
  assert.equal(limit.allows(1000), true);
  assert.equal(limit.allows(1001), false);
  limit.reset();
  assert.equal(limit.allows(1002), true);
});

test("a snooze says when it ends, a pause does not", () => {
  const quiet = { message: "", model: "m", index: null, last: null } as const;
  const end = new Date(2026, 10, 29, 14, 5);
  const time = end.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  assert.equal(stateLine({ ...quiet, state: "paused", pausedUntil: end.toISOString() }), `paused until ${time}`);
  assert.equal(stateLine({ ...quiet, state: "paused", pausedUntil: null }), "paused");
  assert.equal(stateLine({ ...quiet, state: "error", message: "no model" }), "error: no model");
});
