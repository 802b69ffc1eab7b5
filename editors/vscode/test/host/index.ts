/** Runs the tests of this folder inside VS Code's extension host, and writes what came of them to $SOOTHSAY_REPORT. */

import { writeFileSync } from "node:fs";
import { managedTests } from "./managed.ts";
import { extensionTests } from "./extension.ts";

/** A name and what must not reject. */
export type Tests = Readonly<Record<string, () => Promise<void>>>;

export async function run(): Promise<void> {
  const report: { name: string; problem: string }[] = [];
  const target = process.env["SOOTHSAY_REPORT"] ?? "";
  for (const [name, test] of Object.entries({ ...managedTests, ...extensionTests })) {
    let problem = "";
    try {
      await test();
    } catch (error) {
      problem = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    }
    report.push({ name, problem });
  }
  writeFileSync(target, JSON.stringify(report), "utf8");
}
