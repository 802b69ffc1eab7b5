-- Tells the server where the cursor has gone: it reads the place before anything is typed there.

local M = {}

local SETTLED = 100 -- ms without a move

---@param client vim.lsp.Client
---@param bufnr integer
local function tell(client, bufnr)
  if vim.api.nvim_get_current_buf() ~= bufnr or client:is_stopped() then
    return
  end
  client:notify("soothsay/didMoveCursor", vim.lsp.util.make_position_params(0, client.offset_encoding))
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local timer = assert(vim.uv.new_timer())
  local group = vim.api.nvim_create_augroup("soothsay.cursor." .. bufnr, {})
  local function later()
    timer:start(
      SETTLED,
      0,
      vim.schedule_wrap(function()
        tell(client, bufnr)
      end)
    )
  end
  -- not in insert mode: what is typed the server sees by itself
  vim.api.nvim_create_autocmd({ "BufEnter", "CursorMoved" }, { group = group, buffer = bufnr, callback = later })
  vim.api.nvim_create_autocmd({ "BufUnload", "BufDelete", "LspDetach" }, {
    group = group,
    buffer = bufnr,
    callback = function(event)
      if event.event == "LspDetach" and event.data.client_id ~= client.id then
        return
      end
      timer:stop()
      if not timer:is_closing() then
        timer:close()
      end
      pcall(vim.api.nvim_del_augroup_by_id, group)
    end,
  })
  later()
end

return M
