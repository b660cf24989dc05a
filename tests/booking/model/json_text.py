"""JSON of RFC 8259 and nothing else; what Python's reader takes besides is refused."""

import json


class NotJson(Exception):
    pass


def read(value):
    try:
        found = json.loads(
            value.decode("utf-8"), parse_constant=refuse, parse_float=finite, object_pairs_hook=without_duplicates
        )
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # a lone half of a surrogate pair is no text
    except (ValueError, RecursionError) as wrong:
        raise NotJson(str(wrong)) from wrong
    return found


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def finite(text):
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is out of range")
    return number


def without_duplicates(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def are_equal(left, right):
    """Equal JSON values: Python takes true for 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(are_equal(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(are_equal(*pair) for pair in zip(left, right))
    return left == right
