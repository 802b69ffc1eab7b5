/**
 * Three rows under the `{}` of the status bar, each of which can be pinned: the model, the index, and the verdict on the
 * last completion. Each has the command that one wants next.
 */

import * as vscode from "vscode";
import type { Status } from "./contract.ts";
import { beginning, indexLine, modelLine, NO_VERDICT, stateLine, verdictLine } from "./statusText.ts";

/** Characters of the message in the first row, whose text and command are long. */
const BESIDE_THE_MODEL = 24;

/** What the extension knows of the server while the server cannot speak for itself. */
export type Phase =
  | { readonly is: "starting" }
  | { readonly is: "running" }
  | { readonly is: "stopped"; readonly message: string };

export class StatusItems implements vscode.Disposable {
  private readonly model: vscode.LanguageStatusItem;
  private readonly index: vscode.LanguageStatusItem;
  private readonly verdict: vscode.LanguageStatusItem;
  private indexed = false;

  constructor(selector: vscode.DocumentSelector) {
    this.model = createItem("1-model", selector, { command: "soothsay.selectModel", title: "Select model" });
    this.index = createItem("2-index", selector, { command: "soothsay.rebuildIndex", title: "Rebuild" });
    this.verdict = createItem("3-verdict", selector, { command: "soothsay.whyThisCompletion", title: "Why?" });
    this.showPhase({ is: "starting" });
  }

  /** The server has started, or is gone. */
  showPhase(phase: Phase): void {
    const { text, busy, severity } = wordsOf(phase);
    this.model.text = `soothsay: ${beginning(text)}`;
    this.model.detail = "";
    this.model.busy = busy;
    this.model.severity = severity;
    this.model.command =
      phase.is === "stopped"
        ? { command: "soothsay.restartServer", title: "Start" }
        : { command: "soothsay.selectModel", title: "Select model" };
    this.indexed = false;
    this.index.text = indexLine(null, false).text;
    this.index.detail = "";
    this.index.busy = false;
    this.verdict.text = NO_VERDICT.text;
    this.verdict.detail = NO_VERDICT.detail;
  }

  /** The server has spoken. */
  show(status: Status): void {
    this.model.text = `soothsay: ${modelLine(status)}`;
    this.model.detail = beginning(stateLine(status), BESIDE_THE_MODEL);
    this.model.busy = status.state === "loading";
    this.model.severity =
      status.state === "error" ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    this.model.command =
      status.state === "paused"
        ? { command: "soothsay.togglePause", title: "Resume" }
        : { command: "soothsay.selectModel", title: "Select model" };
    this.indexed ||= status.index !== null; // ready comes before indexing begins
    const index = indexLine(status.index, this.indexed);
    this.index.text = index.text;
    this.index.detail = index.detail;
    this.index.busy = status.index !== null;
    const verdict = status.last === null ? NO_VERDICT : verdictLine(status.last);
    this.verdict.text = verdict.text;
    this.verdict.detail = verdict.detail;
  }

  dispose(): void {
    this.model.dispose();
    this.index.dispose();
    this.verdict.dispose();
  }
}

function createItem(
  name: string, // VS Code sorts the rows by it
  selector: vscode.DocumentSelector,
  command: vscode.Command,
): vscode.LanguageStatusItem {
  const item = vscode.languages.createLanguageStatusItem(`soothsay.${name}`, selector);
  item.name = `soothsay: ${name.slice(2)}`;
  item.command = command;
  return item;
}

function wordsOf(phase: Phase): { text: string; busy: boolean; severity: vscode.LanguageStatusSeverity } {
  switch (phase.is) {
    case "starting":
      return { text: "starting", busy: true, severity: vscode.LanguageStatusSeverity.Information };
    case "running":
      return { text: "started", busy: false, severity: vscode.LanguageStatusSeverity.Information };
    case "stopped":
      return { text: phase.message, busy: false, severity: vscode.LanguageStatusSeverity.Error };
  }
}
