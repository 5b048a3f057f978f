"""Scores of users by the champion, with reasons, and the users that an offer is worth most to."""
