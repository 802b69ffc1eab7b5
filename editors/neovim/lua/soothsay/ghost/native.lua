-- Ghost text that Neovim 0.12 draws (`vim.lsp.inline_completion`). We accept parts of it, and tell the server.

local ghost = require("soothsay.ghost")

local M = {}

local METHOD = "textDocument/inlineCompletion"
local INVOKED = 1 -- LSP's InlineCompletionTriggerKind

---@type table<vim.lsp.Client, true>
local invoked = setmetatable({}, { __mode = "k" }) -- the next request was asked for

---@type table<vim.lsp.Client, true>
local watched = setmetatable({}, { __mode = "k" })

---Neovim tells nobody which item it draws, so the answer is seen on its way.
---@param client vim.lsp.Client
local function watch(client)
  if watched[client] then
    return
  end
  watched[client] = true
  local request = client.request
  ---@diagnostic disable-next-line: duplicate-set-field
  client.request = function(self, method, params, handler, bufnr)
    if method == METHOD and handler then
      local draw = handler
      if invoked[client] then
        invoked[client] = nil
        params.context.triggerKind = INVOKED
      elseif ghost.in_snippet() then
        vim.schedule(function()
          draw(nil, { items = {} }, { client_id = client.id, bufnr = bufnr, method = method })
        end)
        return true
      end
      handler = function(err, result, ...)
        draw(err, result, ...)
        local item = result and (result.items or result)[1]
        if item and vim.startswith(vim.fn.mode(), "i") then
          ghost.tell_shown(client, ghost.id_of(item))
        end
      end
    end
    return request(self, method, params, handler, bufnr)
  end
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  watch(client)
  vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
end

---Neovim has no function that asks; it does after a move of the cursor.
---@param client vim.lsp.Client
---@param bufnr integer
function M.trigger(client, bufnr)
  invoked[client] = true
  vim.schedule(function()
    vim.api.nvim_exec_autocmds("CursorMovedI", { buffer = bufnr, modeline = false })
  end)
end

---@param what soothsay.What
---@return boolean
function M.accept(what)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local client = vim.lsp.get_client_by_id(item.client_id)
      if not client or client.name ~= "soothsay" then
        return item -- another server's
      end
      local row, col = unpack(vim.api.nvim_win_get_cursor(0))
      row = row - 1
      local replaced = 0
      if item.range then
        local _, last
        row, col, _, last = item.range:to_extmark()
        replaced = math.max(0, last - col)
      end
      local text, pieces = ghost.text_of(item.insert_text)
      -- inserted by us: a part of it, and without what has been typed of it since
      ghost.insert({
        id = ghost.id_of(item),
        client = client,
        bufnr = vim.api.nvim_get_current_buf(),
        row = row,
        col = col,
        text = text,
        pieces = pieces,
        replaced = replaced,
      }, what)
      return nil
    end,
  })
end

---@return boolean
function M.dismiss()
  local bufnr = vim.api.nvim_get_current_buf()
  local enabled = vim.lsp.inline_completion.is_enabled({ bufnr = bufnr })
  local marks = vim.api.nvim_get_namespaces()["nvim.lsp.inline_completion"]
  local shown = enabled and marks and #vim.api.nvim_buf_get_extmarks(bufnr, marks, 0, -1, {}) > 0
  if shown then
    vim.schedule(function() -- there is no other way to take it away
      vim.lsp.inline_completion.enable(false, { bufnr = bufnr })
      vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
    end)
  end
  return shown or false
end

return M
