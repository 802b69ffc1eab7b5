/** Settings: those of the extension itself, and what the server is told. */

import * as vscode from "vscode";

export const SECTION = "soothsay";

/** How the server is found; the server itself never sees these. */
export interface ServerSettings {
  /** An interpreter that has soothsay; "" to find or make one. */
  readonly python: string;
  /** What pip installs into the managed environment; "" for what comes with the extension. */
  readonly package: string;
}

export function serverSettings(): ServerSettings {
  const settings = vscode.workspace.getConfiguration(`${SECTION}.server`);
  return { python: settings.get("python", ""), package: settings.get("package", "") };
}

/** True when a change needs another server process; the server takes all other changes as it runs. */
export function needsRestart(change: vscode.ConfigurationChangeEvent): boolean {
  return change.affectsConfiguration(`${SECTION}.server`);
}

/** The section as the server is told it: without what is not its business, and with the interpreter to index. */
export function forServer(section: unknown, interpreter: string | undefined): unknown {
  if (typeof section !== "object" || section === null) {
    return section;
  }
  const { server: _server, trace: _trace, ...rest } = section as Record<string, unknown>;
  const index = (rest["index"] ?? {}) as Record<string, unknown>;
  const python = index["python"] || interpreter || "";
  return { ...rest, index: { ...index, python } };
}

export async function setModel(name: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration(SECTION);
  await settings.update("model.name", name, vscode.ConfigurationTarget.Global);
}

/** The GGUF file that wins over the model's name, or "". */
export function modelPath(): string {
  return vscode.workspace.getConfiguration(SECTION).get("model.path", "");
}
