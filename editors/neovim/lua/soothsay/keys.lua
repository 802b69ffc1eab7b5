-- Keys that act on ghost text where there is some, and do what they always did where there is none.

local M = {}

---@param key string
---@return string
local function raw(key)
  return vim.api.nvim_replace_termcodes(key, true, true, true)
end

---What `key` does without us, as the keys to feed.
---@param key string
---@param before table<string, any>  what `maparg` said before we mapped it; empty: the key is not mapped
---@return string
function M.otherwise(key, before)
  if vim.tbl_isempty(before) then
    return raw(key)
  end
  if before.expr ~= 1 then
    if before.callback then
      vim.schedule(before.callback) -- an <expr> mapping must not change the text
      return ""
    end
    return raw(before.rhs)
  end
  local keys = before.callback and before.callback() or vim.api.nvim_eval(before.rhs)
  keys = type(keys) == "string" and keys or ""
  return before.replace_keycodes == 1 and raw(keys) or keys
end

---@param bufnr integer
---@param keymaps soothsay.Keymaps
function M.map(bufnr, keymaps)
  for name, act in pairs({
    accept = function(ghost)
      return ghost.accept("all")
    end,
    accept_word = function(ghost)
      return ghost.accept("word")
    end,
    accept_line = function(ghost)
      return ghost.accept("line")
    end,
    dismiss = function(ghost)
      return ghost.dismiss()
    end,
    trigger = function(ghost)
      return ghost.trigger()
    end,
    toggle = function()
      require("soothsay.commands").run({ "toggle" })
      return true
    end,
  }) do
    local key = keymaps[name]
    if key and key ~= "" then
      M._map(bufnr, key, "soothsay: " .. name:gsub("_", " "), act)
    end
  end
end

function M._map(bufnr, key, description, act)
  local before = vim.api.nvim_buf_call(bufnr, function()
    return vim.fn.maparg(key, "i", false, true)
  end)
  if before.desc == description then
    return -- mapped when the server was attached the last time
  end
  vim.keymap.set("i", key, function()
    if act(require("soothsay.ghost")) then
      return raw("<C-g>u") -- what is accepted can be undone by itself
    end
    return M.otherwise(key, before)
  end, { buffer = bufnr, expr = true, replace_keycodes = false, desc = description })
end

return M
