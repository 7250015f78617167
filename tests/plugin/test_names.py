"""Each test has a cassette of its own, whose name is the same in each run and tells no secret."""

import re
from pathlib import Path

import pytest

TELLS = """
    import pytest

    @pytest.fixture(autouse=True)
    def _tells(stripe_cassette, request):
        with open("names.txt", "a", encoding="utf-8") as file:
            print(stripe_cassette.relative_to(request.config.rootpath).as_posix(), file=file)
"""
BELOW = "tests/cassettes/stripe/"
RAW_IDS = "[pytest]\ndisable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n"


@pytest.fixture
def names(project):
    """Run some of a project's files; give its tests' cassettes, sorted, by their paths below the folder."""

    def run(files, *arguments):
        for name, text in {"conftest.py": TELLS, **files}.items():
            project.file(name, text)
        told = project.pytester.path / "names.txt"
        told.unlink(missing_ok=True)
        result = project.run("--import-mode=importlib", *arguments)
        assert result.ret == 0
        paths = told.read_text("utf-8").splitlines()
        assert all(path.startswith(BELOW) for path in paths)
        return sorted(path.removeprefix(BELOW) for path in paths)

    return run


PAYS = "def test_pays(): pass"
FILES = {
    "in tests": (["tests/test_payments.py"], ["test_payments/test_pays.yaml"]),
    "beside tests": (["test_payments.py"], ["test_payments/test_pays.yaml"]),
    "in a folder": (["tests/api/test_s.py"], ["api/test_s/test_pays.yaml"]),
    "in both": (
        ["test_s.py", "tests/test_s.py"],
        ["test_s/test_pays.yaml", "tests/test_s/test_pays.yaml"],
    ),
    "in three": (
        ["test_s.py", "tests/test_s.py", "tests/tests/test_s.py"],
        ["test_s/test_pays.yaml", "tests/test_s/test_pays.yaml", "tests/tests/test_s/test_pays.yaml"],
    ),
    "in both, in a folder": (
        ["api/test_s.py", "tests/api/test_s.py", "tests/test_s.py"],
        ["api/test_s/test_pays.yaml", "test_s/test_pays.yaml", "tests/api/test_s/test_pays.yaml"],
    ),
}


@pytest.mark.parametrize(("files", "due"), FILES.values(), ids=FILES)
def test_a_cassette_lies_by_its_module_and_no_two_modules_share_one(files, due, names):
    """A module of tests/ is named from there, as documented, unless another has that name."""
    assert names(dict.fromkeys(files, PAYS)) == due


def test_modules_outside_rootdir_share_no_cassette(names):
    """They are told apart by where they lie, whichever of them are run."""
    files = {"configured/pytest.ini": "[pytest]\n", "apart/conftest.py": TELLS}
    files |= {f"apart/{name}/test_s.py": PAYS for name in "ab"}
    for chosen, due in {"apart": "ab", "apart/b": "b"}.items():
        told = names(files, "-cconfigured/pytest.ini", chosen)
        assert told == [f"-/apart/{name}/test_s/test_pays.yaml" for name in due]


def one(ids, name="test_x"):
    return {"test_it.py": f"""
    import pytest

    @pytest.mark.parametrize("a", {ids!r}, ids=str)
    def {name}(a): pass
"""}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("test_x", ["中" * 200, "中" * 201]),
        ("test_x", ["a" + "é" * 200, "a" + "é" * 201]),
        ("test_x", ["x" * 300, "x" * 301]),
        ("test_" + "支払" * 20, ["中" * 40, "中" * 40 + "文"]),
    ],
)
def test_a_long_name_fits_a_file_system_and_stays_distinct(name, ids, names):
    """With all that a recording in the making has around it, a name has 255 bytes at most, whole signs."""
    first, second = names({**one(ids, name), "pytest.ini": RAW_IDS})
    assert first != second
    for path in (first, second):
        file = f".{Path(path).name}.{2**32}-{'f' * 16}.tmp"
        assert len(file.encode()) <= 255
        assert "\ufffd" not in file


def test_a_long_test_of_any_letters_is_recorded_and_replayed(project, sending):
    """Its bytes count, not its letters."""
    project.file("pytest.ini", RAW_IDS)
    body = "stripe_balance.customer(name=a)"
    text = one(["中" * 200])["test_it.py"].replace("(a): pass", f"(a, stripe_balance): {body}")
    project.file("test_it.py", text)
    for mode in ("record", "replay"):
        sending(mode).assert_outcomes(passed=1)


SECRET_IDS = {
    "API keys": ["sk_test_51HxABCdef0123", "sk_test_51HxABCdef4567", "sk_test_51HxABCdef8901"],
    "signing secrets": ["whsec_0123456789abcdef", "whsec_fedcba9876543210", "whsec_0000000000000000"],
    "client secrets": ["pi_3Q_secret_AbCdEf012345", "pi_3Q_secret_xyz", "pi_3Q_secret_more"],
    "addresses": ["jane@lovelace.org", "joe@lovelace.org", "eve@lovelace.org"],
    "addresses and more": ["usd-jane@b.org-1", "eur-joe@b.org-1", "eur-eve@b.org-1"],
    "in JSON": ['{"a": "jane@b.org"}', '{"a": "joe@b.org"}', '{"a": "eve@b.org"}'],
    "escaped": ["see\nsk_test_51HxABCdef0123", "see\nsk_test_51Hx", "see\nsk_test_67890"],
    "coded": [plain.encode().hex() for plain in ("sk_test_51HxAB", "rk_live_51HxAB", "whsec_abc")],
}


@pytest.mark.parametrize("ids", SECRET_IDS.values(), ids=SECRET_IDS)
def test_a_secret_in_a_tests_id_is_in_no_name(ids, names):
    """Each test's name is its own, and other secrets in their place would give the same names."""
    told = names(one(ids[:2]))
    assert len(set(told)) == 2
    assert not re.search("51Hx|0123|fedc|AbCd|xyz|jane|joe|736b|726b|7768", "".join(told))
    assert told == names(one(ids[:2]))
    assert told == names(one([ids[0], ids[2]]))


def test_what_is_no_secret_stays_in_a_tests_name(names):
    """Words that a name has of its own, and values that only look like numbers, are kept."""
    ids = ["jane@example.com", "4242424242424241", "secret_key_required", "1765843200000", "usd"]
    told = names(one(ids, "test_client_secret_is_kept"))
    kept = [f"test_it/test_client_secret_is_kept[{one}].yaml" for one in ids[1:]]
    assert [path for path in told if "jane-example.com" not in path] == sorted(kept)


def test_a_test_with_a_secret_in_its_id_is_recorded_and_replayed(project, sending):
    """Neither the file's name nor what is in it tells; the replay finds it, one test run alone too."""
    body = "assert stripe_balance.customer(name='n', email=a).email == a"
    text = one(SECRET_IDS["addresses"])["test_it.py"].replace(
        "(a): pass", f"(a, stripe_balance): {body}"
    )
    project.file("test_it.py", text)
    sending("record").assert_outcomes(passed=3)
    files = [*(project.pytester.path / BELOW / "test_it").iterdir()]
    assert len(files) == 3
    assert not re.search("jane|joe|eve@", "".join(f"{path}{path.read_text('utf-8')}" for path in files))
    sending("replay").assert_outcomes(passed=3)
    sending("replay", "-k", "joe").assert_outcomes(passed=1, deselected=2)
    sending("replay", "test_it.py::test_x[eve@lovelace.org]").assert_outcomes(passed=1)
