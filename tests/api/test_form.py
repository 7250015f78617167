import pytest
from hypothesis import given
from hypothesis import strategies as st
from majors import encoded

from pytest_stripe_balance.api import form
from pytest_stripe_balance.engine.state.faults import Fault

DECODED = (
    ("", {}),
    ("a=1", {"a": "1"}),
    ("a=1&a=2", {"a": "2"}),
    ("a", {"a": ""}),
    ("a[b][c]=v", {"a": {"b": {"c": "v"}}}),
    ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
    ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
    ("a[1]=x&a[]=y&a[]=z", {"a": {"1": "x", "2": "y", "3": "z"}}),
    ("=x&=y", {"0": "x", "1": "y"}),
    ("a%5Bb%5D=v", {"a": {"b": "v"}}),
    ("a=%E2%82%AC+1%2B1", {"a": "€ 1+1"}),
    ("a=b=c", {"a": "b=c"}),
    ("&&a=1&", {"a": "1"}),
)


@pytest.mark.parametrize(("text", "fields"), DECODED)
def test_a_form_decodes_to_nested_fields(text, fields):
    """Brackets nest, arrays come in both forms, the last of two equal names wins."""
    assert form.decode(text) == fields


UNREADABLE = (
    "a=%",
    "a=%z1",
    "%4=a",
    "a=%FF",
    "%FF=a",
    "a[b=1",
    "[a]=1",
    "a[b]c=1",
    "a[[b]]=1",
    "a=1&a[b]=2",
    "a[b]=2&a=1",
)


@pytest.mark.parametrize("text", [*UNREADABLE, "a" + "[b]" * 50 + "=1", "a=1&" * 3000])
def test_what_cannot_be_read_is_a_400(text):
    """Bad escapes, invalid UTF-8, odd brackets, a name used two ways, too deep, too much are a 400."""
    with pytest.raises(Fault) as caught:
        form.decode(text)
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")


NAMES = st.text(st.characters(exclude_characters="[]", exclude_categories=["Cs"]), min_size=1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FIELDS = st.dictionaries(
    NAMES,
    st.recursive(
        TEXT, lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3), max_leaves=8
    ),
    max_size=5,
)


@given(FIELDS)
def test_decoding_undoes_the_sdks_encoding(fields):
    """What stripe-python encodes comes back as it was."""
    sent = encoded(fields).replace("%5B", "[").replace("%5D", "]")
    assert form.decode(sent) == fields


@given(st.text(alphabet="a[]=&%0Fé1+", max_size=40))
def test_any_text_decodes_or_is_refused(text):
    """No input makes anything but fields or a Fault."""
    try:
        fields = form.decode(text)
    except Fault:
        return
    assert isinstance(fields, dict)
