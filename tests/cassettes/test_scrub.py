"""No secret reaches the disk, wherever it stands and whatever it wears."""

import base64
import hashlib
import json
import re
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response, text_of
from pytest_stripe_balance.cassettes import interactions, yaml_loader
from pytest_stripe_balance.cassettes.placeholders import PLACEHOLDER, Placeholders
from pytest_stripe_balance.cassettes.provenance import Provenance
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.cassettes.scrub import Scrubber
from pytest_stripe_balance.cassettes.secret_kinds import KINDS, WORDS
from pytest_stripe_balance.cassettes.secret_scan import Scan, SecretLeftError
from pytest_stripe_balance.cassettes.writer import CassetteWriter
from pytest_stripe_balance.masking import masked

URL = "https://api.stripe.com/v1/customers"
FAKE = Provenance("fake")
IBAN = "DE89370400440532013000"
CARD = "4242424242424242"
SECRETS = {
    "API key": "sk_test_51HxABCdef",
    "live key": "rk_live_51HxABCdef",
    "publishable key": "pk_test_51HxABCdef",
    "organisation's key": "sk_org_live_51HxABCdef",
    "signing secret": "whsec_0123456789abcdef",
    "client secret": "pi_3Qabc_secret_AbCdEf0123456789",
    "page's client secret": "cs_test_a1B2_secret_fidAbCdEf0123%2FXyZ0987%3D",
    "key of a page": "cs_test_a1B2c3D4#fidAbCdEf0123%2FXyZ0987%3D",
    "e-mail address": "jane.doe+x@lovelace.org",
    "address below a look-alike": "jane@example.com.lovelace.org",
    "account id": "acct_1GszwY2eZvKYlo2C",
    "refresh token": "rt_AbCdEf0123456789abcd",
    "IBAN": IBAN,
    "card number": CARD,
    "card number in groups": "4242 4242 4242 4242",
}


def test_each_kind_of_secret_has_a_word_of_its_own():
    """Placeholders are told apart by their word, and recognised by it."""
    assert len({shape.word for shape in KINDS}) == len({(shape.kind, shape.word) for shape in KINDS})
    assert len(set(WORDS.values())) == len(WORDS) >= len({shape.kind for shape in KINDS})
    for word in WORDS.values():
        assert PLACEHOLDER.fullmatch(Placeholders("", {}).replace(word, "a secret"))


def escaped(text):
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


def exchange(*, url=URL, asked=None, body="", headers=None, answer="{}", status=200):
    return Exchange(
        Request("POST", url, Headers(asked), body),
        Response(status, Headers(headers), answer.encode() if isinstance(answer, str) else answer),
    )


def scrubbed(one):
    scrubber = Scrubber()
    scrubber.learn(one)
    return scrubber.scrubbed(one)


def texts(one):
    request, response = one.request, one.response
    sides = [*request.headers.items(), *response.headers.items()]
    heads = [text for pair in sides for text in pair]
    return "\n".join([request.url, request.body, response.body.decode("latin-1"), *heads])


PLACES = {
    "the URL's path": lambda secret: exchange(url=f"{URL}/{quote(secret)}"),
    "the URL's query": lambda secret: exchange(url=f"{URL}?email={quote_plus(secret)}&limit=3"),
    "a query as written": lambda secret: exchange(url=f"{URL}?email={secret.replace(' ', '+')}"),
    "a form field": lambda secret: exchange(body=f"a=b&metadata[x]={quote_plus(secret)}"),
    "a form field, all encoded": lambda secret: exchange(
        body="a=" + "".join(f"%{ord(c):02x}" for c in secret)
    ),
    "a form field, encoded twice": lambda secret: exchange(body=f"a={quote(quote(f'<{secret}>'))}"),
    "a form field's name": lambda secret: exchange(body=f"metadata[{quote_plus(secret)}]=1"),
    "a JSON body": lambda secret: exchange(body=json.dumps({"a": [{"b": secret}]})),
    "the answer": lambda secret: exchange(answer=json.dumps({"a": [{"b": secret}]})),
    "the answer, escaped": lambda secret: exchange(answer=f'{{"a": "{escaped(secret)}"}}'),
    "the answer after a line break": lambda secret: exchange(answer=json.dumps({"a": f"see\n{secret}"})),
    "a name in the answer": lambda secret: exchange(answer=json.dumps({"metadata": {secret: "x"}})),
    "an error message": lambda secret: exchange(
        status=400, answer=json.dumps({"error": {"message": f"No such thing: '{secret}'. Try again."}})
    ),
    "a URL in the answer": lambda secret: exchange(
        answer=json.dumps({"url": f"https://shop.example/?to={quote(secret)}&n=1#x"})
    ),
    "JSON in the answer's JSON": lambda secret: exchange(
        answer=json.dumps({"metadata": {"raw": f'{{"to": "{escaped(secret)}"}}'}})
    ),
    "an answer that is no JSON": lambda secret: exchange(answer=f"<p>{secret}</p>"),
    "an answer that is no text": lambda secret: exchange(answer=b"\xff\x00" + f" {secret} ".encode()),
    "base64": lambda secret: exchange(answer=json.dumps({"a": in_base64(secret)})),
    "base64 of a user and a key": lambda secret: exchange(
        body=f"a={quote(in_base64(f'{secret}:pass'))}"
    ),
    "a request's header": lambda secret: exchange(asked={"X-Thing": f"is {secret}"}),
    "an answer's header": lambda secret: exchange(headers={"Location": f"{URL}?a={quote(secret)}"}),
    "a header's name": lambda secret: exchange(asked={f"X {secret}": "1"}),
    "a text in brackets": lambda secret: exchange(body=f"a={quote_plus(f'[VIP] {secret}')}"),
    "an upload": lambda secret: exchange(
        asked={"Content-Type": "multipart/form-data; boundary=x"}, body=f"--x\r\n\r\n{secret}\r\n--x--"
    ),
}


@pytest.mark.parametrize("word", ["payment_method_types", "address_line1"])
def test_a_key_made_of_words_takes_no_word_away(word):
    """The part of a key after sk_test_ is searched alone only if it can't be a word."""
    headers = Headers({"Authorization": f"Bearer sk_test_{word}"})
    asked = Request("POST", "https://api.stripe.com/v1/customers", headers, f"a[{word}]=1")
    exchange = Exchange(asked, Response(200, Headers({}), json.dumps({word: "1"}).encode()))
    scrubber = Scrubber()
    scrubber.learn(exchange)
    clean = scrubber.scrubbed(exchange)
    assert clean.request.headers["Authorization"] == "Bearer sk_test_scrubbedKey1"
    assert (clean.request.body, clean.response.body) == (asked.body, exchange.response.body)


def test_the_runs_own_key_and_account_are_found_behind_other_letters():
    """No letter before a test key is asked for where the key itself is known, nor before an account."""
    key, account = "sk_test_51TheRealOneOfThisAccount", "acct_1TheConnectedOne"
    body = f"description=cache{key}&metadata[a]=x{account}"
    headers = {"Authorization": f"Bearer {key}", "Stripe-Account": account}
    asked = Request("POST", "https://api.stripe.com/v1/customers", Headers(headers), body)
    exchange = Exchange(asked, Response(200, Headers({}), b"{}"))
    scrubber = Scrubber()
    scrubber.learn(exchange)
    clean = scrubber.scrubbed(exchange).request
    assert "TheRealOne" not in clean.body
    assert "TheConnectedOne" not in clean.body
    (word,) = re.findall("scrubbedKey[0-9]+", clean.headers["Authorization"])
    assert word in clean.body


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_replaced_wherever_it_stands(secret, place):
    """Each kind of secret is gone from each place, a placeholder stands there, and the last look agrees."""
    clean = texts(scrubbed(place(secret)))
    assert Scan().find_secrets(clean) == []
    assert PLACEHOLDER.search(clean)


@pytest.mark.parametrize("kind", ["page's client secret", "key of a page"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_nothing_is_left_of_a_secret_that_is_percent_encoded(kind, place):
    """Those of Checkout Sessions are; what comes after such a character goes too, in reports as well."""
    assert "XyZ0987" not in texts(scrubbed(place(SECRETS[kind])))
    assert "XyZ0987" not in masked(f"see {SECRETS[kind]}, {quote(SECRETS[kind])}")


@pytest.mark.parametrize(
    "text",
    [
        "jane@example.com",
        "jane@mail.example.org",
        "jane@shop.test",
        "jane@shop.example",
        "jane@shop.invalid",
        "stripe@16.1.0",
        "risk_test_results",
        "is_live_mode",
        "1765843200000",
        "11119958118330123",
        "4242424242424241",
        "DE00370400440532013000",
        "secret_key_required",
        "cs_test_a1b2c3",
        "pi_3QabcDEFghiJKLmnoPQRstuV",
        "2026-10-28.endive",
        "sk_test_****abcd",
        "100% of 5%ad",
        "jane!x@example.com",
        '"jane doe"@example.com',
        "main@stripe",
        "https://social.example/@lovelace.org",
        b"risk_test_results".hex(),
        base64.b32encode(b"risk_test_results of the day").decode(),
        hashlib.sha256(b"").hexdigest(),
        base64.encodebytes(bytes(range(256))).decode(),
    ],
)
def test_what_only_resembles_a_secret_stays(text):
    """Reserved addresses, ids, times, and numbers with wrong check digits are no secrets."""
    one = exchange(answer=json.dumps({"a": text}), body=f"a={quote_plus(text)}")
    assert scrubbed(one).response.body == one.response.body
    assert scrubbed(one).request.body == one.request.body


def test_a_number_that_stripe_tells_stays_and_one_that_the_test_sends_goes():
    """Where to pay in test mode is no secret; an account number of the test's own may be somebody's."""
    told = exchange(
        answer=json.dumps({"iban": {"iban": "IE64IRCE92050112345678"}, "clabe": "646180111812345678"})
    )
    sent = exchange(body=f"bank_account[account_number]={IBAN}", answer=json.dumps({"iban": IBAN}))
    scrubber = Scrubber()
    for one in (told, sent):
        scrubber.learn(one)
    assert scrubber.scrubbed(told).response.body == told.response.body
    assert IBAN not in texts(scrubber.scrubbed(sent))


def test_the_same_secret_is_the_same_placeholder_everywhere():
    """A secret has one placeholder in a cassette, however it is encoded; another secret has another."""
    one = exchange(
        url=f"{URL}?email=jane%40lovelace.org",
        body="email=jane%40lovelace.org&metadata[by]=joe@lovelace.org",
        answer='{"email": "jane\\u0040lovelace.org", "by": "joe@lovelace.org"}',
    )
    clean = scrubbed(one)
    assert clean.request.url == f"{URL}?email=scrubbedEmail1%40example.com"
    assert clean.request.body == (
        "email=scrubbedEmail1%40example.com&metadata[by]=scrubbedEmail2%40example.com"
    )
    assert clean.response.json == {
        "email": "scrubbedEmail1@example.com",
        "by": "scrubbedEmail2@example.com",
    }


def test_a_short_idempotency_key_stays_inside_other_text():
    """Of less than eight characters it goes from where Stripe tells it only, as README says."""
    used = (
        "Keys for idempotent requests can only be used with the same parameters they were first used "
        "with. Try using a key other than 'order-7' if you meant to execute a different request."
    )
    in_use = "(the other request is still going through): order-7. Please try again later."
    one = exchange(
        asked={"Idempotency-Key": "order-7"},
        body="description=order-7",
        answer=json.dumps({"request": {"idempotency_key": "order-7"}, "a": used, "b": in_use}),
    )
    clean = scrubbed(one)
    assert clean.request.headers["Idempotency-Key"] == "scrubbedIdempotency1"
    assert clean.response.json == {
        "request": {"idempotency_key": "scrubbedIdempotency1"},
        "a": used.replace("order-7", "scrubbedIdempotency1"),
        "b": in_use.replace("order-7", "scrubbedIdempotency1"),
    }
    assert clean.request.body == "description=order-7"
    assert Scan().find_secrets(used) == Scan().find_secrets(in_use) == ["idempotency key"]


ODD = [
    "jane!x@lovelace.org",
    "jane#1@lovelace.org",
    "#jane@lovelace.org",
    "sales/jane@lovelace.org",
    "to=jane@lovelace.org",
    "{jane}|x@lovelace.org",
    '"jane doe"@lovelace.org',
    '"jane@home"@lovelace.org',
    "jane@[127.0.0.1]",
    "jane@[IPv6:::1]",
    "jane@10.0.0.1",
    "jane@localhost",
    "me@host",
    "jäne@lövelace",
]
OF_EMAILS = {
    "a form's field": lambda secret: exchange(body=f"email={quote_plus(secret)}"),
    "a field within": lambda secret: exchange(body=f"billing_details[email]={quote_plus(secret)}"),
    "one of several": lambda secret: exchange(body=f"emails[0]={quote_plus(secret)}"),
    "a query": lambda secret: exchange(url=f"{URL}?receipt_email={quote_plus(secret)}"),
    "a JSON body": lambda secret: exchange(body=json.dumps({"a": [{"email": secret}]})),
    "the answer": lambda secret: exchange(answer=json.dumps({"customer_email": secret})),
    "the answer, escaped": lambda secret: exchange(answer=f'{{"email": "{escaped(secret)}"}}'),
}


@pytest.mark.parametrize("place", OF_EMAILS.values(), ids=OF_EMAILS)
@pytest.mark.parametrize("address", ODD)
def test_a_field_of_addresses_loses_the_whole_of_an_odd_one(address, place):
    """The value of a field with "mail" in its name is an address, whatever its name and host."""
    clean = unquote(texts(scrubbed(place(address))))
    assert "scrubbedEmail1@example.com" in clean
    assert not re.search("jane|jäne|me@|to=|sales|home|host|x@", clean)


@pytest.mark.parametrize(
    "address", ["jane@example.com", "a/b@shop.test", '"a b"@mail.example.org', "", "none"]
)
@pytest.mark.parametrize("place", OF_EMAILS.values(), ids=OF_EMAILS)
def test_a_field_of_addresses_keeps_one_that_is_nobodys(address, place):
    """Addresses at the domains of RFC 2606, and values that are no address, stay byte for byte."""
    assert texts(scrubbed(place(address))) == texts(place(address))


@pytest.mark.parametrize("address", [one for one in ODD if len(one) > 7])
def test_an_odd_address_is_the_same_stand_in_wherever_it_is_named(address):
    """Known from its field, it goes from texts too, before and after."""
    early = exchange(body=f"description={quote_plus(f'asked by {address}, twice')}")
    late = exchange(body=f"email={quote_plus(address)}", answer=json.dumps({"a": [f"<{address}>"]}))
    scrubber = Scrubber()
    for one in (early, late):
        scrubber.learn(one)
    assert scrubber.scrubbed(early).request.body == (
        "description=asked+by+scrubbedEmail1%40example.com%2C+twice"
    )
    assert scrubber.scrubbed(late).response.json == {"a": ["<scrubbedEmail1@example.com>"]}


@pytest.mark.parametrize("recorded", ODD)
def test_a_replay_takes_any_odd_address_for_the_recorded_one(recorded, tmp_path):
    """A test that sends another address than was recorded is answered, and has its own back."""

    def asked(address):
        answer = json.dumps({"email": address, "by": f"<{address}>"})
        return exchange(body=f"email={quote_plus(address)}&limit=1", answer=answer)

    recording = CassetteWriter(tmp_path / "a.yaml")
    recording.add(asked(recorded))
    recording.write(FAKE)
    for address in (*ODD, "jane@lovelace.org"):
        answer = Replay.load(tmp_path / "a.yaml").answer(asked(address).request)
        assert answer.json["email"] == address


IN_TEXTS = {
    "by jane!x@lovelace.org.": "by scrubbedEmail1@example.com.",
    "by **jane#1@lovelace.org**": "by **scrubbedEmail1@example.com**",
    "#jane@lovelace.org": "#scrubbedEmail1@example.com",
    'by "jane doe"@lovelace.org': "by scrubbedEmail1@example.com",
    "jane@[127.0.0.1], twice": "scrubbedEmail1@example.com, twice",
    "jane@[IPv6:::1]": "scrubbedEmail1@example.com",
    'say "jane@lovelace.org" or "joe@b.org"': (
        'say "scrubbedEmail1@example.com" or "scrubbedEmail2@example.com"'
    ),
    "https://a.example/b/jane@lovelace.org?c": "https://a.example/b/scrubbedEmail1@example.com?c",
}


@pytest.mark.parametrize(("text", "clean"), IN_TEXTS.items(), ids=IN_TEXTS)
def test_an_address_in_a_text_goes_and_the_text_around_it_stays(text, clean):
    """Its signs and its quotes are its own, and those of the text, of a URL say, are the text's."""
    assert scrubbed(exchange(answer=json.dumps({"a": text}))).response.json == {"a": clean}


def test_the_quotes_around_an_address_are_none_of_it():
    """A search query keeps its quotes, the stand-in is the same as elsewhere, and o'neil's is whole."""
    asked = "query=" + quote_plus("email:'eve@corp.io' OR email:'o'neil@corp.io'")
    one = exchange(url=f"{URL}/search?{asked}", body="email=eve@corp.io&to=o'neil@corp.io")
    clean = scrubbed(one)
    first, second = "scrubbedEmail1@example.com", "scrubbedEmail2@example.com"
    assert clean.request.url.partition("?")[2] == "query=" + quote_plus(
        f"email:'{first}' OR email:'{second}'"
    )
    assert clean.request.body == f"email={quote_plus(first)}&to={quote_plus(second)}"
    assert masked("email:'eve@corp.io' to o'neil@corp.io") == "email:'***@***' to ***@***"


def test_an_idempotency_key_goes_from_headers_messages_and_events():
    """A secret that only its field reveals is replaced everywhere, in earlier exchanges too."""
    key = "order-4711/refund"
    early = exchange(body=f"metadata[order]={quote_plus(key)}")
    late = exchange(
        asked={"Idempotency-Key": key},
        headers={"idempotency-key": key},
        answer=json.dumps({"error": {"message": f"Try a key other than '{key}' or {key}1."}}),
    )
    event = exchange(answer=json.dumps({"request": {"id": "req_1", "idempotency_key": "abc"}}))
    scrubber = Scrubber()
    for one in (early, late, event):
        scrubber.learn(one)
    clean = [scrubber.scrubbed(one) for one in (early, late, event)]
    assert clean[0].request.body == "metadata[order]=scrubbedIdempotency1"
    assert dict(clean[1].request.headers) == {"Idempotency-Key": "scrubbedIdempotency1"}
    assert dict(clean[1].response.headers) == {"idempotency-key": "scrubbedIdempotency1"}
    assert f"'scrubbedIdempotency1' or {key}1." in clean[1].response.json["error"]["message"]
    assert clean[2].response.json["request"] == {
        "id": "req_1",
        "idempotency_key": "scrubbedIdempotency2",
    }


def test_an_id_stays_an_id_where_an_idempotency_key_was_made_of_it():
    """A key that is an object's id is replaced in the header, and the id stays all over the answers."""
    one = exchange(asked={"Idempotency-Key": "pi_3QabcDEF"}, answer='{"id": "pi_3QabcDEF"}')
    clean = scrubbed(one)
    assert clean.response.json == {"id": "pi_3QabcDEF"}
    assert clean.request.headers["Idempotency-Key"] == "scrubbedIdempotency1"


def test_headers_lose_cookies_telemetry_and_the_machine_and_keep_the_rest():
    """Headers about a session or a machine are dropped; those about the call stay."""
    agent = {"lang": "python", "bindings_version": "16.1.0", "uname": "my-host", "platform": "Linux-6"}
    one = exchange(
        asked={
            "Authorization": "Bearer sk_test_51abc",
            "Stripe-Account": "acct_1abc",
            "Stripe-Version": "2026-10-28.endive",
            "X-Stripe-Client-Telemetry": '{"last_request_metrics": 1}',
            "X-Stripe-Client-User-Agent": json.dumps(agent),
        },
        headers={"Set-Cookie": "a=b", "Request-Id": "req_1"},
    )
    clean = scrubbed(one)
    assert dict(clean.request.headers) == {
        "Authorization": "Bearer sk_test_scrubbedKey1",
        "Stripe-Account": "acct_scrubbedAccount1",
        "Stripe-Version": "2026-10-28.endive",
        "X-Stripe-Client-User-Agent": '{"bindings_version": "16.1.0", "lang": "python"}',
    }
    assert dict(clean.response.headers) == {"Request-Id": "req_1"}


@pytest.mark.parametrize(
    "credentials", ["Basic " + in_base64("anything:else"), "Bearer tok.en-1", "bare-token-12"]
)
def test_credentials_without_a_keys_shape_are_replaced_whole(credentials):
    """Whatever authorizes a request is a secret."""
    clean = scrubbed(exchange(asked={"Authorization": credentials}))
    assert re.fullmatch(
        r"((Basic|Bearer) )?scrubbed(Coded|Key)1", clean.request.headers["Authorization"]
    )


DRESSES = {
    "as it is": str,
    "percent-encoded": lambda secret: quote("=" + secret, safe=""),
    "percent-encoded twice": lambda secret: quote(quote("=" + secret, safe=""), safe=""),
    "percent-encoded four times": lambda secret: quote(
        quote(quote(quote(f"={secret}", ""), ""), ""), ""
    ),
    "all of it percent-encoded": lambda secret: "".join(f"%{ord(sign):02X}" for sign in secret),
    "as a form has it": lambda secret: f"a={quote_plus(secret)}",
    "with JSON's escapes": escaped,
    "in base64": in_base64,
    "in base64 with a password": lambda secret: in_base64(f"{secret}:pass"),
    "in base64 for URLs, without its end": lambda secret: (
        base64.urlsafe_b64encode(f"{secret}~~".encode()).decode().rstrip("=")
    ),
    "in base64 of base64": lambda secret: in_base64(in_base64(secret)),
    "in base64 four times": lambda secret: in_base64(in_base64(in_base64(in_base64(secret)))),
    "in base64, percent-encoded": lambda secret: quote(in_base64(f"a:{secret}"), safe=""),
    "with HTML's escapes": lambda secret: "".join(f"&#{ord(sign)};" for sign in secret),
    "after an escaped line break": lambda secret: f"see\\n{secret}",
}


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_last_look_finds_a_secret_in_every_dress(secret, dress):
    """Each kind is found in every encoding, without help from the replacement before."""
    assert Scan().find_secrets(dress(secret))


KEYS = ["sk_test_51HxABCdef0123", "rk_live_51HxABCdef0123", "pk_live_51HxABCdef", "sk_org_test_51HxABCd"]
KEYS += ["whsec_0123456789abcdef"]
ENCODINGS = {
    "UTF-8": str.encode,
    "UTF-16, little end first": lambda text: text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: text.encode("utf-16-be"),
}
CODINGS = {
    "hex": bytes.hex,
    "HEX": lambda plain: plain.hex().upper(),
    "base32": lambda plain: base64.b32encode(plain).decode(),
    "base32 in small letters": lambda plain: base64.b32encode(plain).decode().lower(),
    "base64": lambda plain: base64.b64encode(plain).decode(),
    "base64 for URLs": lambda plain: base64.urlsafe_b64encode(plain).decode(),
}
BEFORE = ["", "~", ":~", "a:~", "key:", "a key: "]


@pytest.mark.parametrize("code", CODINGS.values(), ids=CODINGS)
@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_found_in_every_coding(key, encode, code):
    """Whatever is coded before it, a key is replaced with all that is coded in one, alone and in a text."""
    for before in BEFORE:
        token = code(encode(f"{before}{key}~"))
        one = exchange(body=f"a={quote(token)}", answer=json.dumps({"a": f"see {token}!"}))
        clean = scrubbed(one)
        assert Scan().find_secrets(token)
        assert re.fullmatch("a=scrubbedCoded1(%3D)*", clean.request.body)
        assert re.fullmatch("see scrubbedCoded1=*!", clean.response.json["a"])


@pytest.mark.parametrize("code", CODINGS.values(), ids=CODINGS)
@pytest.mark.parametrize("number", range(8))
def test_a_coded_key_is_found_between_any_number_of_other_signs(number, code):
    """Other characters may surround an encoded secret in its token."""
    token = code(f"the key {KEYS[0]} and more".encode())
    others = ("A" if token.isupper() else "a") * number
    assert Scan().find_secrets(f"{others}{token.rstrip('=')}{others}") == ["API key"]


def test_a_known_secret_is_one_as_a_word_of_its_own_only():
    """A longer word that contains an idempotency key isn't the key."""
    key = "order-1234"
    told = {"a": f"the {key}.", "b": f"re{key}", "c": f"{key}5", "d": f"{key}-5"}
    one = exchange(asked={"Idempotency-Key": key}, answer=json.dumps(told))
    stands = "scrubbedIdempotency1"
    assert scrubbed(one).response.json == told | {"a": f"the {stands}.", "d": f"{stands}-5"}


@pytest.mark.parametrize("secret", [IBAN, CARD, KEYS[0], "jane@lovelace.org"])
@pytest.mark.parametrize("before", [b"\xff", b"\xe9", b"\xba ", "é".encode(), b"N\xba"])
def test_a_secret_behind_what_is_no_text_is_replaced(before, secret):
    """Bytes of an upload, and of an answer, are no letters of a word."""
    body = before + secret.encode() + b" "
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    clean = scrubbed(exchange(asked=kind, body=text_of(b"x=" + body), answer=b"note: " + body))
    assert secret not in clean.request.body
    assert secret.encode() not in clean.response.body


def test_a_multipart_body_is_text_and_no_form():
    """Escapes and signs of a form stay byte for byte in a multipart body; only secrets are replaced."""
    before = '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    body = f"{before}a=%41+b&mail=jane@lovelace.org&c=%zz\r\n--b--"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    clean = scrubbed(exchange(asked=kind, body=body)).request.body
    assert clean == body.replace("jane@lovelace.org", "scrubbedEmail1@example.com")


def cut(text, width, sign="\n"):
    return sign.join(text[at : at + width] for at in range(0, len(text), width))


CUTS = {
    "lines": lambda text: cut(text, 24),
    "lines as in mail": lambda text: cut(text, 24, "\r\n"),
    "pairs": lambda text: cut(text, 2, " "),
    "words": lambda text: cut(text, 13, " "),
}
FIELDS = {
    "a form": (lambda text: exchange(body=f"a=b&note={quote_plus(text)}"), "request at body: note"),
    "a query": (lambda text: exchange(url=f"{URL}?q={quote(text)}"), "request at uri: q"),
    "a path": (lambda text: exchange(url=f"{URL}/{quote(text)}"), r"request at uri: \*\*\*"),
    "a header": (lambda text: exchange(asked={"X-Thing": text}), "request at headers.X-Thing"),
    "an answer": (lambda text: exchange(answer=json.dumps({"a": text})), r"response at body.*a"),
}


@pytest.mark.parametrize(("place", "where"), FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize("slash", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("code", CODINGS.values(), ids=CODINGS)
def test_a_coded_key_that_something_cut_stops_the_write(code, slash, place, where, tmp_path):
    """No piece is replaced, as another would tell the rest: the refusal names the place, and no key."""
    text = slash(code(f"a key and more: {KEYS[0]} and whatever comes after it".encode()))
    recording = CassetteWriter(tmp_path / "a.yaml")
    recording.add(place(text))
    with pytest.raises(SecretLeftError, match=rf"looks like an API key, in its {where}"):
        recording.write(FAKE)
    assert list(tmp_path.iterdir()) == []


def test_a_coded_key_between_words_is_replaced_alone():
    """Words around it are not taken for more of it."""
    text = f"Basic {in_base64(f'{KEYS[0]}:')} was used"
    clean = scrubbed(exchange(asked={"X-Thing": text}))
    assert clean.request.headers["X-Thing"] == "Basic scrubbedCoded1 was used"


def test_a_key_in_plain_utf_16_stops_the_write(tmp_path):
    """A key in UTF-16 can't be replaced, so nothing is written."""
    recording = CassetteWriter(tmp_path / "a.yaml")
    recording.add(exchange(answer=f"\ufeff{KEYS[0]}".encode("utf-16-le")))
    with pytest.raises(SecretLeftError, match="API key, in its response at body"):
        recording.write(FAKE)


HOSTILE = {
    "JSON that is cut": (lambda: exchange(answer='{"a": "' + escaped("sk_live_51abc")), "API key", "body"),
    "base64 behind other signs": (
        lambda: exchange(answer=json.dumps({"a": ["x" + in_base64("zz whsec_abcdefgh zz")]})),
        None,
        None,
    ),
    "a number that is no text": (lambda: exchange(answer=f'{{"a": {{"n": {CARD}}}}}'), "card", r"\$\.a\.n"),
    "a name that is there twice": (
        lambda: exchange(answer='{"a": 4242424242424242, "a": 1}'), "card", r"\$\.a"
    ),
    "escapes that are none of JSON's": (
        lambda: exchange(body=f"note={quote(escaped('jane@lovelace.org'))}"), "e-mail", "note"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "kind", "path"), HOSTILE.values(), ids=HOSTILE)
def test_what_could_not_be_replaced_stops_the_write(make, kind, path, tmp_path):
    """A secret is either replaced or nothing is written, and the refusal says which, where, and not what."""
    recording = CassetteWriter(tmp_path / "a.yaml")
    recording.add(exchange())
    recording.add(make())
    if kind is None:
        recording.write(FAKE)
        assert Scan().find_secrets(str(yaml_loader.read_yaml((tmp_path / "a.yaml").read_text()))) == []
        return
    with pytest.raises(
        SecretLeftError, match=rf"interaction 2 .*{kind}.* in its (request|response) at .*{path}"
    ) as left:
        recording.write(FAKE)
    assert not re.search(r"4242|51abc|jane", str(left.value))
    assert left.value.interaction == 2
    assert list(tmp_path.iterdir()) == []


def test_only_documentation_may_show_its_published_values(tmp_path):
    """A published example's secrets stay in a cassette of documentation, and in no other."""
    secret = "pi_1GszwY2eZvKYlo2CohCEmT6b_secret_1jQJzqkrQvx4BpwI5hn6WSEO5"
    recording = CassetteWriter(tmp_path / "a.yaml", published=[secret, "jane@b.org"])
    recording.add(exchange(answer=json.dumps({"client_secret": secret, "email": "jane@b.org"})))
    with pytest.raises(
        ValueError, match="published values need a cassette of documentation; this one is of fake"
    ):
        recording.write(FAKE)
    assert recording.write(Provenance("documentation"))
    written = "".join((tmp_path / "a.yaml").read_text().split())
    assert secret in written
    assert "jane@b.org" in written


ALPHANUMERIC = st.text("abcXYZ0123456789", min_size=10, max_size=24)
ANY_SECRET = st.one_of(
    ALPHANUMERIC.map("sk_test_{}".format),
    ALPHANUMERIC.map("rk_live_{}".format),
    ALPHANUMERIC.map("whsec_{}".format),
    ALPHANUMERIC.map("pi_3Q_secret_{}".format),
    ALPHANUMERIC.map("acct_{}".format),
    st.from_regex(r"[a-z]{1,8}[.+'-]?[a-z0-9]{1,8}@[a-z]{3,9}\.(org|com|co\.uk)", fullmatch=True).filter(
        lambda address: "@example." not in address
    ),
)  # fmt: skip


@given(st.lists(st.tuples(ANY_SECRET, st.sampled_from(sorted(PLACES))), min_size=1, max_size=5))
def test_no_secret_survives_in_the_file(tmp_path_factory, placed):
    """Random secrets in random places never reach the written file."""
    path = tmp_path_factory.mktemp("tape") / "a.yaml"
    recording = CassetteWriter(path)
    for secret, place in placed:
        recording.add(PLACES[place](secret))
    recording.write(FAKE)
    written = path.read_text("utf-8")
    found = [one.exchange for one in interactions.interactions(yaml_loader.read_yaml(written))]
    told = written + "".join(texts(one) for one in found)
    for secret, _ in placed:
        for dress in (secret, quote(secret), quote(quote(secret)), escaped(secret), in_base64(secret)):
            assert dress not in told
