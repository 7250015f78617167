"""Writes exchanges as a vcrpy cassette. Plain vcrpy replays it with the same HTTP client."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Collection, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from vcr.request import Request as VcrRequest
from vcr.serialize import CASSETTE_FORMAT_VERSION
from vcr.serializers import compat, jsonserializer, yamlserializer

from pytest_stripe_balance.api.message import Exchange, Headers
from pytest_stripe_balance.cassettes import yaml_loader
from pytest_stripe_balance.cassettes.bodies import unpacked
from pytest_stripe_balance.cassettes.placeholders import PLACEHOLDER
from pytest_stripe_balance.cassettes.provenance import DOCUMENTATION, KEY, Provenance, provenance_of
from pytest_stripe_balance.cassettes.scrub import Scrubber
from pytest_stripe_balance.input_files import InputError, json_of, text_of

_GZIP = b"\x1f\x8b"
_WAY_OUT = "Let the fixture stripe_cassette name another file for this test, or delete that one"
# Bodies are written decompressed, so these headers would be wrong.
_TRANSFER_HEADERS = frozenset({"content-encoding", "transfer-encoding"})


class CassetteWriter:
    """Collects a test's exchanges and writes them as a cassette.

    - `path`: ends in .json for JSON; anything else is YAML.
    - `append`: add to the interactions that the file has by then, which stay as they are.
    - `known`: the placeholders of these with their values, as `Replay.bindings` gives them.
    - `published`: values that are no secrets, for a cassette of documentation only.
    """

    def __init__(
        self,
        path: Path,
        *,
        append: bool = False,
        known: Mapping[str, str] | None = None,
        published: Collection[str] = (),
    ) -> None:
        self.path = path
        self._append = append
        self._known = known
        self._published = published
        self._exchanges: list[Exchange] = []
        self._lock = threading.Lock()
        self._serializer = jsonserializer if path.suffix == ".json" else yamlserializer

    def add(self, exchange: Exchange) -> None:
        """Add an exchange, from any thread; nothing is written yet."""
        with self._lock:
            self._exchanges.append(exchange)

    def write(self, provenance: Provenance) -> bool:
        """Write all exchanges without their secrets; False when there are none to write.

        The file is replaced in one step. If two processes write it, the later one's file stays. It is
        left as it was on any error:

        - SecretLeftError: a secret couldn't be replaced.
        - InputError: the file to append to isn't vcrpy's, or the file is another test's recording.
        - ValueError: a body isn't text, so it can't be written as JSON.
        - OSError: the file can't be written.
        """
        if self._published and provenance.who != DOCUMENTATION:
            raise ValueError(
                f"published values need a cassette of documentation; this one is of {provenance.who}"
            )
        with self._lock:
            exchanges = list(self._exchanges)
        if not exchanges:
            return False
        path = Path(os.path.realpath(self.path))
        older = _read_older(path, self._serializer) if self._append and path.exists() else None
        older_text = "" if older is None else path.read_text("utf-8")
        scrubber = Scrubber(older=older_text, known=self._known, published=self._published)
        for exchange in exchanges:
            scrubber.learn(exchange)
        items = [_as_interaction(scrubber.scrubbed(exchange)) for exchange in exchanges]
        if older is not None:
            items = [*older["interactions"], *items]
            provenance = provenance.joined(provenance_of(older))
        header = {name: scrubber.text(value) for name, value in provenance.header().items()}
        scrubber.scan.refuse(items)
        scrubber.scan.refuse([{"request": {KEY: header}}])
        data = {"interactions": items, KEY: header, "version": CASSETTE_FORMAT_VERSION}
        text = _serialized({**(older or {}), **data}, self._serializer, self.path)
        _replace(path, text, header.get("test"))
        return True


def _read_older(path: Path, serializer: Any) -> dict[str, Any]:  # noqa: ANN401 - a module of vcrpy
    """Read the cassette to append to with vcrpy, so that it can be written back unchanged."""
    text = text_of(str(path))
    # Our own readers name the line of an error; vcrpy's don't.
    json_of(text) if serializer is jsonserializer else yaml_loader.read_yaml(text)
    try:
        data = serializer.deserialize(text)
    except Exception as error:
        raise InputError(f"{path}: not a vcrpy cassette; record into a new file") from error
    if not isinstance(data, dict) or not isinstance(data.get("interactions"), list):
        raise InputError(f"{path}: not in vcrpy's current layout; record into a new file")
    return data


def _as_interaction(exchange: Exchange) -> dict[str, Any]:
    """Write an exchange as an interaction of vcrpy's."""
    request, response = exchange.request, exchange.response
    body = response.body
    if body[:2] == _GZIP:
        body = unpacked(body, Headers({"Content-Encoding": "gzip"}))
    headers = {
        name: [str(len(body)) if name.lower() == "content-length" else value]
        for name, value in sorted(response.headers.items())
        if name.lower() not in _TRANSFER_HEADERS
    }
    sent_headers = {
        name: value
        for name, value in sorted(request.headers.items())
        if name.lower() != "content-length"
    }
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = ""
    recorded = VcrRequest(request.method, request.url, request.body or None, sent_headers)
    answer = {
        "body": {"string": body},
        "headers": headers,
        "status": {"code": response.status, "message": reason},
    }
    return {
        "request": dict(sorted(compat.convert_to_unicode(recorded._to_dict()).items())),  # noqa: SLF001
        "response": compat.convert_to_unicode(answer),
    }


def _serialized(data: dict[str, Any], serializer: Any, path: Path) -> str:  # noqa: ANN401 - as above
    try:
        return str(serializer.serialize(dict(sorted(data.items()))))
    except TypeError as error:
        raise ValueError(
            f"{path}: a body isn't text, which JSON can't hold; name a .yaml file"
        ) from error


def is_of_another_test(recorded: str, test: str) -> bool:
    """Compare a recorded test's id with a test's, without the secrets that an id may hold."""
    recorded_id, own_id = (PLACEHOLDER.sub("", Scrubber().text(name)) for name in (recorded, test))
    return recorded_id != own_id


def _refuse_other_test(path: Path, test: str | None) -> None:
    """Refuse to overwrite the recording of another test."""
    try:
        recorded = provenance_of(yaml_loader.data_of(path)).test
    except InputError:
        return  # there is no recording, or it can't be read
    if recorded and test and is_of_another_test(recorded, test):
        raise InputError(f"it is the recording of {recorded}. {_WAY_OUT}")


def _replace(path: Path, text: str, test: str | None) -> None:
    """Write a file in one step; on an error the old file stays, and the new one is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(8)}.tmp")
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(fresh)  # fails if the file exists, so two tests can't both create it
        except OSError:
            _refuse_other_test(path, test)
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
