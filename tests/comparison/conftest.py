"""What the tests of comparisons share."""

import pytest
from stories import Story


@pytest.fixture
def story():
    """An empty recording."""
    return Story()
