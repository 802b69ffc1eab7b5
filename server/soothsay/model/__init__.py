"""llama.cpp, seen from Python: runtime (decode loop, KV cache), vocab, fim (layout), healing, registry."""
