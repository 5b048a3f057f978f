"""Settings and declarations in files: reading them in layers, with file and line of what is wrong."""
