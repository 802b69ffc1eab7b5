/** What pip, or the server's own compilation, is doing, for a person who waits. Pure. */

export interface Step {
  readonly message: string;
  /** This takes minutes, and pip says nothing meanwhile. */
  readonly long: boolean;
}

/** The step that a line of the output starts, or undefined when the line starts none. */
export function stepOf(line: string): Step | undefined {
  const text = line.trim();
  // of `soothsay prove --build`, with a clock of its own
  if (/^(?:compiling llama\.cpp|downloading its source|installing what compiles it|trying the build).* \(\d+:\d\d\)$/.test(text)) {
    return { message: text, long: false };
  }
  const building = /^Building wheel for (\S+) .*: started/.exec(text);
  if (building?.[1] === "llama-cpp-python") {
    return { message: "compiling llama.cpp, which takes 3 to 5 minutes on two cores", long: true };
  }
  if (building?.[1]) {
    return { message: `building ${building[1]}`, long: false };
  }
  const downloading = /^Downloading (?:\S+\/)?([^\s/]+?)-\d\S* \(([^)]+)\)/.exec(text);
  if (downloading?.[1] && downloading[2]) {
    return { message: `downloading ${downloading[1]} (${downloading[2]})`, long: false };
  }
  const collecting = /^Collecting ([A-Za-z0-9._-]+)/.exec(text);
  if (collecting?.[1]) {
    return { message: `looking for ${collecting[1]}`, long: false };
  }
  if (text.startsWith("Installing collected packages")) {
    return { message: "unpacking", long: true };
  }
  return undefined;
}

/** Why a step of the set-up failed, in one line a person can act on. `fallback` when its output does not say. */
export function failureOf(lines: readonly string[], fallback = "pip failed"): string {
  const text = lines.join("\n");
  if (/Killed signal terminated|fatal error: Killed|virtual memory exhausted|cannot allocate memory/i.test(text)) {
    return "memory ran out while llama.cpp was compiled: close other programs and try again";
  }
  if (/CMAKE_CXX_COMPILER|No CMAKE_C_COMPILER|Could not find compiler|Microsoft Visual C\+\+/.test(text)) {
    return "llama.cpp could not be compiled: install a C++ compiler (Debian, Ubuntu: apt-get install g++; macOS: xcode-select --install)";
  }
  if (/No space left on device/.test(text)) {
    return "the disk is full";
  }
  if (/Temporary failure in name resolution|Failed to establish a new connection|Network is unreachable/.test(text)) {
    return "the package index cannot be reached";
  }
  // what soothsay's own programs say is one line with the remedy; this one only points at what pip says
  const own = lines.findLast((line) => line.startsWith("soothsay: ") && !line.includes("see above"));
  if (own !== undefined) {
    return own.replace(/^soothsay: /, "");
  }
  const error = lines.findLast((line) => line.startsWith("ERROR:"));
  return error?.replace(/^ERROR:\s*/, "") ?? fallback;
}

/** `90` as "1:30". */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
