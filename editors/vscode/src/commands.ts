/** The commands of the palette. One that fails says why. */

import * as vscode from "vscode";
import { COMMANDS } from "./contract.ts";
import { runDoctor } from "./doctor.ts";
import { openEvidence, type Place } from "./evidence.ts";
import { type ExplainPanel, OPEN_EVIDENCE } from "./explain.ts";
import { type Logger, messageOf } from "./logger.ts";
import { selectModel } from "./models.ts";
import type { Pause } from "./pause.ts";
import type { Server } from "./server.ts";
import { snooze } from "./snooze.ts";

export interface Rooms {
  readonly server: Server;
  readonly panel: ExplainPanel;
  readonly pause: Pause;
  readonly logger: Logger;
}

export function registerCommands({ server, panel, pause, logger }: Rooms): vscode.Disposable {
  const commands: Readonly<Record<string, (argument: unknown) => unknown>> = {
    "soothsay.whyThisCompletion": () => panel.show(),
    "soothsay.selectModel": () => selectModel(server),
    "soothsay.rebuildIndex": () => server.command(COMMANDS.reindex),
    "soothsay.togglePause": () => pause.toggle(),
    "soothsay.snoozeFor": (minutes) => snooze(server, minutes),
    "soothsay.showLog": () => logger.show(),
    "soothsay.runDoctor": () => runDoctor(server),
    "soothsay.restartServer": () => server.restart(),
    [OPEN_EVIDENCE]: (place) => openEvidence(place as Place),
  };
  const registered = Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(name, async (argument: unknown) => {
      try {
        await run(argument);
      } catch (error) {
        await sayWhy(messageOf(error), logger);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

async function sayWhy(message: string, logger: Logger): Promise<void> {
  logger.error(message);
  const showLog = "Show Log";
  if ((await vscode.window.showErrorMessage(`soothsay: ${message}`, showLog)) === showLog) {
    logger.show();
  }
}
