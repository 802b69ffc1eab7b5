// Builds the server's wheel, which the extension ships and installs, and puts beside it what chooses how llama.cpp is
// compiled before the wheel is installed. Copies the licence, which vsce packs. $PYTHON: an interpreter with pip.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const project = join(here, "..", "..");
const own = join(project, ".venv", "bin", "python");
const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
const target = join(here, "server");

rmSync(target, { recursive: true, force: true });
execFileSync(python, ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", target, project], { stdio: "inherit" });
for (const name of ["compiling.py", "llama.cmake"]) {
  copyFileSync(join(project, "server", "soothsay", "model", name), join(target, name));
}
copyFileSync(join(project, "LICENSE"), join(here, "LICENSE"));
console.log(readdirSync(target).join("\n"));
