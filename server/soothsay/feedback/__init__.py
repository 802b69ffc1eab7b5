"""What became of completions: a log that stays on this machine, off until a user names a folder."""
