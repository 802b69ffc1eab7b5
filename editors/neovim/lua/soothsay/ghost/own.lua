-- Ghost text from our own extmarks, for Neovim 0.11. It stays while what it says is typed.

local config = require("soothsay.config")
local ghost = require("soothsay.ghost")

local M = {}

local METHOD = "textDocument/inlineCompletion"
local INVOKED, AUTOMATIC = 1, 2 -- LSP's InlineCompletionTriggerKind
local namespace = vim.api.nvim_create_namespace("soothsay.ghost")

---@class soothsay.Buffer
---@field client vim.lsp.Client
---@field suggestion soothsay.Suggestion|nil
---@field timer uv.uv_timer_t
---@field request integer|nil

---@type table<integer, soothsay.Buffer>
local buffers = {}

---@param bufnr integer
local function clear(bufnr)
  buffers[bufnr].suggestion = nil
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
end

---@param buffer soothsay.Buffer
local function cancel(buffer)
  buffer.timer:stop()
  if buffer.request then
    buffer.client:cancel_request(buffer.request)
    buffer.request = nil
  end
end

---@param bufnr integer
---@param text string
---@param replaced integer  bytes right of the cursor that it says anew: it is drawn over them
local function draw(bufnr, text, replaced)
  local tab = (" "):rep(vim.bo[bufnr].tabstop)
  local lines = {} ---@type [string, string][][]
  for line in vim.gsplit(text, "\n", { plain = true }) do
    table.insert(lines, { { (line:gsub("\t", tab)), "SoothsayGhost" } })
  end
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  vim.api.nvim_buf_set_extmark(bufnr, namespace, row - 1, col, {
    virt_text = lines[1],
    virt_text_pos = replaced > 0 and "overlay" or "inline",
    virt_lines = #lines > 1 and vim.list_slice(lines, 2) or nil,
    hl_mode = "combine",
  })
end

---Draw what is left of the suggestion.
---@param bufnr integer
---@return boolean  whether there is anything left
local function redraw(bufnr)
  local suggestion = buffers[bufnr].suggestion
  local _, rest = nil, nil
  if suggestion then
    _, rest = ghost.split(suggestion)
  end
  if not rest or rest == "" then
    clear(bufnr)
    return false
  end
  draw(bufnr, rest, suggestion.replaced)
  return true
end

---@param client vim.lsp.Client
---@param bufnr integer
---@param result lsp.InlineCompletionList|lsp.InlineCompletionItem[]|nil
local function take(client, bufnr, result)
  local item = result and (result.items or result)[1]
  if not item or vim.api.nvim_get_current_buf() ~= bufnr or not vim.startswith(vim.fn.mode(), "i") then
    return
  end
  local start, finish = item.range.start, item.range["end"]
  local line = vim.api.nvim_buf_get_lines(bufnr, start.line, start.line + 1, false)[1] or ""
  local function byte(character)
    return vim.str_byteindex(line, client.offset_encoding, character, false)
  end
  local text, pieces = ghost.text_of(item.insertText)
  buffers[bufnr].suggestion = {
    id = ghost.id_of(item),
    client = client,
    bufnr = bufnr,
    row = start.line,
    col = byte(start.character),
    text = text,
    pieces = pieces,
    replaced = byte(finish.character) - byte(start.character),
  }
  if redraw(bufnr) then
    ghost.tell_shown(client, ghost.id_of(item))
  end
end

---@param bufnr integer
---@param kind integer  LSP's InlineCompletionTriggerKind
local function ask(bufnr, kind)
  local buffer = buffers[bufnr]
  if not buffer then
    return
  end
  local writes = vim.api.nvim_get_current_buf() == bufnr and vim.startswith(vim.fn.mode(), "i")
  if not writes or (kind == AUTOMATIC and ghost.in_snippet()) then
    cancel(buffer)
    return
  end
  local client = buffer.client
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  ---@diagnostic disable-next-line: inject-field
  params.context = { triggerKind = kind }
  local superseded = buffer.request
  local sent, request ---@type boolean, integer?
  sent, request = client:request(METHOD, params, function(_, result)
    if buffer.request == request then -- no newer one has been sent
      buffer.request = nil
      take(client, bufnr, result)
    end
  end, bufnr)
  buffer.request = sent and request or nil
  if superseded then -- only now: what the server was writing may be what has been typed
    client:cancel_request(superseded)
  end
end

---The text or the cursor has moved.
---@param bufnr integer
local function update(bufnr)
  if redraw(bufnr) then
    return
  end
  local buffer = buffers[bufnr]
  buffer.timer:start(
    config.options.debounce,
    0,
    vim.schedule_wrap(function()
      ask(bufnr, AUTOMATIC)
    end)
  )
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  if buffers[bufnr] then -- the server is a new one
    cancel(buffers[bufnr])
    buffers[bufnr].client = client
    return
  end
  buffers[bufnr] = { client = client, timer = assert(vim.uv.new_timer()) }
  local group = vim.api.nvim_create_augroup("soothsay.ghost." .. bufnr, {})
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = bufnr, callback = callback })
  end
  on({ "InsertEnter", "TextChangedI", "TextChangedP", "CursorMovedI" }, function()
    update(bufnr)
  end)
  on({ "InsertLeave", "BufLeave" }, function()
    cancel(buffers[bufnr])
    clear(bufnr)
  end)
  on({ "BufUnload", "BufDelete" }, function()
    cancel(buffers[bufnr])
    buffers[bufnr].timer:close()
    buffers[bufnr] = nil
    vim.api.nvim_del_augroup_by_id(group)
  end)
end

---@param _client vim.lsp.Client
---@param bufnr integer
function M.trigger(_client, bufnr)
  if buffers[bufnr] then
    cancel(buffers[bufnr])
    vim.schedule(function()
      ask(bufnr, INVOKED)
    end)
  end
end

---@return soothsay.Suggestion|nil
local function current()
  local buffer = buffers[vim.api.nvim_get_current_buf()]
  return buffer and buffer.suggestion
end

---@param what soothsay.What
---@return boolean
function M.accept(what)
  local suggestion = current()
  if not suggestion then
    return false
  end
  vim.schedule(function()
    if not ghost.insert(suggestion, what) then
      clear(suggestion.bufnr)
    end
  end)
  return true
end

---@return boolean
function M.dismiss()
  local suggestion = current()
  if not suggestion then
    return false
  end
  vim.schedule(function()
    cancel(buffers[suggestion.bufnr])
    clear(suggestion.bufnr)
  end)
  return true
end

return M
