"""How tests ask every supported stripe-python for what its majors name otherwise.

Nothing is lent to stripe-python itself: what the package and the README ask of an older one must be there.
"""

import inspect
import json
from urllib.parse import urlencode

import pytest
from stripe._api_version import _ApiVersion
from stripe._encode import _api_encode

from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.transport import clients

MODE = {"api_mode": "V1"} if "api_mode" in inspect.signature(_api_encode).parameters else {}
# The builders ask at the version of the installed stripe-python; these tests are about the newest shape.
newest_sdk = pytest.mark.skipif(
    newest_api_version() != _ApiVersion.CURRENT, reason="it is about the newest release's shape"
)
Urllib = clients.Urllib  # named Urllib2Client before 13


def v1(client):
    """Give the services of the API's first version, which are the client's own before 12.5."""
    return getattr(client, "v1", client)


def as_dict(value):
    """Give an SDK object as dicts and lists all the way down; before 15 it is a dict itself."""
    return json.loads(json.dumps(value)) if isinstance(value, dict) else value.to_dict()


def encoded(params):
    """Encode parameters as a form, as stripe-python does."""
    return urlencode(list(_api_encode(params, **MODE)))
