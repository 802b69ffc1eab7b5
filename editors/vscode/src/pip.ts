/** What pip is doing, for a person who waits. Pure. */

export interface Step {
  readonly message: string;
  /** This takes minutes, and pip says nothing meanwhile. */
  readonly long: boolean;
}

/** The step that a line of pip's output starts, or undefined when the line starts none. */
export function stepOf(line: string): Step | undefined {
  const text = line.trim();
  const building = /^Building wheel for (\S+) .*: started/.exec(text);
  if (building?.[1] === "llama-cpp-python") {
    return { message: "compiling llama.cpp, which takes 5 to 7 minutes on two cores", long: true };
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

/** Why pip failed, in one line a person can act on. */
export function failureOf(lines: readonly string[]): string {
  const text = lines.join("\n");
  if (/CMAKE_CXX_COMPILER|No CMAKE_C_COMPILER|Could not find compiler|Microsoft Visual C\+\+/.test(text)) {
    return "llama.cpp could not be compiled: install a C++ compiler (Debian, Ubuntu: apt-get install g++; macOS: xcode-select --install)";
  }
  if (/No space left on device/.test(text)) {
    return "the disk is full";
  }
  if (/Temporary failure in name resolution|Failed to establish a new connection|Network is unreachable/.test(text)) {
    return "the package index cannot be reached";
  }
  const error = lines.findLast((line) => line.startsWith("ERROR:"));
  return error?.replace(/^ERROR:\s*/, "") ?? "pip failed";
}

/** `90` as "1:30". */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
