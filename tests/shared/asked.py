"""Asks the fake for rows of data: calls as texts, with parts of earlier answers in their places."""

import json
import re

import stripe

NAMED = re.compile(r"\{([a-z][\w.-]*)\}")


class Asked:
    """Asks the fake at one API version, and keeps the answers that were given a name."""

    def __init__(self, balance, version, preparations):
        self.client, self.preparations = balance.client, preparations
        self.at = {} if version == "unknown" else {"stripe_version": version}
        self.named = {}

    def prepare(self, steps):
        for step in steps:
            if isinstance(step, str):
                self.prepare(self.preparations[step])
                continue
            ((call, params),) = [(name, inner) for name, inner in step.items() if name != "key"]
            status, _, body = self.ask(call, params or {}, step.get("key"))
            assert status == 200, f"{call}: {body}"

    def ask(self, call, params, key=None, account=None):
        """Make a call; give its status, headers and body."""
        name, _, call = call.rpartition(" = ")
        method, path = self.filled(call).split()
        options = {**self.at, **({"idempotency_key": key} if key else {})}
        if account:
            options["stripe_account"] = account
        try:
            answer = self.client.raw_request(method.lower(), path, **self.filled(params), **options)
            status, headers, body = 200, answer.headers, json.loads(answer.body)
        except stripe.StripeError as error:
            status, headers, body = error.http_status, error.headers, error.json_body
        if name:
            self.named[name] = {**body, "request-id": headers["Request-Id"]}
        return status, headers, body

    def filled(self, value):
        """Put parts of named answers in their places."""
        if isinstance(value, dict):
            return {name: self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return NAMED.sub(self._part, value) if isinstance(value, str) else value

    def _part(self, match):
        name, _, path = match[1].partition(".")
        return at(self.named[name], path or "id")


def at(body, path):
    """Follow a dotted path through keys and places of lists; None where it leads nowhere."""
    for step in path.split("."):
        if isinstance(body, list):
            body = body[int(step)] if body else None
        elif isinstance(body, dict):
            body = body.get(step)
        else:
            return None
    return body
