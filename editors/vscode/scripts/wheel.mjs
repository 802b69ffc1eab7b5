// Builds the server's wheel, which the extension ships and installs. $PYTHON: an interpreter with pip.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const project = join(here, "..", "..");
const own = join(project, ".venv", "bin", "python");
const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
const target = join(here, "server");

rmSync(target, { recursive: true, force: true });
execFileSync(python, ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", target, project], { stdio: "inherit" });
console.log(readdirSync(target).join("\n"));
