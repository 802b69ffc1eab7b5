-- What `vim.lsp.enable("soothsay")` starts. Lay your own over it with `vim.lsp.config("soothsay", { … })`.

---@type vim.lsp.Config
return {
  cmd = { "soothsay", "serve", "--stdio" },
  filetypes = {
    "python",
    "yaml",
    "sh",
    "bash",
    "typescript",
    "typescriptreact",
    "javascript",
    "javascriptreact",
    "go",
    "rust",
    "java",
    "toml",
    "json",
    "jsonc",
    "dockerfile",
    "make",
    "c",
    "cpp",
  },
  root_dir = function(bufnr, on_dir)
    on_dir(require("soothsay.server").project(bufnr))
  end,
  root_markers = {
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "package.json",
    "tsconfig.json",
    "jsconfig.json",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "compile_commands.json",
    "compile_flags.txt",
    ".git",
  },
  settings = { soothsay = {} },
  capabilities = {
    textDocument = { inlineCompletion = { dynamicRegistration = false } }, -- Neovim 0.11 does not announce it
    experimental = { soothsay = { status = true, snippets = true } },
  },
  handlers = {
    ["soothsay/status"] = function(...)
      return require("soothsay.status").on_status(...)
    end,
  },
  on_exit = function(...)
    require("soothsay.server").on_exit(...)
  end,
}
