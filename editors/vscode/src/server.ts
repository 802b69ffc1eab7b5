/** The server process: started, stopped and replaced one after the other, and started again when it dies. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
  type StaticFeature,
  TransportKind,
  WorkDoneProgress,
} from "vscode-languageclient/node";
import { NOTIFICATIONS, type Status } from "./contract.ts";
import { type Logger, messageOf } from "./logger.ts";
import { RestartLimit } from "./restarts.ts";
import type { Phase } from "./status.ts";

const MOST_RESTARTS = 4;
const WITHIN = 180_000; // milliseconds
const PAUSE = 500; // milliseconds between a death and the next start

/** The languages that the server completes. Cells of notebooks come through the client's notebook sync. */
export const LANGUAGES = [
  "python",
  "yaml",
  "dockercompose",
  "github-actions-workflow",
  "shellscript",
  "typescript",
  "typescriptreact",
  "javascript",
  "javascriptreact",
  "go",
  "rust",
  "java",
  "toml",
  "dockerfile",
  "makefile",
  "c",
  "cpp",
];

/** The documents of these languages. */
export const SELECTOR = [
  ...LANGUAGES.flatMap((language) => ["file", "untitled"].map((scheme) => ({ scheme, language }))),
  { scheme: "vscode-notebook-cell", language: "python" },
];

export interface ServerOptions {
  /** The interpreter that has soothsay; asks the user, and may take minutes. */
  readonly interpreter: () => Promise<string>;
  /** A folder that is no workspace: nothing in it is imported. */
  readonly folder: string;
  readonly middleware: (interpreter: string) => Middleware;
  readonly logger: Logger;
}

export class Server implements vscode.Disposable {
  private readonly phases = new vscode.EventEmitter<Phase>();
  private readonly statuses = new vscode.EventEmitter<Status>();
  readonly onPhase = this.phases.event;
  readonly onStatus = this.statuses.event;

  private readonly options: ServerOptions;
  private readonly limit = new RestartLimit(MOST_RESTARTS, WITHIN);
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private gone = false;

  constructor(options: ServerOptions) {
    this.options = options;
  }

  get running(): boolean {
    return this.client?.isRunning() ?? false;
  }

  /** Start it, or start it anew. Requests for one wait for each other; none of them rejects. */
  restart(): Promise<void> {
    this.limit.reset();
    return this.enqueue();
  }

  /** Run one of the server's commands. Rejects when the server does not run, or says why not. */
  async command<T>(name: string, argument?: unknown): Promise<T> {
    const params = { command: name, arguments: argument === undefined ? [] : [argument] };
    return (await this.connected().sendRequest(ExecuteCommandRequest.type, params)) as T;
  }

  /** The same for what takes long: with a notification that shows how far it is, and can cancel it. */
  async longCommand<T>(title: string, name: string, argument: unknown): Promise<T> {
    const client = this.connected();
    const workDoneToken = randomUUID();
    const params = { command: name, arguments: [argument], workDoneToken };
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return await vscode.window.withProgress(options, async (progress, token) => {
      let shown = 0;
      const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (news) => {
        if (news.kind === "report") {
          const percentage = news.percentage ?? shown;
          progress.report({ message: news.message ?? "", increment: percentage - shown });
          shown = percentage;
        }
      });
      try {
        return (await client.sendRequest(ExecuteCommandRequest.type, params, token)) as T;
      } finally {
        listener.dispose();
      }
    });
  }

  /** Tell the server something; silently dropped while it does not run. */
  tell(method: string, params: object): void {
    const client = this.client;
    if (client?.isRunning()) {
      client.sendNotification(method, params).catch((error) => this.options.logger.debug(messageOf(error)));
    }
  }

  /** The settings have changed: the server asks for them again. */
  settingsChanged(): void {
    this.tell("workspace/didChangeConfiguration", { settings: null });
  }

  async stop(): Promise<void> {
    this.gone = true;
    await this.queue;
    await this.close();
  }

  dispose(): void {
    this.phases.dispose();
    this.statuses.dispose();
  }

  private connected(): LanguageClient {
    const client = this.client;
    if (client === undefined || !client.isRunning()) {
      throw new Error("soothsay is not running");
    }
    return client;
  }

  private enqueue(): Promise<void> {
    this.queue = this.queue.then(() => this.replace());
    return this.queue;
  }

  private async replace(): Promise<void> {
    if (this.gone) {
      return;
    }
    this.phases.fire({ is: "starting" });
    await this.close();
    try {
      const interpreter = await this.options.interpreter();
      this.options.logger.info(`starting the server with ${interpreter}`);
      this.client = this.connect(interpreter);
      await this.client.start();
      this.options.logger.info("the server has started");
      this.phases.fire({ is: "running" });
    } catch (error) {
      this.failed(messageOf(error));
    }
  }

  private async close(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose(2000);
    } catch (error) {
      this.options.logger.debug(`the old server: ${messageOf(error)}`); // it was dead already
    }
  }

  private connect(interpreter: string): LanguageClient {
    const { folder, logger } = this.options;
    // -P: no module of the folder it is started in takes the place of a real one
    const executable = {
      command: interpreter,
      args: ["-P", "-m", "soothsay", "serve"],
      transport: TransportKind.stdio,
      options: { cwd: folder, env: { ...process.env, PYTHONUTF8: "1" } },
    };
    const options: LanguageClientOptions = {
      documentSelector: SELECTOR,
      outputChannel: logger,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      middleware: this.options.middleware(interpreter),
      initializationFailedHandler: () => false, // `start` rejects, which is enough
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          this.died(client);
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    };
    const client = new LanguageClient("soothsay", "soothsay", executable, options);
    client.registerFeature(ABILITIES);
    client.onNotification(NOTIFICATIONS.status, (status: Status) => this.statuses.fire(status));
    return client;
  }

  private died(client: LanguageClient): void {
    if (client !== this.client || this.gone) {
      return; // it was to be replaced
    }
    if (this.limit.allows(Date.now())) {
      this.options.logger.warn("the server has died; starting it again");
      this.phases.fire({ is: "starting" });
      setTimeout(() => void this.enqueue(), PAUSE);
    } else {
      this.failed(`its server has died ${MOST_RESTARTS + 1} times within ${WITHIN / 60_000} minutes`);
    }
  }

  private failed(message: string): void {
    this.options.logger.error(message);
    this.phases.fire({ is: "stopped", message });
    const showLog = "Show Log";
    const tryAgain = "Try Again";
    void vscode.window.showErrorMessage(`soothsay: ${message}`, showLog, tryAgain).then((answer) => {
      if (answer === showLog) {
        this.options.logger.show();
      } else if (answer === tryAgain) {
        void this.restart();
      }
    });
  }
}

/**
 * Says to the server that `soothsay/status` and ghost text with tab stops are understood here, and that VS Code keeps
 * what an untrusted workspace may not set (`restrictedConfigurations` in package.json) from the settings.
 */
const ABILITIES: StaticFeature = {
  fillClientCapabilities(capabilities) {
    capabilities.experimental = { ...(capabilities.experimental as object), soothsay: { status: true, snippets: true, settingsTrusted: true } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

