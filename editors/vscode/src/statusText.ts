/** The status, in words. Pure. */

import type { IndexProgress, Last } from "./contract.ts";
import { clock } from "./pip.ts";

export interface Line {
  readonly text: string;
  readonly detail: string;
}

export const NO_VERDICT: Line = { text: "no completion yet", detail: "" };

/** `✓ verified · botocore 1.44.5`. */
export function verdictLine(last: Last): Line {
  const source = `${last.package} ${last.version}`.trim();
  const done = [last.retrieved && "looked up", last.repaired && "repaired", last.trimmed && "cut"];
  const facts = [last.symbol, ...done].filter(Boolean).join(", ");
  return { text: [mark(last), source].filter(Boolean).join(" · "), detail: facts };
}

function mark(last: Last): string {
  if (last.trimmed) {
    return `✂ trimmed, ${last.verdict}`;
  }
  return { verified: "✓ verified", unverified: "? unverified", rejected: "✗ rejected" }[last.verdict];
}

export function indexLine(index: IndexProgress | null, known: boolean): Line {
  if (index === null) {
    return { text: known ? "index up to date" : "no index yet", detail: "" };
  }
  const counted = index.total > 0;
  const percent = counted ? ` ${Math.floor((100 * index.done) / index.total)} %` : "";
  const left = index.remainingSeconds === null ? "" : `, ${clock(index.remainingSeconds)} left`;
  const count = counted ? `${index.stage} ${index.done} of ${index.total}${left}` : index.stage;
  return { text: `indexing${percent}`, detail: [count, index.detail].filter(Boolean).join(" · ") };
}
