-- `:checkhealth soothsay`

local M = {}

local PATIENCE = 60000 -- milliseconds; the check loads libraries

---@param state string
---@param name string
---@param message string
---@param fix string
local function report(state, name, message, fix)
  local text = ("%s: %s"):format(name, message)
  local advice = fix ~= "" and { fix } or nil
  if state == "ok" then
    vim.health.ok(text)
  elseif state == "warning" then
    vim.health.warn(text, advice)
  else
    vim.health.error(text, advice)
  end
end

local function neovim()
  vim.health.start("soothsay: Neovim")
  if vim.fn.has("nvim-0.11") == 0 then
    vim.health.error("Neovim 0.11 or newer is needed")
  elseif vim.lsp.inline_completion then
    vim.health.ok("ghost text is drawn by vim.lsp.inline_completion")
  else
    vim.health.ok("ghost text is drawn by the plugin (Neovim 0.12 draws it itself)")
  end
  local _, problems = require("soothsay.config").decode(require("soothsay.config").options)
  for _, problem in ipairs(problems) do
    vim.health.warn(problem)
  end
end

---@return boolean  whether the server can be started
local function executable()
  local cmd = vim.lsp.config.soothsay.cmd
  if type(cmd) ~= "table" then
    return true
  end
  if vim.fn.executable(cmd[1]) == 0 then
    vim.health.error(("cannot run %s"):format(cmd[1]), {
      "install the server: pip install soothsay",
      'or say where it is: require("soothsay").setup({ cmd = { "/path/to/soothsay", "serve", "--stdio" } })',
    })
    return false
  end
  vim.health.ok(("%s (%s)"):format(table.concat(cmd, " "), vim.fn.exepath(cmd[1])))
  return true
end

---What the running server says of itself.
---@param client vim.lsp.Client
local function doctor(client)
  local params = { command = "soothsay.doctor", arguments = {} }
  local answer, problem = client:request_sync("workspace/executeCommand", params, PATIENCE)
  if not answer or answer.err then
    vim.health.error("the server does not answer: " .. (problem or answer and answer.err.message or "no reason given"))
    return
  end
  for _, check in ipairs(answer.result) do
    report(check.state, check.name, check.message, check.fix)
  end
end

function M.check()
  neovim()
  vim.health.start("soothsay: server")
  local client = require("soothsay.server").client()
  if client then
    local status = require("soothsay.status").describe(require("soothsay.status").of(client.id))
    vim.health.ok(("running as client %d, serving %s"):format(client.id, client.root_dir or "a single file"))
    vim.health.info("status: " .. (status ~= "" and status or "none yet"))
    doctor(client)
  elseif executable() then
    vim.health.warn("not running", {
      'call require("soothsay").setup() in your init.lua',
      "open a Python file, then run :checkhealth soothsay again for the full check",
    })
  end
end

return M
