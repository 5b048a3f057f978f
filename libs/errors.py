"""Errors that are the user's to fix, each one line."""


class InputError(Exception):
    """The given data can't be taken; the message is one line that names the file, table or column, and what to do."""


class StoreUnreachable(Exception):
    """The object store does not answer, or refuses the key; the message is one line that says what to do."""


class PackagesMissing(Exception):
    """A package that comes with an extra of pyproject.toml is not installed; the message is one line that says what to do."""
