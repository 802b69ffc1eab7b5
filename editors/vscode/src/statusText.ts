/** The status, in words. Pure. */

import type { IndexProgress, Last, Status } from "./contract.ts";
import { clock } from "./pip.ts";

export interface Line {
  readonly text: string;
  readonly detail: string;
}

/** What fits beside a row's text before VS Code cuts its command off, in characters. */
const WIDTH = 32;

export const NO_VERDICT: Line = { text: "no completion yet", detail: "" };

/** `✓ verified · botocore 1.44.5`, and what was verified. */
export function verdictLine(last: Last): Line {
  const source = `${last.package} ${last.version}`.trim();
  return { text: [mark(last), source].filter(Boolean).join(" · "), detail: ending(last.symbol ?? "") };
}

function mark(last: Last): string {
  if (last.trimmed) {
    return "✂ trimmed";
  }
  return { verified: "✓ verified", unverified: "? unverified", rejected: "✗ rejected" }[last.verdict];
}

/** The model, and the user's adapters that the last completion was written with. */
export function modelLine({ model, last }: Pick<Status, "model" | "last">): string {
  return [model || "no model", ...(last?.adapters ?? [])].join(" + ");
}

export function indexLine(index: IndexProgress | null, known: boolean): Line {
  if (index === null) {
    return { text: known ? "index up to date" : "no index yet", detail: "" };
  }
  const counted = index.total > 0;
  const percent = counted ? ` ${Math.floor((100 * index.done) / index.total)} %` : "";
  const left = index.remainingSeconds === null ? "" : `, ${clock(index.remainingSeconds)} left`;
  const count = counted ? `${index.stage} ${index.done} of ${index.total}${left}` : index.stage;
  return { text: `indexing${percent}`, detail: beginning(count) };
}

/** The state of the server, and until when it is paused. */
export function stateLine({ state, message, pausedUntil }: Pick<Status, "state" | "message" | "pausedUntil">): string {
  if (state === "paused" && pausedUntil) {
    const time = new Date(pausedUntil).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    return `paused until ${time}`;
  }
  return [state, message].filter(Boolean).join(": ");
}

/** One line of a message, not too long for a row. */
export function beginning(text: string, width = WIDTH): string {
  const line = text.split("\n")[0] ?? "";
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** The end of a qualified name, which tells more than its beginning. */
function ending(name: string): string {
  const dot = name.indexOf(".");
  if (name.length <= WIDTH) {
    return name;
  }
  return dot < 0 ? beginning(name) : ending(name.slice(dot + 1));
}
