"""Errors that the user can fix, each printed as its one line."""


class UserError(Exception):
    """What the user can fix; the message is one line that says what is wrong and what to do. Jobs print it without a trace."""


class InputError(UserError):
    """The given data can't be taken; the message is one line that names the file, table or column, and what to do."""


class StoreUnreachable(UserError):
    """The object store does not answer, or refuses the key; the message is one line that says what to do."""
