; The programs that a package installs.
((table (dotted_key) @_table (pair . (_) @command)) (#eq? @_table "project.scripts"))
((table (dotted_key) @_table (pair . (_) @command)) (#eq? @_table "tool.poetry.scripts"))
