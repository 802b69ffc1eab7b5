// Loaded before yaml-language-server: it reads a schema as soon as a document names one. A path that begins with two slashes
// is one of another host on Windows, and a pipe or a device may never end.
"use strict";
const { promises } = require("fs");
const readFile = promises.readFile;
promises.readFile = async (path, ...options) => {
  if (/^[\\/]{2}/.test(String(path)) || !(await promises.stat(path)).isFile()) {
    throw new Error(`${path} is no regular file of this machine`);
  }
  return readFile(path, ...options);
};
