/**
 * The environment that the extension makes for itself: a venv in its storage folder, with the server that it ships.
 * It is not ready before a model has written its first tokens there.
 */

import { access, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Logger } from "./logger.ts";
import { clock, failureOf, stepOf, type Step } from "./pip.ts";
import { run } from "./processes.ts";
import { abilities, isRecent, OLDEST } from "./python.ts";

const INTERPRETERS =
  process.platform === "win32"
    ? ["py", "python", "python3"]
    : ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];

/** What the server says where only another build of llama.cpp helps. */
const BUILD = "prove --build";
const DOES_NOT_WORK = "no model works here: see the log";

type Progress = vscode.Progress<{ message?: string }>;

export class ManagedEnvironment {
  private readonly folder: string;
  private readonly extension: string;
  private readonly logger: Logger;

  /** `storage`: where the extension may write; `extension`: where it is installed. */
  constructor(storage: string, extension: string, logger: Logger) {
    this.folder = join(storage, "server");
    this.extension = extension;
    this.logger = logger;
  }

  /** Its interpreter, when `wanted` (a requirement, see `whatToInstall`) is installed in it. */
  async interpreter(wanted: string): Promise<string | undefined> {
    const installed = await readFile(this.marker, "utf8").catch(() => undefined);
    return installed === wanted ? this.python : undefined;
  }

  /** The requirement that pip is given: the setting, or the wheel that comes with the extension. */
  async whatToInstall(setting: string): Promise<string> {
    if (setting) {
      return setting;
    }
    const folder = join(this.extension, "server");
    const names = await readdir(folder).catch((): string[] => []);
    const wheel = names.find((name) => name.endsWith(".whl"));
    if (wheel === undefined) {
      throw new Error("the extension came without its server: set soothsay.server.python or soothsay.server.package");
    }
    return join(folder, wheel);
  }

  /** Make it, or bring it up to date, with a notification that can be cancelled. Its interpreter. */
  async install(requirement: string, candidates: readonly string[]): Promise<string> {
    const base = await findBase([...candidates, ...INTERPRETERS]);
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: "soothsay: installing its server",
      cancellable: true,
    };
    return await vscode.window.withProgress(options, async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      progress.report({ message: "making an environment" });
      await mkdir(this.folder, { recursive: true });
      await this.step(base, ["-I", "-m", "venv", this.folder], abort.signal);
      const ticker = new Ticker(progress);
      try {
        await this.pip(requirement, ticker, abort.signal);
        await this.prove(ticker, abort.signal);
      } finally {
        ticker.stop();
      }
      await writeFile(this.marker, requirement, "utf8");
      return this.python;
    });
  }

  private async pip(requirement: string, ticker: Ticker, signal: AbortSignal): Promise<void> {
    const install = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
    const args = [...(await this.compiling()), "-I", ...install, "--upgrade", requirement];
    await this.step(this.python, args, signal, (line) => ticker.follow(line));
  }

  /** The arguments that have the interpreter run another command so that llama.cpp is compiled for this machine. */
  private async compiling(): Promise<string[]> {
    const file = join(this.extension, "server", "compiling.py");
    const there = await access(file).then(
      () => true,
      () => false,
    );
    return there ? ["-I", file, this.python] : [];
  }

  /** Have a model write its first tokens; where that ends the process, compile llama.cpp for this processor. */
  private async prove(ticker: Ticker, signal: AbortSignal): Promise<void> {
    ticker.show({ message: "trying whether a model works here", long: true });
    const prove = ["-I", "-m", "soothsay", "prove"];
    try {
      await this.step(this.python, prove, signal, undefined, DOES_NOT_WORK);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes(BUILD))) {
        throw error;
      }
      this.logger.warn(error.message);
      await this.step(this.python, [...prove, "--build"], signal, (line) => ticker.follow(line), DOES_NOT_WORK);
    }
  }

  private async step(
    program: string,
    args: readonly string[],
    signal: AbortSignal,
    onLine: (line: string) => void = () => undefined,
    fallback?: string,
  ): Promise<void> {
    this.logger.info(`running ${[program, ...args].join(" ")}`);
    const { code, lines } = await run(program, args, {
      folder: this.folder,
      signal,
      onLine: (line) => {
        this.logger.info(line);
        onLine(line);
      },
    });
    if (code !== 0) {
      throw new Error(failureOf(lines, fallback));
    }
  }

  private get python(): string {
    return process.platform === "win32"
      ? join(this.folder, "Scripts", "python.exe")
      : join(this.folder, "bin", "python");
  }

  /** Written last, so that an installation that was broken off is not taken for a whole one. */
  private get marker(): string {
    return join(this.folder, "installed.txt");
  }
}

/** The step that runs, with a clock when it takes long. */
class Ticker {
  private readonly progress: Progress;
  private timer: NodeJS.Timeout | undefined;

  constructor(progress: Progress) {
    this.progress = progress;
  }

  /** Show the step that a line of output starts, if it starts one. */
  follow(line: string): void {
    const step = stepOf(line);
    if (step !== undefined) {
      this.show(step);
    }
  }

  show(step: Step): void {
    this.stop();
    this.progress.report({ message: step.message });
    if (step.long) {
      const start = Date.now();
      this.timer = setInterval(() => {
        this.progress.report({ message: `${step.message} (${clock((Date.now() - start) / 1000)})` });
      }, 1000);
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** The first interpreter that can make the environment. Rejects with what is missing. */
async function findBase(candidates: readonly string[]): Promise<string> {
  const missing = new Set<string>();
  for (const python of new Set(candidates)) {
    const able = await abilities(python);
    if (able === undefined) {
      continue;
    }
    if (!isRecent(able.version)) {
      missing.add(`${python} is ${able.version.join(".")}, and ${OLDEST.join(".")} is needed`);
    } else if (!able.venv) {
      missing.add(`${python} cannot make environments (Debian, Ubuntu: apt-get install python3-venv)`);
    } else if (!able.compiler) {
      missing.add("there is no C++ compiler to build llama.cpp (Debian, Ubuntu: apt-get install g++)");
    } else {
      return python;
    }
  }
  throw new Error([...missing].join("; ") || `no Python was found: install Python ${OLDEST.join(".")} or newer`);
}

