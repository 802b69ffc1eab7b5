import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { test } from "node:test";
import { CancelledError, run } from "../../src/processes.ts";

const NODE = process.execPath;

test("lines of both streams come as they are written, and with the result", async () => {
  const seen: string[] = [];
  const script = "console.log('one'); console.error('two'); process.exitCode = 3";
  const { code, lines } = await run(NODE, ["-e", script], { onLine: (line) => seen.push(line) });
  assert.equal(code, 3);
  assert.deepEqual([...lines].sort(), ["one", "two"]);
  assert.deepEqual(seen, lines);
});

test("a program that is not there rejects", async () => {
  await assert.rejects(run("/nowhere/python", []), /ENOENT/);
});

test("cancelling ends the program and what it has started", { timeout: 10_000 }, async () => {
  const abort = new AbortController();
  const forever = "setInterval(() => {}, 1000)";
  // the child holds the program's output open: while it lives, `run` goes on
  const script = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(forever)}], { stdio: "inherit" });
    console.log("started"); ${forever}`;
  const running = run(NODE, ["-e", script], { signal: abort.signal, onLine: () => abort.abort() });
  await assert.rejects(running, CancelledError);
});

test("what was cancelled before is not started", async () => {
  await assert.rejects(run(NODE, ["-v"], { signal: AbortSignal.abort() }), CancelledError);
});

test("a program that takes too long is ended", async () => {
  const { code } = await run(NODE, ["-e", "setInterval(() => {}, 1000)"], { timeout: 100 });
  assert.equal(code, null);
});

test("it is started where no workspace is, or where it is told", async () => {
  const where = async (options: { folder?: string }) =>
    (await run(NODE, ["-e", "console.log(process.cwd())"], options)).lines[0];
  assert.equal(await where({}), realpathSync(dirname(NODE)));
  assert.equal(await where({ folder: tmpdir() }), realpathSync(tmpdir()));
});
