"""Exchanges written as a cassette of vcrpy's, which plain vcrpy replays with the same HTTP client."""

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
from pytest_stripe_balance.cassettes import interactions, yaml_loader
from pytest_stripe_balance.cassettes.bodies import unpacked
from pytest_stripe_balance.cassettes.provenance import DOCUMENTATION, KEY, Provenance, provenance_of
from pytest_stripe_balance.cassettes.scrub import Scrubber
from pytest_stripe_balance.cassettes.secret_scan import PLACEHOLDER
from pytest_stripe_balance.input_files import InputError, json_of, text_of

_GZIP = b"\x1f\x8b"
_WAY_OUT = "Let the fixture stripe_cassette name another file for this test, or delete that one"
# Bodies are written whole and unpacked, so what told of their packing would be wrong.
_OF_THE_WIRE = frozenset({"content-encoding", "transfer-encoding"})


class CassetteWriter:
    """A test's exchanges, to become a cassette; `path` ends in .json for JSON, else it is YAML.

    With `append` they go behind the interactions that the file holds by then, which stay as they were;
    `known` are placeholders of these with the values that stand behind them (`Replay.bindings`).
    `published` values are no secrets: a cassette of documentation may show them, no other.
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
        self._writer = jsonserializer if path.suffix == ".json" else yamlserializer

    def add(self, exchange: Exchange) -> None:
        """Take in one exchange, from any thread; nothing is written yet."""
        with self._lock:
            self._exchanges.append(exchange)

    def write(self, provenance: Provenance) -> bool:
        """Write all exchanges without their secrets; False when there are none, and nothing was written.

        The file is whole or as it was before: of two processes that write it the later one's stays.
        SecretLeftError when something secret is left, InputError when the file to append to isn't one
        of vcrpy's own or the file is another test's, ValueError when JSON is due and a body is no text,
        OSError from the disk.
        """
        if self._published and provenance.who != DOCUMENTATION:
            raise ValueError(
                f"only a cassette of documentation has published values, not {provenance.who}"
            )
        with self._lock:
            exchanges = list(self._exchanges)
        if not exchanges:
            return False
        path = Path(os.path.realpath(self.path))
        older = _older(path, self._writer) if self._append and path.exists() else None
        taken = "" if older is None else path.read_text("utf-8")
        scrubber = Scrubber(taken=taken, known=self._known, published=self._published)
        for exchange in exchanges:
            scrubber.learn(exchange)
        items = [_written(scrubber.scrubbed(exchange)) for exchange in exchanges]
        if older is not None:
            items = [*older["interactions"], *items]
            provenance = provenance.joined(provenance_of(older))
        header = {name: scrubber.text(value) for name, value in provenance.header().items()}
        scrubber.scan.refuse(items)
        scrubber.scan.refuse([{"request": {KEY: header}}])
        data = {"interactions": items, KEY: header, "version": CASSETTE_FORMAT_VERSION}
        text = _serialized({**(older or {}), **data}, self._writer, self.path)
        _put(path, text, header.get("test"))
        return True


def _older(path: Path, reader: Any) -> dict[str, Any]:  # noqa: ANN401 - a module of vcrpy's
    """Read the cassette to append to as vcrpy does, so that it is written as it was."""
    text = text_of(str(path), megabytes=interactions.MEGABYTES)
    # Refuses, by name and line, what vcrpy's reader would stumble over.
    json_of(text) if reader is jsonserializer else yaml_loader.read_yaml(text)
    try:
        data = reader.deserialize(text)
    except Exception as error:
        raise InputError(f"{path}: not a cassette of this format; record into a new file") from error
    if not isinstance(data, dict) or not isinstance(data.get("interactions"), list):
        raise InputError(f"{path}: not in vcrpy's present layout; record into a new file")
    return data


def _written(exchange: Exchange) -> dict[str, Any]:
    """Lay an exchange out as vcrpy does."""
    request, response = exchange.request, exchange.response
    body = response.body
    if body[:2] == _GZIP:
        body = unpacked(body, Headers({"Content-Encoding": "gzip"}))
    headers = {
        name: [str(len(body)) if name.lower() == "content-length" else value]
        for name, value in sorted(response.headers.items())
        if name.lower() not in _OF_THE_WIRE
    }
    asked_headers = {
        name: value
        for name, value in sorted(request.headers.items())
        if name.lower() != "content-length"
    }
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = ""
    asked = VcrRequest(request.method, request.url, request.body or None, asked_headers)
    answer = {
        "body": {"string": body},
        "headers": headers,
        "status": {"code": response.status, "message": reason},
    }
    return {
        "request": dict(sorted(compat.convert_to_unicode(asked._to_dict()).items())),  # noqa: SLF001
        "response": compat.convert_to_unicode(answer),
    }


def _serialized(data: dict[str, Any], writer: Any, path: Path) -> str:  # noqa: ANN401 - as above
    try:
        return str(writer.serialize(dict(sorted(data.items()))))
    except TypeError as error:
        raise ValueError(
            f"{path}: a body is no text, which JSON can't hold; name a .yaml file"
        ) from error


def is_of_another_test(recorded: str, test: str) -> bool:
    """Tell another test's recording by the test's id; of the secrets in one nobody can tell."""
    there, here = (PLACEHOLDER.sub("", Scrubber().text(one)) for one in (recorded, test))
    return there != here


def _refuse_anothers(path: Path, test: str | None) -> None:
    """Refuse to write over another test's recording."""
    try:
        there = provenance_of(yaml_loader.data_of(path)).test
    except InputError:
        return  # there is none, or none that can be read
    if there and test and is_of_another_test(there, test):
        raise InputError(f"it is the recording of {there}. {_WAY_OUT}")


def _put(path: Path, text: str, test: str | None) -> None:
    """Put a file in its place in one step; when it fails, what is there stays and no rest is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(8)}.tmp")
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(fresh)  # no file has the name: of two tests that begin one, one fails
        except OSError:
            _refuse_anothers(path, test)
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
