-- The options of `require("soothsay").setup`, and their defaults.

local M = {}

---@class soothsay.Keymaps
---@field accept string|false      the whole ghost text
---@field accept_word string|false
---@field accept_line string|false
---@field dismiss string|false
---@field trigger string|false     ask for a completion here, also where none is given by itself
---@field toggle string|false      pause, or go on

---@class soothsay.Symbols
---@field verified string
---@field unverified string
---@field rejected string
---@field trimmed string

---@class soothsay.Options
---@field cmd string[]|nil          how the server is started; nil: `soothsay serve --stdio`
---@field settings table            the server's settings, see docs/settings.md: `{ method = "full" }`
---@field ghost_text boolean        false: only `textDocument/completion`, for a completion plugin
---@field debounce integer          milliseconds of quiet before ghost text is asked for (Neovim 0.12 waits 200 by itself)
---@field keymaps soothsay.Keymaps|false  false: map the <Plug>s yourself
---@field symbols soothsay.Symbols  in the status line and the explanation

---@type soothsay.Options
M.defaults = {
  cmd = nil,
  settings = {},
  ghost_text = true,
  debounce = 60,
  keymaps = { accept = "<Tab>", accept_word = "<M-w>", accept_line = "<M-l>", dismiss = "<C-]>", trigger = "<M-\\>", toggle = false },
  symbols = { verified = "✓", unverified = "?", rejected = "✗", trimmed = "✂" },
}

---@type soothsay.Options
M.options = vim.deepcopy(M.defaults)

---Give the client the options. What decides which programs run, and what is loaded, is taken by the server from
---`init_options` alone: plugins read `settings` from files of the project as well.
function M.configure()
  local settings = { soothsay = M.options.settings }
  vim.lsp.config("soothsay", { cmd = M.options.cmd, settings = settings, init_options = settings })
end

local TYPES = {
  cmd = "table",
  settings = "table",
  ghost_text = "boolean",
  debounce = "number",
  keymaps = { "table", "boolean" },
  symbols = "table",
}

---Lay `given` over the defaults. What cannot be used is left out and named in one of the messages.
---@param given table|nil
---@return soothsay.Options options, string[] problems
function M.decode(given)
  local usable, problems = {}, {}
  for name, value in pairs(given or {}) do
    local expected = TYPES[name]
    if not expected then
      table.insert(problems, ("soothsay: there is no option '%s'; ignored"):format(name))
    elseif not vim.list_contains(type(expected) == "table" and expected or { expected }, type(value)) then
      table.insert(problems, ("soothsay: %s cannot be %s; using the default"):format(name, vim.inspect(value)))
    elseif value ~= true or name ~= "keymaps" then
      usable[name] = value
    end
  end
  table.sort(problems)
  return vim.tbl_deep_extend("force", M.defaults, usable), problems
end

return M
