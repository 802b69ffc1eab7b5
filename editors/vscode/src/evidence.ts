/** Opening what a completion was grounded in. Service models are compressed: they are shown as the text they hold. */

import * as vscode from "vscode";
import { decompress, lineIn, lineOf } from "./places.ts";

const SCHEME = "soothsay-gz";

/** Where a piece of evidence is, as a link of the panel carries it. */
export interface Place {
  readonly uri: string;
  readonly symbol: string;
}

export function showCompressedFiles(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    async provideTextDocumentContent(uri) {
      const data = await vscode.workspace.fs.readFile(vscode.Uri.file(uri.path.replace(/\.txt$|\.json$/, "")));
      return decompress(data, uri.path.replace(/\.txt$|\.json$/, ""));
    },
  });
}

/** Open the file of `place` where its symbol is defined. Only files: nothing else is opened from a link. */
export async function openEvidence(place: Place): Promise<void> {
  const uri = vscode.Uri.parse(place.uri, true);
  if (uri.scheme !== "file") {
    throw new Error(`${place.uri} is no file`);
  }
  const file = uri.with({ fragment: "" });
  const shown = uri.path.endsWith(".gz")
    ? file.with({ scheme: SCHEME, path: `${uri.path}${uri.path.endsWith(".json.gz") ? ".json" : ".txt"}` })
    : file;
  const document = await vscode.workspace.openTextDocument(shown);
  const line = lineIn(uri.fragment) ?? lineOf(document.getText(), place.symbol);
  const start = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(document, {
    viewColumn: vscode.ViewColumn.One,
    preview: true,
    selection: new vscode.Range(start, start),
  });
}
