"""llama.cpp in this process: weights, contexts with their KV caches, and the decode loop."""
