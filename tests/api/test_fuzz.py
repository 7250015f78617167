"""Generated requests: whatever is asked, the answer is Stripe's kind, and a refused one changes nothing."""

import string
from collections import Counter

import pytest
from drawn import HOSTILE, by_rule
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from majors import encoded

from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import modelled_versions

# Refusals that are executed, and are documented to leave a mark. Declined cards leave one too.
MARKING = {"payment_method_customer_decline"}


def requests(trip):
    """Draw a request to some row: as it was once asked, as its rules allow, or hostile."""
    asked = [(row, *one) for row, calls in trip.asked.items() for one in calls]
    shapes = contract(trip.api_version)
    ids = sorted({part for _, path, _ in asked for part in path.split("/") if "_" in part[:8]})

    @st.composite
    def drawn(draw):
        row, path, params = draw(st.sampled_from(asked))
        path = draw(st.sampled_from([path, path, path + "x", path.replace("_", "%5F")]))
        kind = draw(st.sampled_from(["known", "by its rules", "hostile", "raw"]))
        rules = shapes.rule(str(row))["properties"]
        fields = dict(params)
        for name in draw(st.lists(st.sampled_from(sorted(rules) or ["x"]), max_size=4, unique=True)):
            fitting = by_rule(rules.get(name, {}), ids)
            if kind != "known" and "gone" not in rules.get(name, {}):
                fields[name] = draw(HOSTILE | fitting if kind == "hostile" else fitting)
        form = encoded(fields)
        if kind == "raw":
            form += "&" + draw(st.text(string.printable, max_size=40))
        headers = {"Authorization": "Bearer sk_test_1", "Stripe-Version": trip.api_version}
        url, body = ("", form) if row.method == "POST" else (f"?{form}", "")
        return Request(row.method, f"https://api.stripe.com{path}{url}", Headers(headers), body)

    return drawn()


@pytest.mark.parametrize("api_version", modelled_versions()[::-3])
def test_no_request_is_answered_by_a_traceback_or_half_done(api_version, tour_alone, everything_in):
    """No 5xx, no exception but a refusal; errors are shaped, and leave the world as it was."""
    kinds = Counter()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(requests(tour_alone(api_version)), min_size=15, max_size=25))
    def ask(drawn):
        session = tour_alone(api_version).session
        for request in drawn:
            before = everything_in(session.world)
            try:
                response = session.answer(request)
            except Refused:
                kinds["refused"] += 1
                assert everything_in(session.world) == before
                continue
            session.observe(request, response)
            session.world.check()
            kinds[response.status] += 1
            assert response.status in (200, 400, 402, 404)
            if response.status != 200:
                error = response.json["error"]
                is_decline = response.status == 402
                assert error["type"] == ("card_error" if is_decline else "invalid_request_error")
                assert error["message"]
                is_marked = is_decline or error.get("code") in MARKING
                assert is_marked or everything_in(session.world) == before

    ask()
    assert set(kinds) - {402} == {200, 400, 404, "refused"}
