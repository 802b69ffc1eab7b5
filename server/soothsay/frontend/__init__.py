"""The language server process: LSP over pygls, editor state, and requests to the backend. `server.py` registers all features."""
