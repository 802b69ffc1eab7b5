/**
 * Which Python runs the server. In this order:
 *
 * 1. the setting `soothsay.server.python`;
 * 2. the interpreter selected in the Python extension, when soothsay is installed in it and the workspace is
 *    trusted (it may lie in the workspace, and would be run);
 * 3. the environment that the extension has made, or makes now, after asking.
 */

import * as vscode from "vscode";
import type { Logger } from "./logger.ts";
import type { ManagedEnvironment } from "./managed.ts";
import { abilities, selectedInterpreter } from "./python.ts";
import { serverSettings } from "./settings.ts";

/** The user has not let the server be installed. */
export class DeclinedError extends Error {
  constructor() {
    super("its server is not installed");
  }
}

/** The interpreter that runs the server. Rejects with `DeclinedError`, `CancelledError`, or what is wrong. */
export async function findServer(managed: ManagedEnvironment, logger: Logger): Promise<string> {
  const settings = serverSettings();
  if (settings.python) {
    return await configured(settings.python);
  }
  const selected = vscode.workspace.isTrusted ? await selectedInterpreter() : undefined;
  if (selected !== undefined && (await abilities(selected))?.soothsay) {
    logger.info("soothsay is installed in the selected interpreter");
    return selected;
  }
  const requirement = await managed.whatToInstall(settings.package);
  const existing = await managed.interpreter(requirement);
  if (existing !== undefined) {
    logger.info("soothsay is installed in an environment of its own");
    return existing;
  }
  await askToInstall();
  return await managed.install(requirement, selected === undefined ? [] : [selected]);
}

async function configured(python: string): Promise<string> {
  const able = await abilities(python);
  if (able === undefined) {
    throw new Error(`soothsay.server.python: ${python} is no working Python`);
  }
  if (!able.soothsay) {
    throw new Error(`soothsay.server.python: soothsay is not installed in ${python}`);
  }
  return python;
}

async function askToInstall(): Promise<void> {
  const install = "Install";
  const answer = await vscode.window.showInformationMessage(
    "soothsay runs on this machine and needs its server: about 2 GB of Python packages, in a folder of its own. llama.cpp is compiled once, which takes some minutes.",
    install,
  );
  if (answer !== install) {
    throw new DeclinedError();
  }
}
