/** Models, in words. Pure. */

import type { Model } from "./contract.ts";

/** `491 MB · Apache-2.0 · not downloaded`. */
export function describeModel(model: Model): string {
  const facts = [sizeOf(model.bytes), model.licence];
  if (!model.fim) {
    facts.push("reads only what stands before the cursor");
  }
  if (!model.pulled) {
    facts.push("not downloaded");
  }
  return facts.join(" · ");
}

export function sizeOf(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** What is needed and not here: the model in use, unless a file takes its place, and with it the embedding models. */
export function missingModels(models: readonly Model[], path: string): readonly Model[] {
  const completes = models.some((model) => model.kind === "completion" && model.current && !model.pulled);
  if (path || !completes) {
    return [];
  }
  return models.filter((model) => !model.pulled && (model.kind === "embedding" || model.current));
}
