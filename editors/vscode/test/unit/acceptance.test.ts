import assert from "node:assert/strict";
import { test } from "node:test";
import { Acceptance, idOf } from "../../src/acceptance.ts";

const OFFER = { id: 7, uri: "file:///a.py", offset: 10, text: "create_bucket(\n    Bucket=1)" };

function typed(text: string, offset: number, removed = 0) {
  return { uri: OFFER.uri, offset, removed, text };
}

test("a word, then a line, are counted from the start of the completion", () => {
  const acceptance = new Acceptance();
  acceptance.offered(OFFER);
  assert.deepEqual(acceptance.changed(typed("create_bucket", 10)), { id: 7, acceptedLength: 13 });
  assert.deepEqual(acceptance.changed(typed("(\n", 23)), { id: 7, acceptedLength: 15 });
});

test("the same offer, drawn again, goes on where it was", () => {
  const acceptance = new Acceptance();
  acceptance.offered(OFFER);
  acceptance.changed(typed("create_bucket", 10));
  acceptance.offered(OFFER);
  assert.deepEqual(acceptance.changed(typed("(\n", 23)), { id: 7, acceptedLength: 15 });
});

test("typing what is shown is no acceptance, but moves on", () => {
  const acceptance = new Acceptance();
  acceptance.offered(OFFER);
  assert.equal(acceptance.changed(typed("c", 10)), undefined);
  assert.deepEqual(acceptance.changed(typed("reate_bucket", 11)), { id: 7, acceptedLength: 13 });
});

test("all of it is the command's business, not this one's", () => {
  const acceptance = new Acceptance();
  acceptance.offered(OFFER);
  assert.equal(acceptance.changed(typed(OFFER.text, 10)), undefined);
});

for (const [why, change] of [
  ["elsewhere", typed("create_bucket", 11)],
  ["other text", typed("delete", 10)],
  ["in place of something", typed("create_bucket", 10, 3)],
  ["in another file", { ...typed("create_bucket", 10), uri: "file:///b.py" }],
  ["a removal", typed("", 10, 1)],
] as const) {
  test(`${why} is no acceptance`, () => {
    const acceptance = new Acceptance();
    acceptance.offered(OFFER);
    assert.equal(acceptance.changed(change), undefined);
  });
}

test("the id is read from the command, whatever else it carries", () => {
  assert.equal(idOf({ arguments: [{ id: 7 }] }), 7);
  for (const command of [undefined, {}, { arguments: [] }, { arguments: [null] }, { arguments: [{ id: "7" }] }]) {
    assert.equal(idOf(command), undefined);
  }
});

test("what is shown since cannot be accepted in parts", () => {
  const acceptance = new Acceptance();
  acceptance.offered(OFFER);
  acceptance.withdrawn();
  assert.equal(acceptance.changed(typed("create_bucket", 10)), undefined);
});
