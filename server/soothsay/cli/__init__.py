"""The `soothsay` command: one module a group of subcommands."""
