/** The panel *Why this completion?*, beside the code. While it is seen it follows the completions. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { COMMANDS, type Explanation, type Status } from "./contract.ts";
import { emptyPage, explanationPage } from "./explanation.ts";
import type { Place } from "./evidence.ts";
import type { Server } from "./server.ts";

export const OPEN_EVIDENCE = "soothsay.openEvidence";

export class ExplainPanel implements vscode.Disposable {
  private readonly server: Server;
  private readonly listener: vscode.Disposable;
  private panel: vscode.WebviewPanel | undefined;
  private shown: number | undefined;

  constructor(server: Server) {
    this.server = server;
    this.listener = server.onStatus((status) => this.follow(status));
  }

  /** Open it, and explain the last completion. */
  async show(): Promise<void> {
    const explanation = await this.server.command<Explanation | null>(COMMANDS.explainLast);
    this.panel ??= this.create();
    this.panel.reveal(undefined, true);
    this.draw(explanation);
  }

  private follow(status: Status): void {
    const id = status.last?.id;
    if (this.panel?.visible && id !== undefined && id !== this.shown) {
      this.shown = id;
      void this.server.command<Explanation | null>(COMMANDS.explain, { id }).then(
        (explanation) => explanation && this.draw(explanation),
        () => undefined, // the server is gone; what is shown stays
      );
    }
  }

  private create(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(
      "soothsay.explain",
      "Why this completion?",
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: false, enableCommandUris: [OPEN_EVIDENCE], enableFindWidget: true, localResourceRoots: [] },
    );
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }

  private draw(explanation: Explanation | null): void {
    const nonce = randomBytes(16).toString("base64url");
    if (this.panel !== undefined) {
      this.panel.webview.html =
        explanation === null ? emptyPage(nonce) : explanationPage(explanation, nonce, (each) => link(each));
    }
  }

  dispose(): void {
    this.listener.dispose();
    this.panel?.dispose();
  }
}

function link({ uri, symbol }: Place): string {
  return `command:${OPEN_EVIDENCE}?${encodeURIComponent(JSON.stringify([{ uri, symbol }]))}`;
}
