-- Why this completion? The JSON of `soothsay.explain`, in a floating window.

local config = require("soothsay.config")
local server = require("soothsay.server")

local M = {}

local namespace = vim.api.nvim_create_namespace("soothsay.explain")

local SHADES = { -- from this probability on
  { 0.95, "SoothsayTokenSure" },
  { 0.8, "SoothsayTokenLikely" },
  { 0.4, "SoothsayTokenDoubted" },
  { 0, "SoothsayTokenGuessed" },
}
local WIDEST = 76 -- characters of what was found, but not used
local STEPS = { "draft", "trigger", "retrieve", "regenerate", "verify", "repair", "total" }

---A text under construction: lines, what is highlighted in them, and what a line leads to.
---@class soothsay.Page
---@field lines string[]
---@field marks { row: integer, from: integer, to: integer, group: string }[]
---@field links table<integer, { uri: string, symbol: string }>  by 1-based line
local Page = {}
Page.__index = Page

---@return soothsay.Page
local function new_page()
  return setmetatable({ lines = {}, marks = {}, links = {} }, Page)
end

---Add pieces `{ text, group? }` as a line; a line break in a text begins a new one, indented like the first.
---@param indent string
---@param pieces { [1]: string, [2]: string? }[]
function Page:add(indent, pieces)
  local line = indent
  for _, piece in ipairs(pieces) do
    for number, text in ipairs(vim.split(piece[1], "\n", { plain = true })) do
      if number > 1 then
        table.insert(self.lines, line)
        line = indent
      end
      if piece[2] and text ~= "" then
        table.insert(self.marks, { row = #self.lines, from = #line, to = #line + #text, group = piece[2] })
      end
      line = line .. text
    end
  end
  table.insert(self.lines, line)
end

---@param title string
---@param note string|nil
function Page:section(title, note)
  if #self.lines > 0 then
    table.insert(self.lines, "")
  end
  self:add(" ", { { title, "SoothsayTitle" }, note and { "  " .. note, "SoothsayDim" } or nil })
end

---@param value any
---@return any
local function some(value)
  return value ~= vim.NIL and value or nil
end

---Package and version after `separator`; empty where there is none.
---@param separator string
---@param evidence { package: string, version: string }
---@return string
local function origin(separator, evidence)
  local from = vim.trim(evidence.package .. " " .. evidence.version)
  return from ~= "" and separator .. from or ""
end

---@param probability number
---@return string
function M.shade(probability)
  for _, shade in ipairs(SHADES) do
    if probability >= shade[1] then
      return shade[2]
    end
  end
  return SHADES[#SHADES][2]
end

---The first line of a text, or what fits into `WIDEST` of it.
---@param text string
---@return string
function M.shorten(text)
  local line = vim.split(text, "\n", { plain = true })[1]
  if vim.fn.strchars(line) == vim.fn.strchars(text) and vim.fn.strchars(line) <= WIDEST then
    return line
  end
  return vim.fn.strcharpart(line, 0, WIDEST) .. " …"
end

---How likely it is to be kept, where that was learned.
---@param chance { probability: number, least: number, outcomes: integer, tried: boolean }|nil
---@return string|nil
local function likely(chance)
  if not chance then
    return nil
  end
  local shares = ("%.0f %% likely to be kept (least %.0f %%"):format(100 * chance.probability, 100 * chance.least)
  local tried = chance.tried and ", shown to see whether that is so" or ""
  return ("%s, learned from %d completions)%s"):format(shares, chance.outcomes, tried)
end

---@param page soothsay.Page
---@param why table
local function verdict(page, why)
  local check = why.oracle
  local trimmed = check.trimmed ~= ""
  local group = "Soothsay" .. why.verdict:gsub("^%l", string.upper)
  local symbols = config.options.symbols
  local pieces = {
    { (trimmed and symbols.trimmed or symbols[why.verdict] or "") .. " ", group },
    { why.verdict .. (trimmed and ", trimmed" or "") .. (check.repaired ~= "" and ", repaired" or ""), group },
  }
  local best = why.evidence[1]
  if best then
    table.insert(pieces, { " · " .. best.symbol })
    table.insert(pieces, { origin(" · ", best), "SoothsayDim" })
  end
  page:add(" ", pieces)
  local chance = likely(some(why.gate))
  if chance then
    page:add("   ", { { chance, "SoothsayDim" } })
  end
end

---Why nothing is shown now, where that is so.
---@param page soothsay.Page
---@param why table
local function nothing(page, why)
  local ending = some(why.nothingSince) or (why.text == "" and why.ending) or nil
  if not ending or ending.step == "shown" then
    return
  end
  local refused = ending.step == "refused" and why.oracle.problem ~= ""
  page:section("Nothing is shown now", refused and why.oracle.problem or ending.explanation)
  local chance = ending.step == "unlikely" and some(why.nothingSince) and likely(some(ending.gate))
  if chance then
    page:add("   ", { { chance, "SoothsayDim" } })
  end
  if vim.trim(ending.dropped) ~= "" then
    page:add("   ", { { "thrown away: ", "SoothsayDim" }, { M.shorten(vim.trim(ending.dropped)) } })
  end
  table.insert(page.lines, "")
end

---@param page soothsay.Page
---@param tokens { text: string, probability: number }[]
local function draft(page, tokens)
  page:section("Draft", "what the model wrote alone")
  local pieces, weakest = {}, nil
  for number, token in ipairs(tokens) do
    local text = number == #tokens and token.text:gsub("%s+$", "") or token.text
    table.insert(pieces, { text, M.shade(token.probability) })
    if vim.trim(token.text) ~= "" and (not weakest or token.probability < weakest.probability) then
      weakest = token
    end
  end
  page:add("   ", pieces)
  page:add("   ", {
    { "sure ", "SoothsayTokenSure" },
    { "0.95 ", "SoothsayDim" },
    { "likely ", "SoothsayTokenLikely" },
    { "0.80 ", "SoothsayDim" },
    { "doubted ", "SoothsayTokenDoubted" },
    { "0.40 ", "SoothsayDim" },
    { "guessed", "SoothsayTokenGuessed" },
    { weakest and ("   least: '%s' at %.2f"):format(vim.trim(weakest.text), weakest.probability) or "", "SoothsayDim" },
  })
end

---@param page soothsay.Page
---@param trigger table
---@param method string
local function decision(page, trigger, method)
  local name, confidence = some(trigger.name), some(trigger.confidence)
  page:section("Trigger", trigger.fired and "documentation was looked up" or "nothing was looked up")
  if name or confidence then
    local sure = confidence and ("confidence %.2f, threshold %.2f"):format(confidence, trigger.threshold) or ""
    page:add("   ", { { name or "the draft" }, { "  " .. sure, "SoothsayDim" } })
    if method == "full" and not trigger.fired and confidence and confidence < trigger.threshold then
      page:add("   ", { { "· it is a name of this workspace: the model has read it" } })
    end
  end
  for at, reason in ipairs(trigger.reasons) do
    page:add("   ", { { "· " .. ((trigger.explanations or {})[at] or reason) } })
  end
end

---@param page soothsay.Page
---@param evidence table[]
local function grounds(page, evidence)
  page:section("Evidence", #evidence > 0 and "<CR> opens the file" or "none")
  for number, each in ipairs(evidence) do
    page:add("   ", {
      { each.symbol, each.uri ~= "" and "SoothsayLink" or nil },
      { origin("  ", each), "SoothsayDim" },
    })
    if each.uri ~= "" then
      page.links[#page.lines] = { uri = each.uri, symbol = each.symbol }
    end
    local text = vim.trim(each.text)
    page:add("     ", { { number == 1 and text or M.shorten(text), "SoothsayDim" } })
  end
end

---@param page soothsay.Page
---@param check table
local function oracle(page, check)
  page:section("Type checker", #check.questions == 0 and "not asked" or nil)
  for _, question in ipairs(check.questions) do
    local answer = question.answered and "" or "  no answer"
    page:add("   ", { { question.what }, { ("  %.1f ms%s"):format(question.ms, answer), "SoothsayDim" } })
  end
  for _, outcome in ipairs({ "problem", "repaired", "trimmed" }) do
    if check[outcome] ~= "" then
      page:add("   ", { { outcome .. ": ", "SoothsayTitle" }, { vim.trim(check[outcome]) } })
    end
  end
end

---@param page soothsay.Page
---@param timings table<string, number>
local function times(page, timings)
  page:section("Time")
  local spent = {}
  for _, step in ipairs(STEPS) do
    if timings[step] then
      table.insert(spent, ("%s %.0f ms"):format(step, timings[step]))
    end
  end
  page:add("   ", { { table.concat(spent, " · ") } })
end

---@param page soothsay.Page
---@param stops { label: string }[]
local function left_to_you(page, stops)
  local labels = vim.tbl_map(function(stop)
    return stop.label ~= "" and stop.label or "a value"
  end, stops)
  if #labels > 0 then
    page:add("   ", { { "values left to you: ", "SoothsayDim" }, { table.concat(labels, ", ") } })
  end
end

---@param why table  the JSON of one completion, see docs/protocol.md
---@return soothsay.Page
function M.render(why)
  local page = new_page()
  nothing(page, why)
  verdict(page, why)
  draft(page, why.tokens)
  decision(page, why.trigger, why.method)
  grounds(page, why.evidence)
  oracle(page, why.oracle)
  page:section("Answer", "method " .. why.method)
  page:add("   ", { { why.text ~= "" and why.text or "(nothing worth showing)" } })
  left_to_you(page, why.tab_stops or {})
  times(page, why.timings_ms)
  return page
end

---Leave the window for the file that the line under the cursor leads to.
---@param window integer
---@param links table<integer, { uri: string, symbol: string }>
local function follow(window, links)
  local link = links[vim.api.nvim_win_get_cursor(window)[1]]
  if link then
    vim.api.nvim_win_close(window, true)
    vim.cmd.edit(vim.fn.fnameescape(vim.uri_to_fname(link.uri)))
    vim.fn.search([[\<]] .. vim.fn.escape(link.symbol:match("[^.]+$") or link.symbol, [[\]]) .. [[\>]], "w")
  end
end

---@param page soothsay.Page
---@return integer window
function M.show(page)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, page.lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = "wipe"
  vim.bo[bufnr].filetype = "soothsay-explain"
  for _, mark in ipairs(page.marks) do
    vim.api.nvim_buf_set_extmark(bufnr, namespace, mark.row, mark.from, {
      end_col = mark.to,
      hl_group = mark.group,
    })
  end
  local widest = 40
  for _, line in ipairs(page.lines) do
    widest = math.max(widest, vim.fn.strdisplaywidth(line) + 1)
  end
  local width = math.min(widest, math.max(20, vim.o.columns - 6))
  local height = 0
  for _, line in ipairs(page.lines) do
    height = height + math.max(1, math.ceil(vim.fn.strdisplaywidth(line) / width))
  end
  height = math.min(height, math.max(5, vim.o.lines - 5))
  local window = vim.api.nvim_open_win(bufnr, true, {
    relative = "editor",
    row = math.max(0, math.floor((vim.o.lines - height - 3) / 2)),
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
    border = "rounded",
    title = " Why this completion? ",
    title_pos = "center",
    footer = " q closes ",
    footer_pos = "right",
    style = "minimal",
  })
  vim.wo[window].wrap = true
  vim.wo[window].linebreak = true
  vim.wo[window].breakindent = true
  for _, key in ipairs({ "q", "<Esc>" }) do
    vim.keymap.set("n", key, "<Cmd>close<CR>", { buffer = bufnr, nowait = true })
  end
  for _, key in ipairs({ "<CR>", "gf" }) do
    vim.keymap.set("n", key, function()
      follow(window, page.links)
    end, { buffer = bufnr, desc = "soothsay: open the file" })
  end
  return window
end

---Explain the completion that was shown last, or else the last one.
function M.open()
  server.execute(nil, "soothsay.explain", server.shown and { { id = server.shown } } or {}, function(why)
    if not why then
      server.say("there is nothing to explain yet")
      return
    end
    require("soothsay.ghost").dismiss() -- the window takes the cursor away before insert mode is left
    vim.cmd.stopinsert()
    M.show(M.render(why))
  end)
end

return M
