"""The engine: draft, trigger, ground, and the pipeline that strings them. Knows nothing of LSP."""
