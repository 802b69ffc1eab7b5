/** Where the rooms of the extension are put together. Nothing happens here. */

import { mkdir } from "node:fs/promises";
import * as vscode from "vscode";
import { registerCommands } from "./commands.ts";
import { Cursor } from "./cursor.ts";
import { findServer } from "./environment.ts";
import { showCompressedFiles } from "./evidence.ts";
import { ExplainPanel } from "./explain.ts";
import { createLogger, messageOf } from "./logger.ts";
import { ManagedEnvironment } from "./managed.ts";
import { createMiddleware, GhostText } from "./middleware.ts";
import { offerMissing } from "./models.ts";
import { Pause } from "./pause.ts";
import { onInterpreterSelected } from "./python.ts";
import { SELECTOR, Server } from "./server.ts";
import { needsRestart, SECTION } from "./settings.ts";
import { StatusItems } from "./status.ts";

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const folder = context.globalStorageUri.fsPath;
  await mkdir(folder, { recursive: true });

  const logger = createLogger();
  const managed = new ManagedEnvironment(folder, context.extensionUri.fsPath, logger);
  const ghostText = new GhostText((method, params) => server.tell(method, params));
  const server = new Server({
    interpreter: () => findServer(managed, logger),
    folder,
    middleware: (interpreter) => createMiddleware(interpreter, ghostText),
    logger,
  });
  const status = new StatusItems(SELECTOR);
  const panel = new ExplainPanel(server);
  const pause = new Pause(server, context.workspaceState);
  const greet = async () => {
    await pause.tell();
    await offerMissing(server);
  };

  context.subscriptions.push(
    logger,
    server,
    ghostText,
    new Cursor(SELECTOR, (method, params) => server.tell(method, params)),
    status,
    panel,
    showCompressedFiles(),
    registerCommands({ server, panel, pause, logger }),
    server.onPhase((phase) => status.showPhase(phase)),
    server.onStatus((news) => status.show(news)),
    server.onPhase((phase) => {
      if (phase.is === "running") {
        greet().catch((error) => logger.error(messageOf(error)));
      }
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (needsRestart(change)) {
        void server.restart();
      } else if (change.affectsConfiguration(SECTION)) {
        server.settingsChanged();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
  );
  running = server;
  void server.restart(); // may ask, and take minutes
  onInterpreterSelected(() => server.restart()).then(
    (listener) => context.subscriptions.push(listener),
    (error) => logger.warn(`the Python extension: ${messageOf(error)}`),
  );
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}
