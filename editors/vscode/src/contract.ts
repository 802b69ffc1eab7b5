/** What the server says: docs/protocol.md, as types. Nothing else is assumed about it. */

export type Verdict = "verified" | "unverified" | "rejected";

export interface Last {
  readonly id: number;
  readonly verdict: Verdict;
  readonly symbol: string | null;
  readonly package: string;
  readonly version: string;
  readonly retrieved: boolean;
  readonly repaired: boolean;
  readonly trimmed: boolean;
  /** The adapters that it was written with; older servers send none. */
  readonly adapters?: readonly string[];
}

export interface IndexProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly detail: string;
  readonly remainingSeconds: number | null;
}

export interface Status {
  readonly state: "loading" | "ready" | "paused" | "error";
  readonly message: string;
  readonly model: string;
  /** When a snooze ends, in ISO 8601; older servers send none. */
  readonly pausedUntil?: string | null;
  readonly index: IndexProgress | null;
  readonly last: Last | null;
}

export interface Token {
  readonly text: string;
  readonly probability: number;
}

export interface Evidence {
  readonly kind: string;
  readonly symbol: string;
  readonly package: string;
  readonly version: string;
  readonly uri: string;
  readonly text: string;
  readonly score: number;
}

/** How likely a completion was to be kept, as learned from what became of others. */
export interface Chance {
  readonly probability: number;
  /** What is less likely is hidden, unless it is `tried`. */
  readonly least: number;
  readonly outcomes: number;
  readonly tried: boolean;
}

/** Why less is shown than was written, or nothing. */
export interface Ending {
  readonly step: string;
  readonly explanation: string;
  readonly dropped: string;
}

/** A value that is left to the person, in a text. */
export interface TabStop {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

export interface Explanation {
  readonly text: string;
  /** Older servers send none. */
  readonly tab_stops?: readonly TabStop[];
  /** Older servers send none. */
  readonly ending?: Ending;
  /** Of an answer after this one that had no text; only in the answer to `explainLast`. */
  readonly nothingSince?: (Ending & { readonly gate?: Chance | null }) | null;
  /** Null where it has not been learned; older servers send none. */
  readonly gate?: Chance | null;
  readonly draft: string;
  readonly verdict: Verdict;
  readonly method: string;
  readonly trigger: {
    readonly fired: boolean;
    readonly reasons: readonly string[];
    /** What the reasons mean, one text each; older servers send none. */
    readonly explanations?: readonly string[];
    readonly confidence: number | null;
    readonly threshold: number;
    readonly name: string | null;
  };
  readonly evidence: readonly Evidence[];
  readonly tokens: readonly Token[];
  readonly timings_ms: Readonly<Record<string, number>>;
  readonly oracle: {
    readonly questions: readonly { readonly what: string; readonly ms: number; readonly answered: boolean }[];
    readonly problem: string;
    readonly repaired: string;
    readonly trimmed: string;
  };
}

export interface Model {
  readonly name: string;
  readonly bytes: number;
  readonly pulled: boolean;
  readonly fim: boolean;
  readonly current: boolean;
  readonly licence: string;
  readonly kind: string;
}

export interface Check {
  readonly name: string;
  readonly state: "ok" | "warning" | "broken";
  readonly message: string;
  readonly fix: string;
}

export const NOTIFICATIONS = {
  status: "soothsay/status",
  didMoveCursor: "soothsay/didMoveCursor",
  didShow: "soothsay/didShow",
  didPartiallyAccept: "soothsay/didPartiallyAccept",
} as const;

export const COMMANDS = {
  explain: "soothsay.explain",
  explainLast: "soothsay.explainLast",
  models: "soothsay.models",
  pullModel: "soothsay.pullModel",
  doctor: "soothsay.doctor",
  reindex: "soothsay.reindex",
  pause: "soothsay.pause",
  resume: "soothsay.resume",
  snooze: "soothsay.snooze",
  toggle: "soothsay.toggle",
} as const;
