"""This project's Python packages: which of the lock a command needs, installing them, and what is said where one is missing."""
