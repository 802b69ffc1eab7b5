/** The extension as VS Code runs it, with the real server and the real model. */

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import { openEvidence, type Place } from "../../src/evidence.ts";
import { forServer } from "../../src/settings.ts";
import type { Tests } from "./index.ts";

const PATIENCE = 240_000; // milliseconds; the model of a busy machine

interface Stats {
  readonly shown: number;
  readonly accepted: number;
  readonly partiallyAccepted: number;
  readonly model: { readonly evaluated: number };
}

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
  for (const start = Date.now(); Date.now() - start < PATIENCE; await sleep(200)) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
  }
  throw new Error(`not seen: ${what}`);
}

/** The server's own commands are there while it runs. */
function serverCommand<T>(name: string): Promise<T> {
  return eventually(async () => {
    try {
      return (await vscode.commands.executeCommand<T>(name)) ?? undefined;
    } catch {
      return undefined; // it is just being started
    }
  }, name);
}

async function openPython(content: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ language: "python", content });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(content.length);
  editor.selection = new vscode.Selection(end, end);
  return editor;
}

/** Type a dot, and again now and then: the model may not be there yet, and each request ends the one before. */
function dots(): () => Promise<void> {
  let typed = 0;
  return async () => {
    if (Date.now() - typed > 60_000) {
      if (typed) {
        await vscode.commands.executeCommand("deleteLeft");
      }
      await vscode.commands.executeCommand("type", { text: "." });
      typed = Date.now();
    }
  };
}

export const extensionTests: Tests = {
  "every command of the palette is there": async () => {
    await openPython("x = 1\n");
    const extension = vscode.extensions.getExtension("soothsay.soothsay");
    assert.ok(extension);
    await extension.activate();
    const there = new Set(await vscode.commands.getCommands(true));
    const contributed: { command: string }[] = extension.packageJSON.contributes.commands;
    assert.ok(contributed.length >= 7);
    assert.deepEqual(contributed.map(({ command }) => command).filter((name) => !there.has(name)), []);
  },

  "the server is told its settings, and nothing about how it is started": async () => {
    const section = JSON.parse(JSON.stringify(vscode.workspace.getConfiguration("soothsay"))) as object;
    const told = forServer(section, "/usr/bin/python3") as Record<string, Record<string, unknown>>;
    assert.equal("server" in told || "trace" in told, false);
    assert.equal(told["trigger"]?.["threshold"], 0);
    const own = vscode.workspace.getConfiguration("soothsay").get("index.python");
    assert.equal(told["index"]?.["python"], own || "/usr/bin/python3");
  },

  "restarts wait for each other: one server is left": async () => {
    await serverCommand("soothsay.stats");
    const restart = () => vscode.commands.executeCommand("soothsay.restartServer");
    await Promise.all([restart(), restart(), restart()]);
    const stats = await serverCommand<Stats>("soothsay.stats");
    assert.equal(stats.accepted, 0);
  },

  "a word, a line and the rest are accepted, and the server knows": async () => {
    const editor = await openPython("import json\n\n# parse the text\ntext = '{}'\nvalue = json");
    const typeDot = dots();
    const before = `${editor.document.getText()}.`;
    await eventually(async () => {
      await typeDot();
      await vscode.commands.executeCommand("editor.action.inlineSuggest.acceptNextWord");
      return editor.document.getText() === before ? undefined : true;
    }, "a first word");
    const word = editor.document.getText().slice(before.length);
    assert.ok("loads(text)".startsWith(word), word);
    const partly = await eventually(async () => {
      const stats = await serverCommand<Stats>("soothsay.stats");
      return stats.partiallyAccepted > 0 ? stats : undefined;
    }, "a partial accept");
    assert.ok(partly.shown >= 1);
    await eventually(async () => {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
      return (await serverCommand<Stats>("soothsay.stats")).accepted > 0 ? true : undefined;
    }, "the rest");
    assert.match(editor.document.getText().slice(before.length), /^loads\(text/);
  },

  "a place is read before anything is typed there": async () => {
    const editor = await openPython("import os\n\nhere = os.getcwd()\n\nprint(here)\n");
    const evaluated = async () => (await serverCommand<Stats>("soothsay.stats")).model.evaluated;
    const before = await evaluated();
    await eventually(async () => {
      const line = editor.selection.active.line === 2 ? 4 : 2;
      editor.selection = new vscode.Selection(line, 0, line, 0);
      await sleep(1500);
      return (await evaluated()) > before ? true : undefined;
    }, "the model to read");
  },

  "the explanation opens beside the code": async () => {
    await vscode.commands.executeCommand("soothsay.whyThisCompletion");
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const isPanel = (tab: vscode.Tab) => tab.input instanceof vscode.TabInputWebview;
    const panel = await eventually(() => tabs().find(isPanel), "the panel");
    assert.equal(panel.label, "Why this completion?");
  },

  "evidence opens where its symbol is defined, and only from files": async () => {
    const json = vscode.Uri.file(process.env["SOOTHSAY_EVIDENCE"] ?? "").toString();
    await openEvidence({ uri: json, symbol: "json.loads" });
    const editor = vscode.window.activeTextEditor;
    assert.match(editor?.document.lineAt(editor.selection.active.line).text ?? "", /^def loads/);
    const elsewhere: Place = { uri: "command:workbench.action.closeWindow", symbol: "" };
    await assert.rejects(openEvidence(elsewhere), /no file/);
  },
};
