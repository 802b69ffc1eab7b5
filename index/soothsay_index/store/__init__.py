"""The LanceDB tables, the manifest beside them, and what is kept of them in memory."""
