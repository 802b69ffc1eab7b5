-- Ghost text with tab stops: the LSP snippet that it is, the text that it shows, and putting it into the buffer.

local M = {}

---A piece of a snippet as the server writes it: text, or a tab stop with the text that stands in its place.
---@class soothsay.Piece
---@field text string
---@field stop integer|nil  its number; 0 is the end

---@param snippet string
---@return soothsay.Piece[]
function M.parse(snippet)
  local pieces, at = {}, 1
  while at <= #snippet do
    local first, last, number, label = snippet:find("^%${(%d+):?(.-)}", at)
    while first and label:gsub("\\\\", ""):sub(-1) == "\\" do -- its bracket is escaped
      local _, next_last, more = snippet:find("^(.-)}", last + 1)
      if not next_last then
        break
      end
      last, label = next_last, label .. "}" .. more
    end
    if not first then
      first, last, number = snippet:find("^%$(%d+)", at)
      label = ""
    end
    if not first then
      first, last, label = snippet:find("^([^$\\]+)", at)
    end
    if not first then -- an escaped character
      first, last, label = at, at + 1, snippet:sub(at, at + 1)
    end
    table.insert(pieces, { text = (label:gsub("\\([$}\\])", "%1")), stop = tonumber(number) })
    at = last + 1
  end
  return pieces
end

---@param pieces soothsay.Piece[]
---@return string
function M.text(pieces)
  local texts = vim.tbl_map(function(piece)
    return piece.text
  end, pieces)
  return table.concat(texts)
end

---Where the first tab stop at or behind `from` begins, in bytes of the text; nil: there is none but the end.
---@param pieces soothsay.Piece[]
---@param from integer
---@return integer|nil
function M.first_stop(pieces, from)
  local at = 0
  for _, piece in ipairs(pieces) do
    if piece.stop and piece.stop > 0 and at >= from then
      return at
    end
    at = at + #piece.text
  end
end

---@param text string
---@return string
function M.escape(text)
  return (text:gsub("[$}\\]", "\\%0"))
end

---The snippet of what is behind the first `from` bytes of the text. A tab stop of which a part is before them is none.
---@param pieces soothsay.Piece[]
---@param from integer
---@return string
function M.write(pieces, from)
  local parts, at = {}, 0
  for _, piece in ipairs(pieces) do
    local text = M.escape(piece.text:sub(math.max(0, from - at) + 1))
    if not piece.stop or (at < from and piece.stop > 0) then
      table.insert(parts, text)
    elseif text == "" then
      table.insert(parts, ("${%d}"):format(piece.stop))
    else
      table.insert(parts, ("${%d:%s}"):format(piece.stop, text))
    end
    at = at + #piece.text
  end
  return table.concat(parts)
end

---Put a snippet in the place of the line from the cursor to `finish`, and go to its first tab stop.
---Neovim indents the lines of a snippet like the one it stands in; ours are indented already, so it gets an empty line.
---@param bufnr integer
---@param snippet string
---@param finish integer  a byte of the line
function M.expand(bufnr, snippet, finish)
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local line = vim.api.nvim_buf_get_lines(bufnr, row - 1, row, false)[1] or ""
  local expandtab = vim.bo[bufnr].expandtab
  vim.api.nvim_buf_set_text(bufnr, row - 1, 0, row - 1, #line, { "" })
  vim.bo[bufnr].expandtab = false -- else it would turn tabs within the text into blanks
  local whole = M.escape(line:sub(1, col)) .. snippet .. M.escape(line:sub(finish + 1))
  local expanded, problem = pcall(vim.snippet.expand, whole)
  vim.bo[bufnr].expandtab = expandtab
  if not expanded then
    error(problem)
  end
end

return M
