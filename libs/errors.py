"""Errors that are the user's to mend."""


class InputError(Exception):
    """The given data can't be taken; the message is one line that names the file, table or column, and what to do."""
