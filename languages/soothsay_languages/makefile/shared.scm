; Not special targets, patterns and files.
((rule (targets (word) @target)) (#not-match? @target "^[.]|[%$/.]"))
