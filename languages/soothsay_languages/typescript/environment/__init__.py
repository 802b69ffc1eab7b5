"""Where npm packages are installed, and which file declares what an import of one gives."""
