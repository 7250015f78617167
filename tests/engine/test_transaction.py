"""What is refused, fails or is interrupted leaves the world as it was."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from pytest_stripe_balance.engine.money import allocation, charges
from pytest_stripe_balance.engine.state.world import World

INCLUDED = ("customer.invoice_credit_balance",)


@pytest.mark.parametrize("path", INCLUDED)
def test_an_expand_that_is_not_modelled_is_refused_before_money_moves(
    stage, _stripe_session, path, everything_in
):
    """Two tries under one key, with an expand that is refused, move nothing."""
    intent = stage.intent()
    before = everything_in(_stripe_session.world)
    for _ in range(2):
        with stage.balance.refused(match=r"expand\[\]"):
            stripe.PaymentIntent.apply_customer_balance(intent, idempotency_key="K", expand=[path])
    assert everything_in(_stripe_session.world) == before


@pytest.mark.parametrize(
    "options",
    [{"requested_address_types": ["iban"]}, {"eu_bank_transfer": {"country": "IE"}}],
    ids=["another region's addresses", "another region's options"],
)
def test_a_refused_confirm_writes_nothing(stage, _stripe_session, options, everything_in):
    """Options that the region doesn't have are refused before anything is written."""
    intent = stage.intent("requires_confirmation")
    before = everything_in(_stripe_session.world)
    transfer = {"type": "us_bank_transfer", **options}
    given_options = {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": transfer}}
    with stage.balance.refused(match="not modelled"):
        stripe.PaymentIntent.confirm(
            intent, payment_method_options=given_options, receipt_email="a@example.com"
        )
    with stage.balance.refused(match="not modelled"):
        stage.intent(payment_method_options=given_options)
    assert everything_in(_stripe_session.world) == before


@pytest.mark.parametrize(("module", "step"), [(allocation, "succeed"), (charges, "make")])
def test_what_breaks_in_the_middle_is_undone(
    stage, _stripe_session, monkeypatch, module, step, everything_in
):
    """An exception after the first write takes every write back."""
    intent = stage.intent(amount=500)
    before = everything_in(_stripe_session.world)

    def interrupt(*_):
        raise KeyboardInterrupt("halfway")

    monkeypatch.setattr(module, step, interrupt)
    with pytest.raises(KeyboardInterrupt, match="halfway"):
        stripe.PaymentIntent.apply_customer_balance(intent)
    assert everything_in(_stripe_session.world) == before
    monkeypatch.undo()
    assert stripe.PaymentIntent.apply_customer_balance(intent).status == "succeeded"


def test_the_first_funding_can_be_undone(stage, _stripe_session, monkeypatch):
    """A customer whose only row was taken back never had a cash balance."""
    fresh = stage.without_money()
    world = type(_stripe_session.world)
    monkeypatch.setattr(world, "cash_balance", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        stage.balance.fund(fresh, 100)
    monkeypatch.undo()
    assert stage.balance.available(fresh) == {}
    assert stripe.Customer.delete(fresh).deleted


def test_a_signal_handler_cannot_reach_into_an_answer(stage, _stripe_session, monkeypatch):
    """A request from a handler, in the middle of another's, is refused and spoils nothing."""
    intent = stage.intent()
    move = World.post_entry

    def handler(*_):
        stripe.PaymentIntent.apply_customer_balance(intent, amount=1)

    def interrupted(*args, **kwargs):
        signal.raise_signal(signal.SIGUSR1)
        return move(*args, **kwargs)

    monkeypatch.setattr(World, "post_entry", interrupted)
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with stage.balance.refused(match="signal handler"):
            stripe.PaymentIntent.apply_customer_balance(intent, amount=50)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert stage.balance.available(stage.customer) == {"usd": 500}


def test_threads_never_spend_a_cent_twice(stage, _stripe_session, monkeypatch):
    """Eight threads that apply to one balance are answered one after the other."""
    intents = [stage.intent(amount=100) for _ in range(8)]
    inside, most = threading.Semaphore(0), []
    move = World.post_entry

    def counted(*args, **kwargs):
        inside.release()
        most.append(inside._value)
        threading.Event().wait(0.002)
        inside.acquire()
        return move(*args, **kwargs)

    monkeypatch.setattr(World, "post_entry", counted)

    def pay(intent):
        try:
            return stripe.PaymentIntent.apply_customer_balance(intent, amount=100).status
        except stripe.InvalidRequestError:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(pay, intents))
    assert answers == ["refused"] * 3 + ["succeeded"] * 5
    assert set(most) == {1}
    assert stage.balance.available(stage.customer) == {"usd": 0}


@given(st.text(alphabet="0123456789٣x", min_size=1, max_size=6))
def test_an_index_is_a_few_ascii_digits(index):
    """An array's index that is none is refused, whatever Python would make of it."""
    from pytest_stripe_balance.api import parameters  # noqa: PLC0415
    from pytest_stripe_balance.engine.state.faults import Fault  # noqa: PLC0415

    rule = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}
    fits = index.isascii() and index.isdigit() and len(index) <= 4
    try:
        read = parameters.read({"a": {index: "v"}}, rule)
    except Fault:
        assert not fits
    else:
        assert (fits, read) == (True, {"a": ["v"]})
