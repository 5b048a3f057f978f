"""Bronze: what came, as it came, with where and when it came from."""
