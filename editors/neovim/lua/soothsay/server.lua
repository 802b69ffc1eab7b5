-- The server: finding its client, running its commands, starting it again when it has died.

local M = {}

---The completion that was shown last.
---@type integer|nil
M.shown = nil

local TERMINATED = 15 -- SIGTERM, as `client:stop(true)` sends it
local PATIENCE = 3 -- restarts within this many minutes
local deaths = {} ---@type number[]

local INSTALLED = { "/site%-packages/", "/dist%-packages/", "/node_modules/" }
local opened_last ---@type string|nil  the project

---Return the root folder of the buffer's project, nil for a single file. A file of an installed package belongs to the project
---that it was opened from: a server of its own would index the package as a project.
---@param bufnr integer
---@return string|nil
function M.project(bufnr)
  local path = vim.fs.normalize(vim.api.nvim_buf_get_name(bufnr))
  for _, installed in ipairs(INSTALLED) do
    if opened_last and path:find(installed) then
      return opened_last
    end
  end
  local root = vim.fs.root(bufnr, vim.lsp.config.soothsay.root_markers)
  opened_last = root or opened_last
  return root
end

---The client of this buffer, else any.
---@param bufnr integer|nil
---@return vim.lsp.Client|nil
function M.client(bufnr)
  local here = vim.lsp.get_clients({ name = "soothsay", bufnr = bufnr or vim.api.nvim_get_current_buf() })
  return here[1] or vim.lsp.get_clients({ name = "soothsay" })[1]
end

---@param message string
---@param level integer|nil
function M.say(message, level)
  vim.notify("soothsay: " .. message:gsub("^soothsay: ", ""), level or vim.log.levels.INFO)
end

---Run a command of the server. Errors are shown.
---@param client vim.lsp.Client|nil  nil: the one of this buffer
---@param command string
---@param arguments any[]|nil
---@param done fun(result: any)|nil
function M.execute(client, command, arguments, done)
  client = client or M.client()
  if not client then
    M.say("no server is running: open a Python file; :checkhealth soothsay says more", vim.log.levels.WARN)
    return
  end
  client:request("workspace/executeCommand", { command = command, arguments = arguments or {} }, function(err, result)
    if err then
      M.say(err.message or vim.inspect(err), vim.log.levels.ERROR)
    elseif done then
      done(result ~= vim.NIL and result or nil)
    end
  end)
end

---How many seconds to wait before the server is started again; nil: it dies too often.
---@param times number[]  when it died, in seconds
---@param now number
---@return number|nil
function M.delay(times, now)
  local recent = vim.tbl_filter(function(time)
    return now - time < PATIENCE * 60
  end, times)
  return #recent < 5 and 0.2 * 2 ^ #recent or nil
end

---`on_exit` of the client.
---@param code integer
---@param signal integer
---@param client_id integer
function M.on_exit(code, signal, client_id)
  require("soothsay.status").forget(client_id)
  local asked_to = (code == 0 and signal == 0) or signal == TERMINATED
  if asked_to or vim.v.exiting ~= vim.NIL then
    return
  end
  local now = vim.uv.hrtime() / 1e9
  local delay = M.delay(deaths, now)
  table.insert(deaths, now)
  vim.schedule(function()
    if not delay then
      M.say("the server has died five times; :Soothsay log says why, :Soothsay restart tries again", vim.log.levels.ERROR)
      return
    end
    vim.defer_fn(M.start, math.floor(delay * 1000))
  end)
end

---Start the server for the open buffers that it is for, where it does not run.
function M.start()
  vim.lsp.enable("soothsay")
end

---Start it anew, also after it has died too often.
function M.restart()
  deaths = {}
  for _, client in ipairs(vim.lsp.get_clients({ name = "soothsay" })) do
    client:stop(true)
  end
  vim.defer_fn(M.start, 500)
end

return M
