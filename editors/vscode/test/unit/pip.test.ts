import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, failureOf, stepOf } from "../../src/pip.ts";

for (const [line, message, long] of [
  ["Collecting pygls<3,>=2.1 (from soothsay==0.1.0)", "looking for pygls", false],
  ["  Downloading lancedb-0.40.0-cp39-abi3-manylinux_2_28_x86_64.whl (49.1 MB)", "downloading lancedb (49.1 MB)", false],
  ["Downloading torch-2.9.0-cp311-cp311-linux_x86_64.whl (104 MB)", "downloading torch (104 MB)", false],
  ["  Building wheel for llama-cpp-python (pyproject.toml): started", "compiling llama.cpp, which takes 3 to 5 minutes on two cores", true],
  ["compiling llama.cpp: 12 of 83 (1:05)", "compiling llama.cpp: 12 of 83 (1:05)", false],
  ["trying the build (4:40)", "trying the build (4:40)", false],
  ["  Building wheel for pkg (setup.py): started", "building pkg", false],
  ["Installing collected packages: pygls, torch", "unpacking", true],
] as const) {
  test(line.trim(), () => assert.deepEqual(stepOf(line), { message, long }));
}

for (const line of [
  "",
  "  Installing build dependencies: started",
  "  Building wheel for llama-cpp-python (pyproject.toml): finished with status 'done'",
  "Requirement already satisfied: numpy in ./lib",
  "compiling llama.cpp",
]) {
  test(`no step: ${line.trim() || "an empty line"}`, () => assert.equal(stepOf(line), undefined));
}

test("what failed is said so that it can be mended", () => {
  assert.match(failureOf(["CMake Error: CMAKE_CXX_COMPILER not set", "ERROR: Failed building wheel"]), /apt-get install g\+\+/);
  assert.match(failureOf(["OSError: [Errno 28] No space left on device"]), /disk is full/);
  assert.match(failureOf(["Temporary failure in name resolution", "ERROR: No matching distribution"]), /cannot be reached/);
  assert.equal(failureOf(["Collecting x", "ERROR: No matching distribution found for x", ""]), "No matching distribution found for x");
  assert.match(failureOf(["c++: fatal error: Killed signal terminated program cc1plus", "ERROR: Failed"]), /memory ran out/);
  assert.equal(failureOf([]), "pip failed");
  assert.equal(failureOf(["noise"], "no model works here"), "no model works here");
});

test("what the server says of itself is shown as it is", () => {
  const died = "tiny.gguf cannot be run here: its process died of an illegal instruction; run `soothsay prove --build`";
  assert.equal(failureOf(["noise", `soothsay: ${died}`], "no model works here"), died);
  assert.equal(failureOf(["soothsay: no C++ compiler: install one"]), "no C++ compiler: install one");
  const pip = ["ERROR: No matching distribution found for x", "soothsay: that failed, see above"];
  assert.equal(failureOf(pip), "No matching distribution found for x");
});

test("a clock", () => assert.deepEqual([0, 9.7, 90, 3601].map(clock), ["0:00", "0:09", "1:30", "60:01"]));
