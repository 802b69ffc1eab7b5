"""The `soothsay` command: one module for each group of subcommands."""
