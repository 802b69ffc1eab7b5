import assert from "node:assert/strict";
import { test } from "node:test";
import type { Explanation } from "../../src/contract.ts";
import { emptyPage, explanationPage } from "../../src/explanation.ts";

const BREAKS = { step: "breaks", explanation: "with it, the file would parse worse", dropped: ") > <1>" };

const EXPLANATION: Explanation = {
  text: "create_bucket(Bucket='<b>')",
  draft: "make_bucket(",
  verdict: "verified",
  method: "full",
  trigger: {
    fired: true,
    reasons: ["not_in_index"],
    explanations: ["the installed version has no such name"],
    confidence: 0.31,
    threshold: 0.8,
    name: "make_bucket",
  },
  evidence: [
    {
      kind: "symbol",
      symbol: "s3.create_bucket",
      package: "botocore",
      version: "1.44.5",
      uri: "file:///s.json.gz",
      text: "client.create_bucket(Bucket=\"...\")",
      score: 1.5,
    },
  ],
  tokens: [
    { text: "make", probability: 0.31 },
    { text: "_bucket", probability: 1 },
    { text: "(\n", probability: 0.85 },
  ],
  timings_ms: { draft: 200, retrieve: 8.24, total: 208.24 },
  oracle: {
    questions: [{ what: "findings", ms: 3.1, answered: true }],
    problem: "",
    repaired: "no parameter Buckets",
    trimmed: "x.y()",
  },
};

function draw(changes: Partial<Explanation> = {}): string {
  return explanationPage({ ...EXPLANATION, ...changes }, "N0", () => "command:open?%5B%22a%22%5D");
}

test("each token is shaded by its probability, and told apart without colour", () => {
  const page = draw();
  assert.match(page, /<span class="token unsure p3" title="0.310">make<\/span>/);
  assert.match(page, /<span class="token p9" title="1.000">_bucket<\/span>/);
  assert.match(page, /<span class="token p8" title="0.850">\(<span class="end">⏎<\/span>\n<\/span>/);
  for (let decile = 0; decile < 10; decile++) {
    assert.match(page, new RegExp(`\\.p${decile} \\{`));
  }
});

test("trigger, evidence, type checker, repair and times are there", () => {
  const page = draw();
  for (const words of [
    "✓ verified · botocore 1.44.5",
    "<code>not_in_index</code> the installed version has no such name",
    "confidence 0.31 (threshold 0.80)",
    '<a href="command:open?%5B%22a%22%5D"><code>s3.create_bucket</code></a>',
    "findings: answered in 3.1 ms",
    "Repaired, since it said: no parameter Buckets",
    '<p>Cut off:</p><pre class="code">x.y()</pre>',
    "✂ trimmed",
    '<td class="number">8.2 ms</td>',
    '<td class="number">208 ms</td>',
  ]) {
    assert.ok(page.includes(words), words);
  }
});

test("nothing that code or documentation says becomes markup", () => {
  const page = draw({
    draft: "<script>",
    tokens: [{ text: '<script a="b">', probability: 0.5 }],
    evidence: [{ ...EXPLANATION.evidence[0]!, symbol: "<img>", text: "</pre><script>" }],
  });
  assert.ok(page.includes("Bucket=&#39;&lt;b&gt;&#39;"));
  assert.doesNotMatch(page, /<script|<img/);
});

test("the policy admits this style sheet and nothing else", () => {
  assert.match(draw(), /content="default-src 'none'; style-src 'nonce-N0'"/);
  assert.match(draw(), /<style nonce="N0">/);
  assert.doesNotMatch(draw(), / style=|<script| on\w+=/);
});

test("a completion that called nothing, and one of which nothing is left", () => {
  const trigger = { fired: false, reasons: [], confidence: null, threshold: 0.8, name: null };
  const page = draw({ trigger, text: "", tokens: [], evidence: [], verdict: "unverified" });
  assert.ok(page.includes("No: the draft calls nothing."));
  assert.ok(page.includes("(nothing worth showing)"));
  assert.ok(page.includes("The model wrote nothing."));
  assert.ok(page.includes("? unverified"));
});

test("without any completion there is a page that says so", () => {
  assert.ok(emptyPage("N0").includes("no completion to explain yet"));
});

test("why nothing is shown now, and what was thrown away", () => {
  const html = explanationPage({ ...EXPLANATION, nothingSince: BREAKS }, "n", () => "command:x");
  assert.match(html, /Nothing is shown now/);
  assert.match(html, /with it, the file would parse worse\./);
  assert.match(html, /\) &gt; &lt;1&gt;/);
  assert.doesNotMatch(explanationPage(EXPLANATION, "n", () => "command:x"), /Nothing is shown now/);
});

test("a refusal is explained by what refused", () => {
  const oracle = { ...EXPLANATION.oracle, problem: "completions are paused" };
  const ending = { step: "refused", explanation: "no completion is given here", dropped: "" };
  const html = explanationPage({ ...EXPLANATION, text: "", ending, oracle }, "n", () => "command:x");
  assert.match(html, /<p>completions are paused\.<\/p>/);
});

test("the values that are left to the person are named", () => {
  const stops = [
    { start: 1, end: 3, label: "jobName" },
    { start: 4, end: 4, label: "" },
  ];
  assert.match(draw({ tab_stops: stops }), /Values left to you: <code>jobName<\/code>, a value\./);
  assert.doesNotMatch(draw(), /left to you/);
});

test("how likely it is to be kept is said where it was learned", () => {
  const gate = { probability: 0.412, least: 0.25, outcomes: 312, tried: false };
  assert.match(draw({ gate }), /41 % likely to be kept \(least 25 %, learned from 312 completions\)/);
  assert.doesNotMatch(draw({ gate: null }), /likely to be kept/);
  assert.match(draw({ gate: { ...gate, probability: 0.1, tried: true } }), /shown to see whether that is so/);
  const unlikely = { step: "unlikely", explanation: "you would probably not have kept it", dropped: "f()" };
  const page = draw({ nothingSince: { ...unlikely, gate: { ...gate, probability: 0.12 } } });
  assert.match(page, /you would probably not have kept it\.<\/p><p class="quiet">It was 12 % likely to be kept/);
});
