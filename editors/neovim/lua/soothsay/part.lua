-- The part of a ghost text that a key accepts. Pure.

local M = {}

---@alias soothsay.What "all"|"word"|"line"

---The next word with the blanks before it, or the next run of punctuation.
---@param text string
---@return string
function M.word(text)
  local found = vim.fn.matchstr(text, [[^\_s*\%(\k\+\|\%(\k\@![^ \t\n]\)\+\)]])
  return found ~= "" and found or text
end

---What is left of this line; at its end, the next line.
---@param text string
---@return string
function M.line(text)
  return text:match("^\n*[^\n]+") or text
end

---@param what soothsay.What
---@param text string
---@return string
function M.of(what, text)
  return what == "all" and text or M[what](text)
end

---What remains of `text` once `typed` has been typed; nil when that is not how it begins.
---@param text string
---@param typed string
---@return string|nil
function M.rest(text, typed)
  return vim.startswith(text, typed) and text:sub(#typed + 1) or nil
end

return M
