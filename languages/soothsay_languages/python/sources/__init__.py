"""What the index reads of Python: installed packages, client libraries, the workspace's files and notebooks."""
