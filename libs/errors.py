"""Errors that the user can fix, each one line."""


class InputError(Exception):
    """The input is invalid; the message is one line that names the file, table or column, and what to do."""


class StoreUnreachable(Exception):
    """The object store does not answer or rejects the key; the message is one line that says what to do."""


class PackagesMissing(Exception):
    """A package that comes with an extra of pyproject.toml is not installed; the message is one line that says what to do."""
