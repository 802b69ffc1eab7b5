"""soothsay: hallucination-aware code completion over LSP."""

__version__ = "0.1.0"
