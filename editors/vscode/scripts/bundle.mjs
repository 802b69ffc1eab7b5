// Bundles the extension, and the tests that run inside VS Code's extension host.
import { build } from "esbuild";

const common = { bundle: true, platform: "node", format: "cjs", target: "node20", external: ["vscode"] };

await Promise.all([
  build({ ...common, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", minify: true }),
  build({ ...common, entryPoints: ["test/host/index.ts"], outfile: "dist/test/host.js" }),
]);
