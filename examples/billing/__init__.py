"""Double-entry bookkeeping, small."""
