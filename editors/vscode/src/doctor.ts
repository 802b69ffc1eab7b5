/** *Doctor*: what the server finds in order or not, in a list; a row that needs mending copies its remedy. */

import * as vscode from "vscode";
import { type Check, COMMANDS } from "./contract.ts";
import type { Server } from "./server.ts";

const ICONS = { ok: "$(pass)", warning: "$(warning)", broken: "$(error)" } as const;

export async function runDoctor(server: Server): Promise<void> {
  const examining = { location: vscode.ProgressLocation.Window, title: "soothsay: looking at the installation" };
  const checks = await vscode.window.withProgress(examining, () => server.command<Check[]>(COMMANDS.doctor));
  const broken = checks.filter((check) => check.state !== "ok").length;
  const picks = checks.map((check) => ({
    label: `${ICONS[check.state]} ${check.name}`,
    description: check.message,
    ...(check.fix ? { detail: check.fix } : {}),
    check,
  }));
  const pick = await vscode.window.showQuickPick(picks, {
    title: broken ? `soothsay: ${broken} of ${checks.length} things need a look` : "soothsay: all is well",
    placeHolder: broken ? "Choose a row to copy what mends it" : "",
    matchOnDescription: true,
  });
  if (pick?.check.fix) {
    await vscode.env.clipboard.writeText(pick.check.fix);
    void vscode.window.setStatusBarMessage(`Copied: ${pick.check.fix}`, 5000);
  }
}
