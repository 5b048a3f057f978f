"""Who did what: visitors stitched to users, events to sessions."""
