"""soothsay_index: finds documentation and code. Knows nothing of LSP or of language models."""
