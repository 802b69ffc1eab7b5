"""What the index reads of TypeScript and JavaScript: declarations of installed packages, and the workspace's files."""
