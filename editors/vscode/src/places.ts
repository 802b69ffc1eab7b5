/** Where a symbol stands in a file, and files that are compressed. Pure. */

import { gunzipSync } from "node:zlib";

/** The line (0-based) on which `symbol` is defined in `text`; 0 when it is not found. */
export function lineOf(text: string, symbol: string): number {
  const name = symbol.split(".").at(-1) ?? "";
  if (!/^\w+$/.test(name)) {
    return 0;
  }
  const operation = name.replaceAll("_", "").toLowerCase(); // create_job is CreateJob in a service model
  const patterns = [
    new RegExp(`^\\s*(?:async\\s+)?(?:def|class)\\s+${name}\\b`),
    new RegExp(`^\\s*${name}\\s*[:=]`),
    new RegExp(`^\\s*"${operation}"\\s*:\\s*\\{`, "i"),
  ];
  const lines = text.split("\n");
  for (const pattern of patterns) {
    const found = lines.findIndex((line) => pattern.test(line));
    if (found >= 0) {
      return found;
    }
  }
  return 0;
}

/** The text of a gzip file; JSON is laid out in lines. */
export function decompress(data: Uint8Array, name: string): string {
  const text = gunzipSync(data).toString("utf8");
  return name.endsWith(".json.gz") ? JSON.stringify(JSON.parse(text), null, 2) : text;
}

/** The line (0-based) that the fragment of an address names, as in `#L12` or `#L12-L20`. */
export function lineIn(fragment: string): number | undefined {
  const line = /^L?(\d+)/.exec(fragment)?.[1];
  return line === undefined ? undefined : Math.max(0, Number(line) - 1);
}
