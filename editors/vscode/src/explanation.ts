/** *Why this completion?* as a page. Pure: the contract in, HTML out. No scripts; colours are the theme's. */

import type { Chance, Evidence, Explanation, Token } from "./contract.ts";

const VERDICTS = {
  verified: { mark: "✓", says: "every call was resolved, and its arguments bind" },
  unverified: { mark: "?", says: "nobody can tell whether it is right" },
  rejected: { mark: "✗", says: "a name does not exist, or its arguments cannot fit" },
} as const;

const GUESS = 0.4;
const SURE = 0.95;

/** The whole page. `nonce` admits its style sheet; `link` makes the address that opens a document. */
export function explanationPage(
  explanation: Explanation,
  nonce: string,
  link: (evidence: Evidence) => string,
): string {
  return page(nonce, [
    ...nothing(explanation),
    heading(explanation),
    section("Draft", "what the model wrote alone, each token shaded by its probability", draft(explanation)),
    section("Trigger", "is it looked up?", trigger(explanation)),
    section("Evidence", "documents that were retrieved", evidence(explanation.evidence, link)),
    section("Type checker", "what it said about the answer", oracle(explanation)),
    section("Answer", "", code(explanation.text || "(nothing worth showing)") + leftToYou(explanation)),
    section("Time", "", timings(explanation.timings_ms)),
  ]);
}

/** The page when there is nothing to explain. */
export function emptyPage(nonce: string): string {
  return page(nonce, ["<p>There is no completion to explain yet: write some code first.</p>"]);
}

function page(nonce: string, body: readonly string[]): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
<title>Why this completion?</title>
<style nonce="${nonce}">${STYLE}${shades()}</style>
</head>
<body>
${body.join("\n")}
</body>
</html>`;
}

function section(title: string, note: string, body: string): string {
  const aside = note ? ` <small>${escape(note)}</small>` : "";
  return `<section><h2>${escape(title)}${aside}</h2>${body}</section>`;
}

function heading({ verdict, method, timings_ms, evidence, oracle, gate }: Explanation): string {
  const { mark, says } = VERDICTS[verdict];
  const first = evidence[0];
  const source = verdict === "verified" && first ? ` · ${originOf(first)}` : "";
  const cut = oracle.trimmed ? `<span class="chip trimmed">✂ trimmed</span>` : "";
  const mended = oracle.repaired ? `<span class="chip repaired">repaired</span>` : "";
  const chips = `<span class="chip ${verdict}">${mark} ${verdict}${escape(source)}</span>${cut}${mended}`;
  const took = `method ${escape(method)}, ${milliseconds(timings_ms["total"] ?? 0)}`;
  const about = [escape(oracle.problem || says), took, ...(gate ? [likely(gate)] : [])].join(" · ");
  return `<header><p>${chips}</p><p class="quiet">${about}</p></header>`;
}

function likely({ probability, least, outcomes, tried }: Chance): string {
  const shown = tried ? ", shown to see whether that is so" : "";
  return `${percent(probability)} likely to be kept (least ${percent(least)}, learned from ${outcomes} completions)${shown}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Why nothing is shown now, where that is so. */
function nothing({ text, ending, nothingSince, oracle, gate }: Explanation): readonly string[] {
  const why = nothingSince ?? (text === "" ? ending : undefined);
  if (why === undefined || why.step === "shown") {
    return [];
  }
  const reason = why.step === "refused" && oracle.problem ? oracle.problem : why.explanation;
  const dropped = why.dropped.trim() ? `<p class="quiet">Thrown away:</p>${code(why.dropped)}` : "";
  const chance = nothingSince ? nothingSince.gate : gate;
  const unlikely = why.step === "unlikely" && chance ? `<p class="quiet">It was ${likely(chance)}.</p>` : "";
  return [section("Nothing is shown now", "", `<p>${escape(reason)}.</p>${unlikely}${dropped}`)];
}

function draft({ tokens, trigger: { threshold } }: Explanation): string {
  if (tokens.length === 0) {
    return `<p class="quiet">The model wrote nothing.</p>`;
  }
  const weakest = tokens.reduce((least, token) => (token.probability < least.probability ? token : least));
  const legend = [
    `<span class="token unsure p2">guess</span>`,
    `<span class="token unsure p6">below ${threshold}</span>`,
    `<span class="token p9">sure</span>`,
    `<span class="quiet">least probable: <code>${escape(weakest.text.trim() || "⏎")}</code> at ${weakest.probability.toFixed(2)}</span>`,
  ];
  const text = tokens.map((token) => shaded(token, threshold)).join("");
  return `<pre class="code">${text}</pre><p class="legend">${legend.join(" ")}</p>`;
}

function shaded({ text, probability }: Token, threshold: number): string {
  const unsure = probability < threshold ? " unsure" : "";
  const shown = escape(text).replaceAll("\n", `<span class="end">⏎</span>\n`);
  const title = `${probability.toFixed(3)}`;
  return `<span class="token${unsure} p${decile(probability)}" title="${title}">${shown}</span>`;
}

function decile(probability: number): number {
  return Math.max(0, Math.min(9, Math.floor(probability * 10)));
}

function trigger({ method, trigger }: Explanation): string {
  const { fired, name, confidence, threshold, reasons, explanations } = trigger;
  if (!fired && name === null) {
    return "<p>No: the draft calls nothing.</p>";
  }
  const call = name === null ? "the draft" : `<code>${escape(name)}</code>`;
  const sure = confidence === null ? "" : `, confidence ${confidence.toFixed(2)} (threshold ${threshold.toFixed(2)})`;
  if (!fired) {
    const unsure = confidence !== null && confidence < threshold;
    return `<p>No: ${call} ${whyNot(method, unsure)}${sure}.</p>`;
  }
  const items = reasons.map(
    (reason, at) => `<li><code>${escape(reason)}</code> ${escape(explanations?.[at] ?? "")}</li>`,
  );
  return `<p>Yes, because of ${call}${sure}:</p><ul>${items.join("")}</ul>`;
}

function whyNot(method: string, unsure: boolean): string {
  if (method === "base") {
    return "was drafted by a method that never looks anything up";
  }
  if (method === "index_lookup") {
    return "is known";
  }
  return unsure ? "is a name of this workspace, which the model has read" : "is known and the model is sure of it";
}

function evidence(documents: readonly Evidence[], link: (evidence: Evidence) => string): string {
  if (documents.length === 0) {
    return `<p class="quiet">None.</p>`;
  }
  const items = documents.map((document) => {
    const symbol = `<code>${escape(document.symbol || "text")}</code>`;
    const opened = document.uri ? `<a href="${escape(link(document))}">${symbol}</a>` : symbol;
    const origin = `<span class="quiet">${escape(originOf(document))} · score ${document.score.toFixed(2)}</span>`;
    return `<li><p class="source">${opened} ${origin}</p><pre>${escape(document.text)}</pre></li>`;
  });
  return `<ol>${items.join("")}</ol>`;
}

function originOf(evidence: Evidence): string {
  return `${evidence.package} ${evidence.version}`.trim();
}

function oracle({ oracle: { questions, problem, repaired, trimmed } }: Explanation): string {
  const lines = questions.map(
    ({ what, ms, answered }) =>
      `<li>${escape(what)}: ${answered ? "answered" : "no answer"} in ${milliseconds(ms)}</li>`,
  );
  const asked = lines.length ? `<ul>${lines.join("")}</ul>` : `<p class="quiet">It was not asked.</p>`;
  return [
    asked,
    problem && `<p>Problem: ${escape(problem)}</p>`,
    repaired && `<p>Repaired, since it said: ${escape(repaired)}</p>`,
    trimmed && `<p>Cut off:</p>${code(trimmed)}`,
  ]
    .filter(Boolean)
    .join("");
}

function leftToYou({ tab_stops = [] }: Explanation): string {
  const labels = tab_stops.map(({ label }) => (label ? `<code>${escape(label)}</code>` : "a value"));
  return labels.length ? `<p>Values left to you: ${labels.join(", ")}.</p>` : "";
}

function timings(times: Readonly<Record<string, number>>): string {
  const steps = Object.entries(times).filter(([name]) => name !== "total");
  const longest = Math.max(1, ...steps.map(([, ms]) => ms));
  const rows = steps.map(([name, ms]) => {
    // an attribute of SVG, since the page admits no style attributes
    const bar = `<svg width="200" height="10" aria-hidden="true"><rect width="${Math.round((200 * ms) / longest)}" height="10"/></svg>`;
    return `<tr><th scope="row">${escape(name)}</th><td>${bar}</td><td class="number">${milliseconds(ms)}</td></tr>`;
  });
  const total = `<tr class="total"><th scope="row">total</th><td></td><td class="number">${milliseconds(times["total"] ?? 0)}</td></tr>`;
  return `<table>${rows.join("")}${total}</table>`;
}

function milliseconds(ms: number): string {
  if (ms >= 10_000) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  return ms > 0 && ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

function code(text: string): string {
  return `<pre class="code">${escape(text)}</pre>`;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** The less probable, the stronger; text keeps its colour, so that it can be read in every theme. */
function shades(): string {
  return Array.from({ length: 10 }, (_, decile) => {
    const probability = decile / 10;
    const colour = probability < GUESS ? "red" : probability < 0.8 ? "yellow" : "green";
    const strength = probability < SURE - 0.05 ? Math.round(50 - 35 * probability) : 10;
    return `.p${decile} { background: color-mix(in srgb, var(--vscode-charts-${colour}) ${strength}%, transparent); }`;
  }).join("\n");
}

const STYLE = `
body { max-width: 56rem; margin: 0 auto; padding: 1rem 1.5rem 2rem; color: var(--vscode-editor-foreground); line-height: 1.5; }
h2 { margin: 1.6rem 0 .5rem; padding-bottom: .2rem; font-size: 1.05em; border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder)); }
h2 small { margin-left: .5em; font-size: .85em; font-weight: normal; color: var(--vscode-descriptionForeground); }
p { margin: .4rem 0; }
ul, ol { margin: .4rem 0; padding-left: 1.6em; }
pre, code { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
pre { margin: .4rem 0; padding: .5rem .7rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--vscode-textCodeBlock-background); border: 1px solid var(--vscode-contrastBorder, transparent); border-radius: 3px; }
.code { word-break: break-all; } /* else a long argument is moved below its indentation */
code { padding: 0 .2em; background: var(--vscode-textCodeBlock-background); color: var(--vscode-editor-foreground); border-radius: 3px; }
a code { color: inherit; background: none; padding: 0; }
a { color: var(--vscode-textLink-foreground); }
a:focus-visible { outline: 1px solid var(--vscode-focusBorder); }
ol > li { margin-bottom: .8rem; }
table { border-spacing: 0; }
th { text-align: left; font-weight: normal; padding: .1rem 1.2rem .1rem 0; }
td { padding: .1rem .8rem .1rem 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.total > * { border-top: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder)); font-weight: bold; }
rect { fill: var(--vscode-charts-blue); }
.quiet { color: var(--vscode-descriptionForeground); }
.source { margin-bottom: .2rem; }
.chip { --colour: var(--vscode-charts-yellow); display: inline-block; margin-right: .6em; padding: .1em .7em; font-weight: bold; border: 1px solid var(--colour); border-radius: 1em; background: color-mix(in srgb, var(--colour) 15%, transparent); }
.verified { --colour: var(--vscode-charts-green); }
.rejected { --colour: var(--vscode-charts-red); }
.chip, .token, rect { forced-color-adjust: none; } /* their colour is what they say */
.token { border-radius: 2px; }
.legend .token { margin-right: .5em; padding: .1em .5em; font-size: .9em; }
.unsure { text-decoration: underline dotted; text-underline-offset: .25em; }
.end { opacity: .5; }
`;
