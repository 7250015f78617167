"""What each row's ordinary calls, those of the tour, rest on: exactly the sets of a table."""

from pathlib import Path

import pytest
import yaml

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.engine.state.assumptions import REGISTER
from pytest_stripe_balance.resources import newest_api_version

TABLE = yaml.safe_load((Path(__file__).parent / "relied_on.yaml").read_text("utf-8"))
NOTHING = "nothing"


def written(entries):
    """Write a set as the table has it."""
    return " ".join(sorted(entries)) or NOTHING


@pytest.mark.parametrize("row", routes.ENDPOINTS, ids=str)
def test_ordinary_calls_rest_on_exactly_these(row, toured):
    """Each set that a call of the tour rests on stands in the table, in the order of the tour, and no other."""
    rested = [written(*answer.rested) for answer in toured(newest_api_version()).answers[row]]
    sets = list(dict.fromkeys(rested))
    assert row.name in TABLE, f"tests/api/relied_on.yaml lacks {row.name}; its sets are {sets}"
    assert sets == TABLE[row.name], row.name


def test_each_row_has_its_sets():
    """The table has the rows of the endpoints, in their order, and names only entries of the register."""
    assert list(TABLE) == [row.name for row in routes.ENDPOINTS]
    named = {entry for sets in TABLE.values() for one in sets for entry in one.split()}
    assert named - REGISTER.keys() == {NOTHING}
