/** What stands between VS Code and the language client. */

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { Acceptance, idOf } from "./acceptance.ts";
import { NOTIFICATIONS } from "./contract.ts";
import { selectedInterpreter } from "./python.ts";
import { forServer, SECTION } from "./settings.ts";

type Tell = (method: string, params: object) => void;

/** Follows what becomes of ghost text, and tells the server. */
export class GhostText implements vscode.Disposable {
  private readonly acceptance = new Acceptance();
  private readonly listener: vscode.Disposable;
  private readonly tell: Tell;

  constructor(tell: Tell) {
    this.tell = tell;
    this.listener = vscode.workspace.onDidChangeTextDocument((event) => this.changed(event));
  }

  /** `items` were returned to the editor for `position`. */
  offered(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: readonly vscode.InlineCompletionItem[],
  ): void {
    const item = items[0];
    const id = idOf(item?.command);
    if (item === undefined || id === undefined) {
      return;
    }
    if (typeof item.insertText === "string") {
      const offset = document.offsetAt(item.range?.start ?? position);
      this.acceptance.offered({ id, uri: document.uri.toString(), offset, text: item.insertText });
    } else {
      this.acceptance.withdrawn(); // a word of a snippet accepts all of it
    }
    this.tell(NOTIFICATIONS.didShow, { id });
  }

  private changed(event: vscode.TextDocumentChangeEvent): void {
    for (const change of event.contentChanges) {
      const accepted = this.acceptance.changed({
        uri: event.document.uri.toString(),
        offset: change.rangeOffset,
        removed: change.rangeLength,
        text: change.text,
      });
      if (accepted !== undefined) {
        this.tell(NOTIFICATIONS.didPartiallyAccept, accepted);
      }
    }
  }

  dispose(): void {
    this.listener.dispose();
  }
}

/**
 * VS Code indents the further lines of a snippet like the line that it is inserted into, up to where it begins. Ours are
 * indented already, so a snippet begins where the line does.
 */
function fromLineStart(document: vscode.TextDocument, item: vscode.InlineCompletionItem): void {
  const { insertText, range } = item;
  if (typeof insertText !== "string" && range !== undefined && insertText.value.includes("\n")) {
    const start = range.start.with({ character: 0 });
    const before = document.getText(new vscode.Range(start, range.start));
    item.insertText = new vscode.SnippetString().appendText(before);
    item.insertText.value += insertText.value;
    item.range = range.with({ start });
  }
}

/** `interpreter` runs the server. */
export function createMiddleware(interpreter: string, ghostText: GhostText): Middleware {
  return {
    // VS Code has ghost text; the same completion in its list would cost a second one
    provideCompletionItem: () => undefined,
    provideInlineCompletionItems: async (document, position, context, token, next) => {
      const result = await next(document, position, context, token);
      if (!token.isCancellationRequested && result) {
        const items = Array.isArray(result) ? result : result.items;
        ghostText.offered(document, position, items);
        items.forEach((item) => fromLineStart(document, item));
      }
      return result;
    },
    workspace: {
      configuration: async (params, token, next) => {
        const sections = await next(params, token);
        if (!Array.isArray(sections)) {
          return sections;
        }
        // an interpreter in an untrusted workspace is not run, not even to ask for its packages
        const indexed = vscode.workspace.isTrusted ? await selectedInterpreter() : interpreter;
        return sections.map((section: unknown, place) =>
          params.items[place]?.section === SECTION ? forServer(section, indexed) : section,
        );
      },
    },
  };
}
