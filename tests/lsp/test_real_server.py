"""The server with the real model, index and embeddings."""
