-- Ghost text, drawn by Neovim where it can (0.12), by us where it cannot.

local part = require("soothsay.part")
local server = require("soothsay.server")

local M = {}

---A completion on the screen, or about to be. Positions are 0-based; columns are bytes.
---@class soothsay.Suggestion
---@field id integer|nil  the server's number for it
---@field client vim.lsp.Client
---@field bufnr integer
---@field row integer     where it begins
---@field col integer
---@field text string
---@field replaced integer  bytes right of it that the text says anew

---@return table  the module that draws
local function painter()
  return require(vim.lsp.inline_completion and "soothsay.ghost.native" or "soothsay.ghost.own")
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  painter().attach(client, bufnr)
end

---Insert ghost text, once the key that asked for it has been handled.
---@param what soothsay.What
---@return boolean  whether there is any
function M.accept(what)
  return painter().accept(what)
end

---Take the ghost text away.
---@return boolean  whether there was any
function M.dismiss()
  return painter().dismiss()
end

---Ask for ghost text at the cursor, as someone who wants it: also where none is given by itself.
---@return boolean  whether a server is attached here
function M.trigger()
  local client = server.client(vim.api.nvim_get_current_buf())
  if not client then
    return false
  end
  painter().trigger(client, vim.api.nvim_get_current_buf())
  return true
end

---The completion that an item is.
---@param item lsp.InlineCompletionItem|vim.lsp.inline_completion.Item
---@return integer|nil
function M.id_of(item)
  local arguments = item.command and item.command.arguments
  return arguments and arguments[1] and arguments[1].id
end

---What has been typed of a suggestion, and what has not; nil when something else stands there.
---@param suggestion soothsay.Suggestion
---@return string|nil typed, string|nil rest
function M.split(suggestion)
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  row = row - 1
  if row < suggestion.row or (row == suggestion.row and col < suggestion.col) then
    return nil
  end
  local read, lines =
    pcall(vim.api.nvim_buf_get_text, suggestion.bufnr, suggestion.row, suggestion.col, row, col, {})
  if not read then
    return nil
  end
  local typed = table.concat(lines, "\n")
  local rest = part.rest(suggestion.text, typed)
  if not rest then
    return nil
  end
  return typed, rest
end

---Insert the part of the suggestion that `what` names, and tell the server.
---@param suggestion soothsay.Suggestion
---@param what soothsay.What
---@return string|nil rest  what is still to be accepted
function M.insert(suggestion, what)
  local typed, rest = M.split(suggestion)
  if not typed or not rest or rest == "" then
    return nil
  end
  -- a part of what says the rest of the line anew would say it twice
  local text = part.of(suggestion.replaced > 0 and "all" or what, rest)
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(text, "\n", { plain = true })
  local line = vim.api.nvim_buf_get_lines(suggestion.bufnr, row - 1, row, false)[1] or ""
  local finish = math.min(col + suggestion.replaced, #line)
  vim.api.nvim_buf_set_text(suggestion.bufnr, row - 1, col, row - 1, finish, lines)
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, (#lines == 1 and col or 0) + #lines[#lines] })
  local left = rest:sub(#text + 1)
  if suggestion.id and left == "" then
    server.execute(suggestion.client, "soothsay.accepted", { { id = suggestion.id } })
  elseif suggestion.id then
    local accepted = vim.str_utfindex(typed .. text, suggestion.client.offset_encoding)
    suggestion.client:notify("soothsay/didPartiallyAccept", { id = suggestion.id, acceptedLength = accepted })
  end
  return left ~= "" and left or nil
end

---@param client vim.lsp.Client
---@param id integer|nil
function M.tell_shown(client, id)
  if id then
    server.shown = id
    client:notify("soothsay/didShow", { id = id })
  end
end

return M
