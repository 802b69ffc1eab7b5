/** *Pause for this workspace*: remembered by the workspace, and told to every server that starts. */

import type * as vscode from "vscode";
import { COMMANDS } from "./contract.ts";
import type { Server } from "./server.ts";

const KEY = "paused";

export class Pause {
  private readonly server: Server;
  private readonly memory: vscode.Memento;

  constructor(server: Server, memory: vscode.Memento) {
    this.server = server;
    this.memory = memory;
  }

  async toggle(): Promise<void> {
    const { paused } = await this.server.command<{ paused: boolean }>(COMMANDS.toggle);
    await this.memory.update(KEY, paused);
  }

  /** A new server does not know yet. */
  async tell(): Promise<void> {
    if (this.paused) {
      await this.server.command(COMMANDS.pause);
    }
  }

  private get paused(): boolean {
    return this.memory.get(KEY, false);
  }
}
