"""A cassette is written whole, in vcrpy's format, and always the same for the same exchanges."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe
import vcr
import yaml
from hypothesis import given
from hypothesis import strategies as st
from majors import v1

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes import interactions, writer, yaml_loader
from pytest_stripe_balance.cassettes.provenance import Provenance, provenance_of
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.cassettes.secret_scan import Scan
from pytest_stripe_balance.cassettes.writer import CassetteWriter
from pytest_stripe_balance.input_files import InputError
from pytest_stripe_balance.transport.intercept import intercept

URL = "https://api.stripe.com/v1/customers"
FAKE = Provenance("fake", test="tests/test_it.py::test_it")


def exchange(number=1, *, method="GET", url=URL, body="", headers=None, answer=None, status=200):
    content = json.dumps(answer or {"id": f"cus_{number}"}).encode()
    told = {"Request-Id": f"req_{number}", "Content-Type": "application/json"}
    return Exchange(
        Request(method, f"{url}?n={number}", Headers(headers), body),
        Response(status, Headers(told), content),
    )


def written(path, *exchanges, provenance=FAKE, **options):
    tape_of = CassetteWriter(path, **options)
    for one in exchanges:
        tape_of.add(one)
    tape_of.write(provenance)
    return path


def read(path):
    text = path.read_text("utf-8")
    data = json.loads(text) if path.suffix == ".json" else yaml_loader.read_yaml(text)
    return [one.exchange for one in interactions.interactions(data)]


class Server(BaseHTTPRequestHandler):
    """A server in Stripe's place, that packs its answers in chunks."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"id": "cus_1", "object": "customer", "asked": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Set-Cookie", "session=SECRET")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    do_POST = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


CLIENTS = {
    "requests": lambda: stripe.RequestsClient(),
    "httpx": lambda: stripe.HTTPXClient(allow_sync_methods=True),
}


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("make", CLIENTS.values(), ids=CLIENTS)
def test_plain_vcrpy_replays_a_recording_with_the_client_that_made_it(make, suffix, server, tmp_path):
    """After the server has stopped, vcr.use_cassette gives stripe-python the recorded answers."""
    path = tmp_path / f"one.{suffix}"
    tape_of = CassetteWriter(path)

    def calls():
        address = f"http://127.0.0.1:{server.server_port}"
        client = stripe.StripeClient(
            "sk_test_SECRET", base_addresses={"api": address}, http_client=(sender := make())
        )
        made = v1(client).customers.create({"metadata": {"größe": "a b"}})
        got = v1(client).customers.retrieve("cus_1", {"expand": ["cash_balance"]})
        sender.close()
        return made.asked, got.asked

    observe = lambda request, response: tape_of.add(Exchange(request, response))  # noqa: E731
    with intercept(lambda _: None, observe, sends=True):
        live = calls()
    tape_of.write(FAKE)
    server.shutdown()
    server.server_close()
    assert "SECRET" not in path.read_text()
    with vcr.use_cassette(str(path), record_mode="none", serializer=suffix) as cassette:
        assert calls() == live
        assert cassette.all_played


# Hypothesis draws words of our own code too, and "pk_test_" with anything behind it is a key.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(
    lambda text: not Scan().find_secrets(text)
)
bodies = st.dictionaries(
    texts, st.one_of(texts, st.integers(-(10**9), 10**9), st.none(), st.lists(texts, max_size=3))
)


@given(st.lists(st.tuples(bodies, texts, st.integers(200, 599)), min_size=1, max_size=4), st.booleans())
def test_what_is_no_secret_is_read_as_it_was_written(tmp_path_factory, parts, in_json):
    """Status, bodies byte for byte, headers and addresses come back, from YAML and from JSON."""
    exchanges = [
        exchange(number, method="POST", body=f"a={posted}", answer={"id": "x", **answer}, status=status)
        for number, (answer, posted, status) in enumerate(parts)
    ]
    path = tmp_path_factory.mktemp("tape") / ("a.json" if in_json else "a.yaml")
    found = read(written(path, *exchanges))
    assert [one.response.body for one in found] == [one.response.body for one in exchanges]
    assert [one.response.status for one in found] == [one.response.status for one in exchanges]
    assert [dict(one.response.headers) for one in found] == [
        dict(one.response.headers) for one in exchanges
    ]
    assert [one.request.url for one in found] == [one.request.url for one in exchanges]
    assert [one.request.body for one in found] == [one.request.body for one in exchanges]


@pytest.mark.parametrize(
    "body", [b"", b"<html>gone</html>", b"\xff\x00\xfe", b"[1,\n 2]\n", b"\xc2\x85\r\n\t"]
)
def test_an_answer_that_is_no_json_is_replayed_as_it_was(body, tmp_path):
    """A gateway's page, a file and nothing at all come back byte for byte."""
    one = Exchange(Request("GET", URL, Headers({})), Response(502, Headers({}), body))
    assert Replay.load(written(tmp_path / "a.yaml", one)).answer(one.request).body == body


def test_a_body_that_is_no_text_needs_yaml(tmp_path):
    """JSON can't hold bytes: the error names the file and the way out, and nothing is written."""
    one = Exchange(Request("GET", URL, Headers({})), Response(200, Headers({}), b"\xff"))
    with pytest.raises(ValueError, match=r"a\.json: a body isn't text, .* name a \.yaml file"):
        written(tmp_path / "a.json", one)
    assert list(tmp_path.iterdir()) == []


def test_a_packed_answer_is_written_unpacked_and_its_headers_say_so(tmp_path):
    """Headers about compression and transfer are left out; clients would decompress plain text by them."""
    headers = {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked", "Content-Length": "9"}
    one = Exchange(
        Request("GET", URL, Headers({})), Response(200, Headers(headers), b'{"a":"jane@b.org"}')
    )
    (found,) = read(written(tmp_path / "a.yaml", one))
    assert dict(found.response.headers) == {"Content-Length": str(len(found.response.body))}


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_the_same_exchanges_are_the_same_file(name, tmp_path):
    """Two writes are equal byte for byte, whatever order headers were sent in, and keys are sorted."""
    one, other = Headers({"B": "1", "A": "2"}), Headers({"A": "2", "B": "1"})
    first = written(tmp_path / "1" / name, exchange(headers=one))
    second = written(tmp_path / "2" / name, exchange(headers=other))
    assert first.read_bytes() == second.read_bytes()
    top = yaml.safe_load(first.read_text())
    assert list(top) == ["interactions", "provenance", "version"]
    assert list(top["interactions"][0]["request"]) == ["body", "headers", "method", "uri"]
    assert list(top["interactions"][0]["response"]) == ["body", "headers", "status"]


def test_eight_threads_lose_nothing(tmp_path):
    """Each thread's exchanges are all there, in its order."""
    tape_of = CassetteWriter(tmp_path / "a.yaml")

    def add(thread):
        for number in range(50):
            tape_of.add(exchange(1000 * thread + number))

    threads = [threading.Thread(target=add, args=[thread]) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tape_of.write(FAKE)
    numbers = [int(one.request.query[2:]) for one in read(tmp_path / "a.yaml")]
    assert sorted(numbers) == [1000 * thread + number for thread in range(8) for number in range(50)]
    for thread in range(8):
        mine = [number for number in numbers if number // 1000 == thread]
        assert mine == sorted(mine)


def test_exchanges_are_appended_behind_those_that_are_there(tmp_path):
    """Old interactions stay as they were, and new placeholders don't take the old ones' numbers."""
    path = tmp_path / "a.yaml"
    written(path, exchange(1, body="email=jane@lovelace.org", method="POST"))
    before = yaml.safe_load(path.read_text())["interactions"]
    written(path, exchange(2, body="email=joe@lovelace.org", method="POST"), append=True)
    after = yaml.safe_load(path.read_text())["interactions"]
    assert after[:1] == before
    assert [one["request"]["body"] for one in after] == [
        "email=scrubbedEmail1%40example.com",
        "email=scrubbedEmail2%40example.com",
    ]


def test_an_appended_secret_that_the_replay_knows_keeps_its_placeholder(tmp_path):
    """The value of a replayed placeholder gets the same placeholder in added interactions."""
    path = written(tmp_path / "a.yaml", exchange(1, body="email=jane@lovelace.org", method="POST"))
    replay = Replay.load(path)
    replay.answer(exchange(1, body="email=new@lovelace.org", method="POST").request)
    more = exchange(2, body="email=new@lovelace.org", method="POST")
    written(path, more, append=True, known=replay.bindings)
    assert [one.request.body for one in read(path)] == ["email=scrubbedEmail1%40example.com"] * 2


@pytest.mark.parametrize(
    ("older", "who"),
    [
        ("stripe-test-mode", "stripe-test-mode"),
        ("server:localhost", "server:localhost"),
        ("fake", "fake"),
    ],
)
def test_what_is_added_to_a_cassette_makes_it_no_more_than_it_was(older, who, tmp_path):
    """Stripe's answers behind somebody else's don't make a cassette Stripe's."""
    path = written(tmp_path / "a.yaml", exchange(1), provenance=Provenance(older))
    written(path, exchange(2), provenance=Provenance("stripe-test-mode"), append=True)
    assert provenance_of(yaml_loader.read_yaml(path.read_text())).who == who


def test_appending_where_nothing_is_begins_a_cassette(tmp_path):
    """The first episode needs no file."""
    assert len(read(written(tmp_path / "new" / "a.yaml", exchange(), append=True))) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- request: {protocol: https, host: x, path: /}\n", "record into a new file"),
        ("http_interactions: []\n", "record into a new file"),
        ("a: [", "cut short"),
        ("a: !!python/name:os.system ''\n", "its code was not run"),
    ],
)
def test_appending_to_what_is_no_cassette_of_vcrpys_leaves_it_alone(text, reason, tmp_path):
    """A file of another layout, or a broken one, is refused and stays as it was."""
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=reason):
        written(path, exchange(), append=True)
    assert path.read_text() == text


def test_without_exchanges_nothing_is_written(tmp_path):
    """A test that asked nothing leaves no file."""
    assert CassetteWriter(tmp_path / "a.yaml").write(FAKE) is False
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_no_rest(fails, tmp_path, monkeypatch):
    """A full disk costs the new recording, not the old one."""
    path = written(tmp_path / "a.yaml", exchange(1))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    owner = writer.os if fails == "fsync" else writer.Path
    monkeypatch.setattr(owner, fails, full)
    with pytest.raises(OSError, match="No space left"):
        written(path, exchange(2))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


WRITER = """
import sys
from pathlib import Path
from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes.provenance import Provenance
from pytest_stripe_balance.cassettes.writer import CassetteWriter
tape = CassetteWriter(Path(sys.argv[1]))
for _ in range(40):
    answer = Response(200, Headers({}), b'{"id": "%s"}' % sys.argv[2].encode())
    tape.add(Exchange(Request("GET", "https://api.stripe.com/v1/x", Headers({})), answer))
for _ in range(12):
    tape.write(Provenance("fake"))
"""


def test_two_processes_never_mix(tmp_path):
    """While two write the same path, every reader finds one's cassette whole."""
    path = tmp_path / "a.yaml"
    command = [sys.executable, "-c", WRITER, str(path)]
    running = [subprocess.Popen([*command, name], env={**os.environ}) for name in ("one", "two")]
    while any(process.poll() is None for process in running):
        if path.exists():
            assert len({one.response.body for one in read(path)}) == 1
    assert [process.wait() for process in running] == [0, 0]
    assert len(read(path)) == 40
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_keeps_the_rights_of_its_folder(tmp_path):
    """A cassette is a file like others, not one that only its writer may read."""
    plain = tmp_path / "plain"
    plain.touch()
    assert written(tmp_path / "a.yaml", exchange()).stat().st_mode == plain.stat().st_mode
