"""The language server: pygls wiring around a `Session`. Handlers are registered in `server.py` and nowhere else."""
