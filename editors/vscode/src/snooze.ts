/** *Snooze*: no completions for some minutes. The server ends it; a restart does, too. */

import * as vscode from "vscode";
import { COMMANDS } from "./contract.ts";
import type { Server } from "./server.ts";

const MINUTES = [5, 15, 30, 60] as const;

/** Ask for how long, unless `minutes` says so (a key binding's argument). */
export async function snooze(server: Server, minutes?: unknown): Promise<void> {
  const chosen = typeof minutes === "number" ? minutes : await askForMinutes();
  if (chosen !== undefined) {
    await server.command(COMMANDS.snooze, chosen);
  }
}

async function askForMinutes(): Promise<number | undefined> {
  const items = MINUTES.map((minutes) => ({ label: `${minutes} minutes`, minutes }));
  const item = await vscode.window.showQuickPick(items, { title: "soothsay: no completions for" });
  return item?.minutes;
}
