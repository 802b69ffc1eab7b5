/** Tells the server where the cursor has gone: it reads the place before anything is typed there. */

import * as vscode from "vscode";
import { NOTIFICATIONS } from "./contract.ts";

const SETTLED = 100; // ms without a move
const TYPING = 300; // ms after an edit in which moves come from typing, which the server sees by itself

export class Cursor implements vscode.Disposable {
  private readonly listeners: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private edited = 0;
  private readonly selector: vscode.DocumentSelector;
  private readonly tell: (method: string, params: object) => void;

  constructor(selector: vscode.DocumentSelector, tell: (method: string, params: object) => void) {
    this.selector = selector;
    this.tell = tell;
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument(() => {
        this.edited = Date.now();
        clearTimeout(this.timer);
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.moved(editor)),
      vscode.window.onDidChangeTextEditorSelection((event) => this.moved(event.textEditor)),
    ];
    this.moved(vscode.window.activeTextEditor);
  }

  private moved(editor: vscode.TextEditor | undefined): void {
    clearTimeout(this.timer);
    if (
      editor === undefined ||
      Date.now() - this.edited < TYPING ||
      vscode.languages.match(this.selector, editor.document) === 0
    ) {
      return;
    }
    this.timer = setTimeout(() => {
      const { line, character } = editor.selection.active;
      this.tell(NOTIFICATIONS.didMoveCursor, {
        textDocument: { uri: editor.document.uri.toString() },
        position: { line, character },
      });
    }, SETTLED);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const listener of this.listeners) {
      listener.dispose();
    }
  }
}
