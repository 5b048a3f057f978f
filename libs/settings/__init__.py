"""Settings and declarations in files: read in layers, with file and line of each error."""
