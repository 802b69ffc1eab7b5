-- The front door: `setup` configures and starts, `attach` is called for every buffer that the server serves.

local M = {}

---Configure and enable. Everything has a default; `require("soothsay").setup()` is enough.
---@param given table|nil  see `soothsay.Options` in config.lua
function M.setup(given)
  local config = require("soothsay.config")
  local options, problems = config.decode(given)
  config.options = options
  for _, problem in ipairs(problems) do
    vim.notify(problem, vim.log.levels.WARN)
  end
  config.configure()
  vim.lsp.enable("soothsay")
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local options = require("soothsay.config").options
  require("soothsay.cursor").attach(client, bufnr)
  if not options.ghost_text then
    return
  end
  require("soothsay.ghost").attach(client, bufnr)
  require("soothsay.keys").map(bufnr, options.keymaps or {})
end

return M
