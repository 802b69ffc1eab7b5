-- `:Soothsay …`

local server = require("soothsay.server")

local M = {}

---@type integer|string|nil
local pulling -- the token of a download

local function megabytes(bytes)
  return ("%d MB"):format(bytes / 1e6)
end

---Start the server anew with another model.
---@param name string
local function use(name)
  local config = require("soothsay.config")
  config.options.settings.model = vim.tbl_extend("force", config.options.settings.model or {}, { name = name })
  config.configure()
  server.restart()
  server.say("using " .. name)
end

---@param client vim.lsp.Client
---@param model { name: string, pulled: boolean, bytes: integer }
local function choose(client, model)
  if model.pulled then
    use(model.name)
    return
  end
  local watcher = vim.api.nvim_create_autocmd("LspProgress", {
    callback = function(event)
      local params = event.data.params
      local value = params.value
      if event.data.client_id ~= client.id then
        return
      elseif value.kind == "begin" and vim.startswith(value.title or "", "Pulling") then
        pulling = params.token
      elseif value.kind == "report" and params.token == pulling then
        vim.api.nvim_echo({ { ("%s: %s"):format(model.name, value.message or "") } }, false, {})
      end
    end,
  })
  server.say(("pulling %s (%s); :Soothsay cancel stops it"):format(model.name, megabytes(model.bytes)))
  client:request("workspace/executeCommand", { command = "soothsay.pullModel", arguments = { model.name } }, function(err)
    vim.api.nvim_del_autocmd(watcher)
    pulling = nil
    if err then
      server.say(err.message, vim.log.levels.WARN)
    else
      use(model.name)
    end
  end)
end

local subcommands = {}

---Why this completion?
function subcommands.explain()
  require("soothsay.explain").open()
end

---Choose a model; one that is not here is downloaded.
---@param name string|nil
function subcommands.model(name)
  local client = server.client()
  server.execute(client, "soothsay.models", nil, function(models)
    models = vim.tbl_filter(function(model)
      return model.kind == "completion"
    end, models)
    if name then
      local named = vim.tbl_filter(function(model)
        return model.name == name
      end, models)[1]
      if named then
        choose(client, named)
      else
        server.say(("there is no model '%s'"):format(name), vim.log.levels.ERROR)
      end
      return
    end
    vim.ui.select(models, {
      prompt = "soothsay: model",
      format_item = function(model)
        local state = model.current and "in use" or model.pulled and "here" or "to be downloaded"
        return ("%s (%s, %s, %s)"):format(model.name, megabytes(model.bytes), model.licence, state)
      end,
    }, function(model)
      if model then
        choose(client, model)
      end
    end)
  end)
end

---Stop a download. What has come is kept.
function subcommands.cancel()
  local client = server.client()
  if client and pulling then
    client:notify("window/workDoneProgress/cancel", { token = pulling })
  else
    server.say("nothing is being downloaded")
  end
end

function subcommands.reindex()
  server.execute(nil, "soothsay.reindex", nil, function(result)
    server.say(result.started and "building the index anew" or "there is nothing to index yet")
  end)
end

function subcommands.pause()
  server.execute(nil, "soothsay.pause", nil, function()
    server.say("paused; :Soothsay resume goes on")
  end)
end

function subcommands.resume()
  server.execute(nil, "soothsay.resume", nil, function()
    server.say("goes on")
  end)
end

function subcommands.toggle()
  server.execute(nil, "soothsay.toggle", nil, function(result)
    server.say(result.paused and "paused; :Soothsay resume goes on" or "goes on")
  end)
end

---No completions for some minutes.
---@param minutes string|nil
function subcommands.snooze(minutes)
  local number = minutes == nil and 10 or tonumber(minutes)
  if not number then
    server.say(("'%s' is not a number of minutes"):format(minutes), vim.log.levels.ERROR)
    return
  end
  server.execute(nil, "soothsay.snooze", { number }, function()
    server.say(("no completions for %g minutes; :Soothsay resume goes on"):format(number))
  end)
end

---Ask for a completion at the cursor.
function subcommands.trigger()
  if not require("soothsay.ghost").trigger() then
    server.say("no server is attached to this buffer", vim.log.levels.WARN)
  end
end

function subcommands.restart()
  server.restart()
end

---Neovim's LSP log, which holds what the server wrote.
function subcommands.log()
  local path = vim.lsp.log and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
  vim.cmd.tabedit(vim.fn.fnameescape(path))
  vim.cmd.normal({ "G", bang = true })
end

---@param arguments string[]
function M.run(arguments)
  local act = subcommands[arguments[1]]
  if act then
    act(unpack(arguments, 2))
  else
    local known = vim.tbl_keys(subcommands)
    table.sort(known)
    server.say(("there is no '%s'; there are %s"):format(arguments[1], table.concat(known, ", ")), vim.log.levels.ERROR)
  end
end

---@param lead string
---@return string[]
function M.complete(lead)
  local found = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(subcommands))
  table.sort(found)
  return found
end

return M
