/** Models: choosing one, and getting it. A download can be cancelled; the next one goes on from there. */

import * as vscode from "vscode";
import { LSPErrorCodes, ResponseError } from "vscode-languageclient/node";
import { COMMANDS, type Model } from "./contract.ts";
import { messageOf } from "./logger.ts";
import { describeModel, missingModels, sizeOf } from "./modelText.ts";
import type { Server } from "./server.ts";
import { modelPath, setModel } from "./settings.ts";

export async function selectModel(server: Server): Promise<void> {
  const models = (await server.command<Model[]>(COMMANDS.models)).filter((model) => model.kind === "completion");
  const picks = models.map((model) => ({
    label: model.current ? `$(check) ${model.name}` : model.name,
    description: describeModel(model),
    model,
  }));
  const pick = await vscode.window.showQuickPick(picks, {
    title: "soothsay: the model that completes",
    placeHolder: "It runs on this machine; one that is not here yet is downloaded first",
  });
  if (pick === undefined || !(await pull(server, [pick.model]))) {
    return;
  }
  await setModel(pick.model.name);
  if (modelPath()) {
    void vscode.window.showWarningMessage("soothsay: the setting soothsay.model.path is set, and wins over the model's name.");
  }
}

/** Offer to download what completions need and is not here. */
export async function offerMissing(server: Server): Promise<void> {
  const missing = missingModels(await server.command<Model[]>(COMMANDS.models), modelPath());
  if (missing.length === 0) {
    return;
  }
  const download = "Download";
  const other = "Select Another Model";
  const size = sizeOf(missing.reduce((sum, model) => sum + model.bytes, 0));
  const names = missing.map((model) => model.name).join(" and ");
  const answer = await vscode.window.showInformationMessage(
    `soothsay completes with a model on this machine: ${names}, ${size}, not here yet.`,
    download,
    other,
  );
  if (answer === download) {
    await pull(server, missing);
  } else if (answer === other) {
    await selectModel(server);
  }
}

/** Download what is not here; true when all of it is. */
async function pull(server: Server, models: readonly Model[]): Promise<boolean> {
  const absent = models.filter((model) => !model.pulled);
  try {
    for (const model of absent) {
      await server.longCommand(`soothsay: downloading ${model.name}`, COMMANDS.pullModel, model.name);
    }
  } catch (error) {
    if (!(error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled)) {
      void vscode.window.showWarningMessage(`soothsay: ${messageOf(error)}`);
    }
    return false;
  }
  return true;
}
