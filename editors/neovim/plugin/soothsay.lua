-- Commands, <Plug> mappings and highlight groups. Everything else is loaded when a server is attached.

if vim.g.loaded_soothsay then
  return
end
vim.g.loaded_soothsay = true

if vim.fn.has("nvim-0.11") == 0 then
  vim.notify("soothsay needs Neovim 0.11 or newer", vim.log.levels.ERROR)
  return
end

vim.api.nvim_create_user_command("Soothsay", function(arguments)
  require("soothsay.commands").run(arguments.fargs)
end, {
  nargs = "+",
  desc = "soothsay: explain, model, reindex, pause, resume, toggle, snooze, trigger, cancel, log",
  complete = function(...)
    return require("soothsay.commands").complete(...)
  end,
})

for what, does in pairs({ all = "accept", word = "accept-word", line = "accept-line" }) do
  vim.keymap.set("i", ("<Plug>(soothsay-%s)"):format(does), function()
    require("soothsay.ghost").accept(what)
  end, { desc = "soothsay: " .. does })
end
vim.keymap.set("i", "<Plug>(soothsay-dismiss)", function()
  require("soothsay.ghost").dismiss()
end, { desc = "soothsay: dismiss" })
vim.keymap.set("i", "<Plug>(soothsay-trigger)", function()
  require("soothsay.ghost").trigger()
end, { desc = "soothsay: trigger" })
vim.keymap.set({ "i", "n" }, "<Plug>(soothsay-toggle)", function()
  require("soothsay.commands").run({ "toggle" })
end, { desc = "soothsay: toggle" })

local function highlight()
  for group, link in pairs({
    SoothsayGhost = vim.fn.hlexists("ComplHint") == 1 and "ComplHint" or "NonText",
    SoothsayTitle = "Title",
    SoothsayVerified = "DiagnosticOk",
    SoothsayUnverified = "DiagnosticWarn",
    SoothsayRejected = "DiagnosticError",
    SoothsayDim = "Comment",
    SoothsayLink = "Underlined",
    -- a token of the draft by its probability: from 0.95, from 0.8, from 0.4, below
    SoothsayTokenSure = "DiagnosticOk",
    SoothsayTokenLikely = "DiagnosticInfo",
    SoothsayTokenDoubted = "DiagnosticWarn",
    SoothsayTokenGuessed = "DiagnosticError",
  }) do
    vim.api.nvim_set_hl(0, group, { link = link, default = true })
  end
end
highlight()

local group = vim.api.nvim_create_augroup("soothsay", {})
vim.api.nvim_create_autocmd("ColorScheme", { group = group, callback = highlight })
vim.api.nvim_create_autocmd("LspAttach", {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == "soothsay" then
      require("soothsay").attach(client, event.buf)
    end
  end,
})
