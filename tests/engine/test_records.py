"""Changed copies of records: what dataclasses.replace gives, without its way through __init__."""

import dataclasses
import inspect

import pytest

from pytest_stripe_balance.engine import records

KINDS = [kind for _, kind in inspect.getmembers(records, dataclasses.is_dataclass)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_changed_copy_is_what_dataclasses_replace_gives(kind):
    """All fields but the one that changes are the record's own, of every kind; the record stays."""
    names = [field.name for field in dataclasses.fields(kind)]
    record = kind(*names)
    for name in names:
        changed = records.replace(record, **{name: "changed"})
        assert changed == dataclasses.replace(record, **{name: "changed"}) != record
    assert record == kind(*names)


def test_a_change_of_no_field_fails():
    """A name that the record hasn't is no change that is lost in silence."""
    cause = records.Cause("req_1", None)
    with pytest.raises(AssertionError, match="a Cause has no requestid"):
        records.replace(cause, requestid="req_2")
