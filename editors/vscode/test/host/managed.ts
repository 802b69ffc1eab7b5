/** The managed environment: real venvs, real pip, and packages that are small enough to be installed in a second. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/logger.ts";
import { ManagedEnvironment } from "../../src/managed.ts";
import { abilities } from "../../src/python.ts";
import type { Tests } from "./index.ts";

async function inFolder(test: (folder: string, managed: ManagedEnvironment) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "soothsay-"));
  const logger = createLogger();
  try {
    await test(folder, new ManagedEnvironment(join(folder, "storage"), join(folder, "extension"), logger));
  } finally {
    delete process.env["SOOTHSAY_STAND_IN"];
    logger.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** $SOOTHSAY_WHEEL is a wheel called soothsay without dependencies; $SOOTHSAY_STAND_IN says what ails its proof. */
function wheel(): string {
  return process.env["SOOTHSAY_WHEEL"] ?? "";
}

export const managedTests: Tests = {
  "an environment is made once, and found again": () =>
    inFolder(async (_, managed) => {
      const requirement = await managed.whatToInstall(wheel());
      assert.equal(await managed.interpreter(requirement), undefined);
      const python = await managed.install(requirement, []);
      assert.equal((await abilities(python))?.soothsay, "0.0.1");
      assert.equal(await managed.interpreter(requirement), python);
    }),

  "another version of the server is another installation": () =>
    inFolder(async (_, managed) => {
      await managed.install(wheel(), []);
      assert.equal(await managed.interpreter("soothsay==0.0.2"), undefined);
    }),

  "what fails is told, and is not taken for an installation": () =>
    inFolder(async (folder, managed) => {
      const missing = join(folder, "nothing-0-py3-none-any.whl");
      await assert.rejects(managed.install(missing, []), /nothing-0-py3-none-any\.whl/);
      assert.equal(await managed.interpreter(missing), undefined);
    }),

  "pip is run so that llama.cpp is compiled for this machine": () =>
    inFolder(async (folder, managed) => {
      const written = join(folder, "command");
      await mkdir(join(folder, "extension", "server"), { recursive: true });
      const script = `import subprocess, sys
open(${JSON.stringify(written)}, "w").write(" ".join(sys.argv[1:]))
sys.exit(subprocess.run(sys.argv[1:]).returncode)`;
      await writeFile(join(folder, "extension", "server", "compiling.py"), script);
      const python = await managed.install(wheel(), []);
      assert.ok((await readFile(written, "utf8")).startsWith(`${python} -I -m pip install`));
    }),

  "a server whose library dies is compiled anew, and only then installed": () =>
    inFolder(async (folder, managed) => {
      process.env["SOOTHSAY_STAND_IN"] = `works=${join(folder, "built")}`;
      const python = await managed.install(wheel(), []);
      assert.match(await readFile(join(folder, "built"), "utf8"), /prove --build/);
      assert.equal(await managed.interpreter(wheel()), python);
    }),

  "a server that does not work is no installation, and one sentence says what to do": () =>
    inFolder(async (_, managed) => {
      process.env["SOOTHSAY_STAND_IN"] = "memory";
      await assert.rejects(managed.install(wheel(), []), { message: "the model needs more memory; close other programs" });
      assert.equal(await managed.interpreter(wheel()), undefined);
    }),

  "an interpreter that is none is passed over": () =>
    inFolder(async (folder, managed) => {
      const broken = join(folder, "python");
      await writeFile(broken, "#!/bin/sh\necho no\n", { mode: 0o755 });
      const python = await managed.install(wheel(), [broken, join(folder, "absent")]);
      assert.ok(await abilities(python));
    }),

  "without the setting it is the wheel that came with the extension": () =>
    inFolder(async (folder, managed) => {
      await assert.rejects(managed.whatToInstall(""), /without its server/);
      await mkdir(join(folder, "extension", "server"), { recursive: true });
      const shipped = join(folder, "extension", "server", "soothsay-9-py3-none-any.whl");
      await writeFile(shipped, "");
      assert.equal(await managed.whatToInstall(""), shipped);
    }),
};
