-- What the server is doing, in a few words: `%{%v:lua.require'soothsay.status'.line()%}` in your 'statusline'.

local config = require("soothsay.config")

local M = {}

---As docs/protocol.md describes the parameters of `soothsay/status`.
---@class soothsay.Status
---@field state "loading"|"ready"|"paused"|"error"
---@field message string
---@field model string
---@field index { stage: string, done: integer, total: integer, detail: string, remainingSeconds: number? }|nil
---@field last { id: integer, verdict: string, symbol: string?, package: string, version: string, trimmed: boolean, adapters: string[]? }|nil

---@type table<integer, soothsay.Status>
local statuses = {}

---@param value any
---@return any
local function some(value)
  return value ~= vim.NIL and value or nil
end

---@param params soothsay.Status
---@param context lsp.HandlerContext
function M.on_status(_, params, context)
  params.index, params.last = some(params.index), some(params.last)
  statuses[context.client_id] = params
  vim.api.nvim_exec_autocmds("User", { pattern = "SoothsayStatus", modeline = false, data = params })
  vim.cmd.redrawstatus({ bang = true })
end

---@param client_id integer
---@return soothsay.Status|nil
function M.of(client_id)
  return statuses[client_id]
end

---@param client_id integer
function M.forget(client_id)
  statuses[client_id] = nil
end

---The status of this buffer's server; nil when there is none.
---@param bufnr integer|nil
---@return soothsay.Status|nil
function M.get(bufnr)
  local client = vim.lsp.get_clients({ name = "soothsay", bufnr = bufnr or vim.api.nvim_get_current_buf() })[1]
  return client and statuses[client.id]
end

---@param index { stage: string, done: integer, total: integer, remainingSeconds: number? }
---@return string
local function indexing(index)
  local share = index.total > 0 and (" %d %%"):format(100 * index.done / index.total) or ""
  local left = some(index.remainingSeconds)
  return ("index: %s%s%s"):format(index.stage, share, left and (", %.0f s"):format(left) or "")
end

---@param last { verdict: string, symbol: string?, package: string, version: string, trimmed: boolean }
---@return string
local function verdict(last)
  local symbol = config.options.symbols[last.trimmed and "trimmed" or last.verdict] or ""
  local source = vim.trim(last.package .. " " .. last.version)
  return vim.trim(("%s %s"):format(symbol, source ~= "" and source or (last.trimmed and "trimmed" or last.verdict)))
end

---A status as text, without anything that 'statusline' would interpret.
---@param status soothsay.Status|nil
---@return string
function M.describe(status)
  if not status then
    return ""
  end
  if status.state ~= "ready" then
    return "soothsay: " .. status.state
  end
  local parts = {}
  if status.last then
    table.insert(parts, verdict(status.last))
    local adapters = some(status.last.adapters) or {}
    if #adapters > 0 then
      table.insert(parts, "with " .. table.concat(adapters, ", "))
    end
  end
  if status.index then
    table.insert(parts, indexing(status.index))
  end
  return #parts > 0 and table.concat(parts, " · ") or "soothsay"
end

---For 'statusline'. Empty where no server is attached.
---@param bufnr integer|nil
---@return string
function M.line(bufnr)
  return (M.describe(M.get(bufnr)):gsub("%%", "%%%%"))
end

return M
