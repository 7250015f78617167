"""Parameters as hypothesis draws them: by their rule, or hostile."""

from hypothesis import strategies as st

HOSTILE = st.sampled_from(
    [
        *("", " ", "0", "-1", "1.5", "1e3", "abc", "null", "true", "\x00", "é", "😀", "[]", "a" * 5000),
        *(
            "9" * 18,
            "9" * 40,
            "٣",
            "usd",
            "USD",
            "NaN",
            "Infinity",
            "__class__",
            "%s",
            "'; --",
            "2026-01-01",
        ),
    ]
)


def by_rule(rule, ids, depth=0):
    """Draw values that fit a parameter's rule, ids that exist among them."""
    if "anyOf" in rule:
        return st.one_of([by_rule(one, ids, depth) for one in rule["anyOf"]])
    match rule.get("type"):
        case "object" if depth < 3:
            members = rule.get("properties", {})
            drawn = {name: by_rule(one, ids, depth + 1) for name, one in members.items()}
            required = {name: drawn.pop(name) for name in rule.get("required", ())}
            return st.fixed_dictionaries(required, optional=dict(list(drawn.items())[:8]))
        case "object":
            return st.just({"a": "b"})
        case "array":
            return st.lists(by_rule(rule.get("items", {}), ids, depth + 1), max_size=2)
        case "integer":
            return st.sampled_from([1, 50, 100, 700, 1000, 99_999_999, 1_767_225_600])
        case "boolean":
            return st.sampled_from(["true", "false"])
        case "number":
            return st.sampled_from(["1", "2.5", "0"])
    if choices := rule.get("enum"):
        common = [one for one in choices if "customer_balance" in one or "transfer" in one]
        return st.sampled_from(common or choices)
    return st.sampled_from(["usd", "gbp", "ada@example.com", "customer_balance", *ids])
