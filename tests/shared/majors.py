"""How tests ask every supported stripe-python for what its majors name otherwise.

Nothing is lent to stripe-python itself: what the package and the README ask of an older one must be there.
"""

import inspect
import json
from urllib.parse import urlencode

from stripe._encode import _api_encode

from pytest_stripe_balance.transport import clients

MODE = {"api_mode": "V1"} if "api_mode" in inspect.signature(_api_encode).parameters else {}
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
