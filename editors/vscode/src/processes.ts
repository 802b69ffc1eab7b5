/** Child processes: lines as they come, and an end to all of their children. */

import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

/** A folder that is no workspace: Windows looks for programs where a process is started, Python for modules. */
const NEUTRAL = dirname(process.execPath);

export interface Result {
  readonly code: number | null;
  readonly lines: readonly string[];
}

export class CancelledError extends Error {
  constructor() {
    super("cancelled");
  }
}

export interface RunOptions {
  /** Where it is started. Default: a folder that is no workspace. */
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly onLine?: (line: string) => void;
}

/** Run a program to its end. Rejects when it cannot be started, with `CancelledError` when `signal` aborts it. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { promise, resolve, reject } = withResolvers<Result>();
  if (options.signal?.aborted) {
    return Promise.reject(new CancelledError());
  }
  const spawning: SpawnOptions = {
    cwd: options.folder ?? NEUTRAL,
    env: options.environment ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32", // a process group, so that a compiler ends with the pip that called it
    windowsHide: true,
  };
  const child = spawn(program, args, spawning);
  const lines: string[] = [];
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      options.onLine?.(line);
    });
  }
  const stop = () => endTree(child);
  const timer = options.timeout === undefined ? undefined : setTimeout(stop, options.timeout);
  options.signal?.addEventListener("abort", stop, { once: true });
  const tidy = () => {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", stop);
  };
  child.once("error", (error) => {
    tidy();
    reject(error);
  });
  child.once("close", (code) => {
    tidy();
    if (options.signal?.aborted) {
      reject(new CancelledError());
    } else {
      resolve({ code, lines });
    }
  });
  return promise;
}

/** End `child` and whatever it has started. */
function endTree(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], {
      cwd: NEUTRAL,
      stdio: "ignore",
      windowsHide: true,
    });
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // the group is gone already
  }
}

// Promise.withResolvers is younger than the oldest VS Code that this extension runs in
function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
