"""Errors that are the user's to mend, told in one line."""


class InputError(Exception):
    """The given data can't be taken; the message is one line that names the file, table or column, and what to do."""


class StoreUnreachable(Exception):
    """The object store does not answer, or refuses the key; the message is one line that says what to do."""
