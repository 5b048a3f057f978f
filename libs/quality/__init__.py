"""Checks of rows before they are published, and the pages of their results."""
