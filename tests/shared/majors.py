"""What tests may take for granted of every supported stripe-python, where it is named otherwise or isn't there."""

import inspect
import json
from urllib.parse import urlencode

import stripe
from stripe._encode import _api_encode

from pytest_stripe_balance.transport import clients

MODE = {"api_mode": "V1"} if "api_mode" in inspect.signature(_api_encode).parameters else {}

if not hasattr(stripe.StripeClient("sk_test_1"), "v1"):  # before 13
    stripe.StripeClient.v1 = property(lambda client: client)
if not hasattr(stripe, "UrllibClient"):  # before 13
    stripe.UrllibClient = clients.Urllib
if issubclass(stripe.StripeObject, dict):  # before 15
    stripe.StripeObject.to_dict = lambda value: json.loads(json.dumps(value))


def encoded(params):
    """Encode parameters as a form, as stripe-python does."""
    return urlencode(list(_api_encode(params, **MODE)))
