/** Interpreters: the one selected in the Python extension, and what an interpreter can do. */

import * as vscode from "vscode";
import { run } from "./processes.ts";

/** The part of the Python extension's API that is used here. */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(environment: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

export interface Abilities {
  /** For example `[3, 12]`. */
  readonly version: readonly [number, number];
  /** The version of soothsay that is installed, or "". */
  readonly soothsay: string;
  /** A venv made by it has pip. */
  readonly venv: boolean;
  readonly compiler: boolean;
}

export const OLDEST: readonly [number, number] = [3, 11];

// Prints JSON. Isolated (-I): nothing is imported from the folder it is run in, or from the user's site.
const PROBE = `
import importlib.metadata, importlib.util, json, shutil, sys
try:
    soothsay = importlib.metadata.version("soothsay")
except importlib.metadata.PackageNotFoundError:
    soothsay = ""
print(json.dumps({
    "version": sys.version_info[:2],
    "soothsay": soothsay,
    "venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
    "compiler": any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl")),
}))
`;

/** What the interpreter can do; undefined when it is no working Python. */
export async function abilities(python: string): Promise<Abilities | undefined> {
  try {
    const { code, lines } = await run(python, ["-I", "-c", PROBE], { timeout: 20_000 });
    return code === 0 ? (JSON.parse(lines.at(-1) ?? "") as Abilities) : undefined;
  } catch {
    return undefined; // not there, not executable, or no Python
  }
}

export function isRecent(version: readonly [number, number]): boolean {
  return version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1]);
}

/** The interpreter that the user has selected in the Python extension; undefined without that extension. */
export async function selectedInterpreter(): Promise<string | undefined> {
  const environments = await environmentsApi();
  if (environments === undefined) {
    return undefined;
  }
  const resource = vscode.workspace.workspaceFolders?.[0]?.uri;
  const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(resource));
  return resolved?.executable.uri?.fsPath;
}

/** Calls `listener` when another interpreter is selected. */
export async function onInterpreterSelected(listener: () => void): Promise<vscode.Disposable> {
  const environments = await environmentsApi();
  return environments?.onDidChangeActiveEnvironmentPath(listener) ?? new vscode.Disposable(() => undefined);
}

async function environmentsApi(): Promise<PythonApi["environments"]> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  if (extension === undefined) {
    return undefined;
  }
  const api = extension.isActive ? extension.exports : await extension.activate();
  return api?.environments;
}
