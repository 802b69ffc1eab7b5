/** The log: one output channel for the extension, the server's messages and what the server writes to standard error. */

import * as vscode from "vscode";

export type Logger = vscode.LogOutputChannel;

export function createLogger(): Logger {
  return vscode.window.createOutputChannel("soothsay", { log: true });
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
