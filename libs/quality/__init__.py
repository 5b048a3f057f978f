"""Checking rows before they are published, and the pages that show what was checked."""
