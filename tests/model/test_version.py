"""A version is what Helm takes for one."""

import pytest

from jetscale_cicd.model.version import Version

LARGEST = 2**64 - 1


@pytest.mark.parametrize("text", ["{}.0.0", "0.{}.0", "0.0.{}"])
def test_a_number_has_64_bits_as_in_helm(text: str) -> None:
    assert str(Version.parse(text.format(LARGEST))) == text.format(LARGEST)
    assert Version.parse(text.format(LARGEST + 1)) is None
    assert Version.parse(text.format("9" * 5000)) is None
