-- Ghost text, drawn by Neovim where it can (0.12), by us where it cannot.

local part = require("soothsay.part")
local server = require("soothsay.server")
local snippet = require("soothsay.snippet")

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
---@field pieces soothsay.Piece[]|nil  where it has tab stops: what the text is made of

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

---The text that an item shows, and its pieces where it has tab stops.
---@param insert_text string|lsp.StringValue
---@return string text, soothsay.Piece[]|nil pieces
function M.text_of(insert_text)
  if type(insert_text) == "string" then
    return insert_text, nil
  end
  local pieces = snippet.parse(insert_text.value)
  return snippet.text(pieces), pieces
end

---Whether ghost text has to wait: within a snippet, the keys are for its tab stops.
---@return boolean
function M.in_snippet()
  return vim.snippet.active({ direction = 1 })
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

---Put `text` in the place of the line from the cursor to `finish`, and go behind it.
---@param bufnr integer
---@param text string
---@param finish integer  a byte of the line
local function put(bufnr, text, finish)
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(text, "\n", { plain = true })
  vim.api.nvim_buf_set_text(bufnr, row - 1, col, row - 1, finish, lines)
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, (#lines == 1 and col or 0) + #lines[#lines] })
end

---Insert the part of the suggestion that `what` names, and tell the server. A part that reaches a tab stop is all of it.
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
  local stop = suggestion.pieces and snippet.first_stop(suggestion.pieces, #typed)
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local line = vim.api.nvim_buf_get_lines(suggestion.bufnr, row - 1, row, false)[1] or ""
  local finish = math.min(col + suggestion.replaced, #line)
  if stop and stop < #typed + math.max(1, #text) then
    text = rest
    snippet.expand(suggestion.bufnr, snippet.write(suggestion.pieces, #typed), finish)
  else
    put(suggestion.bufnr, text, finish)
  end
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
