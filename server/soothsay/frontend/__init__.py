"""The language server: pygls wiring around an `EditorSession`. Handlers are registered in `server.py` and nowhere else."""
