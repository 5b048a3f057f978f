"""A package that is not installed is named with the command that installs it."""

import pytest

from libs.errors import PackagesMissing
from libs.packages.optional import require


def test_a_package_that_is_installed_is_not_mentioned() -> None:
    require("json", "s3", "a store")


def test_a_missing_package_is_named_with_the_command() -> None:
    with pytest.raises(PackagesMissing) as raised:
        require("not_to_be_found", "s3", "s3a://lake")

    said = "s3a://lake needs the package not_to_be_found, which is not installed: run `make setup EXTRAS=s3`"
    assert str(raised.value) == said
