import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { decompress, lineIn, lineOf } from "../../src/places.ts";

const PYTHON = "import x\n\nLIMIT: int = 3\n\nclass Ledger:\n    async def post(self):\n        post()\n";

test("a definition, however it is written", () => {
  assert.equal(lineOf(PYTHON, "billing.Ledger"), 4);
  assert.equal(lineOf(PYTHON, "billing.Ledger.post"), 5);
  assert.equal(lineOf(PYTHON, "billing.LIMIT"), 2);
});

test("what is not there is the start of the file", () => {
  for (const symbol of ["billing.nothing", "", "a.b c", "post_office"]) {
    assert.equal(lineOf(PYTHON, symbol), 0);
  }
});

test("an operation of a compressed service model", () => {
  const model = { metadata: {}, operations: { CreateJob: { name: "CreateJob" }, CreateJobRun: { name: "CreateJobRun" } } };
  const text = decompress(gzipSync(JSON.stringify(model)), "service-2.json.gz");
  assert.equal(text.split("\n")[lineOf(text, "glue.create_job_run")]?.trim(), '"CreateJobRun": {');
});

test("text that is no JSON stays as it is", () => {
  assert.equal(decompress(gzipSync("a\nb"), "notes.gz"), "a\nb");
});

test("a line in a fragment", () => {
  assert.deepEqual(["L12", "12", "L3-L9", "", "top"].map(lineIn), [11, 11, 2, undefined, undefined]);
});
