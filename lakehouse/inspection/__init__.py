"""Looking at files before they are taken: what they are, how they would be read, what would be rejected. Nothing is written."""
