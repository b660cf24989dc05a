"""Step 1 of the order of checks, the parts: what a field may hold. Every check raises BadCommand."""

import base64
import re

from . import ids

BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
LARGEST = 2**53 - 1  # as of seq, and what every reader of JSON takes


class BadCommand(Exception):
    pass


def need(condition, why):
    if not condition:
        raise BadCommand(why)


def integer(low=-LARGEST, high=LARGEST):
    def check(value):
        need(isinstance(value, int) and not isinstance(value, bool), "not an integer")
        need(low <= value <= high, "out of range")

    return check


def text(value):
    need(isinstance(value, str), "not a string")


def anything(_value):
    pass


def truth(value):
    need(isinstance(value, bool), "not true or false")


def short_text(value):
    text(value)
    need(ids.is_short_text(value), "not 1..255 bytes without control characters")


def matching(pattern):
    def check(value):
        text(value)
        need(pattern.fullmatch(value), "not well formed")

    return check


def one_of(*values):
    def check(value):
        text(value)
        need(value in values, "none of " + " ".join(values))

    return check


def list_of(check_one, may_be_empty=False):
    def check(value):
        need(isinstance(value, list), "not a list")
        need(value or may_be_empty, "an empty list")
        for one in value:
            check_one(one)

    return check


def base64_text(value):
    """RFC 4648, canonical: what the bytes are written as."""
    text(value)
    need(len(value) % 4 == 0 and BASE64.fullmatch(value), "not base64")
    need(base64.b64encode(base64.b64decode(value)).decode() == value, "bits behind the last byte")


def fields(also=None, **checks):
    """An object of exactly these fields; a name that ends with `_` may be left out. `also` checks them together."""

    def check(value):
        need(isinstance(value, dict), "not an object")
        for name in value:
            need(name in checks or name + "_" in checks, f"unknown field {name}")
        for name, check_one in checks.items():
            optional = name.endswith("_")
            name = name.rstrip("_")
            if name in value:
                check_one(value[name])
            else:
                need(optional, f"{name} is missing")
        if also:
            also(value)

    return check


def seats_or_best(value):
    need(("seats" in value) != ("best" in value), "exactly one of seats and best")


def each_show_once(value):
    named = [item["show_id"] for item in value["items"]]
    need(len(named) == len(set(named)), "a show twice")
