"""Ids: their form, and what "by id" means."""

import re

SHOW_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TARGET = re.compile(r"[A-Za-z0-9._-]{1,128}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SESSION_ID = re.compile(r"s-(0|[1-9][0-9]*)")


def is_short_text(text):
    """1..255 bytes of UTF-8 without control characters (those of Unicode's category Cc)."""
    return not CONTROL.search(text) and 1 <= len(text.encode()) <= 255


def number_order(made_id):
    """By offset, then by index: s-7, H-12, H-12-1, H-12-2."""
    return [int(part) for part in made_id.split("-")[1:]]


def byte_order(text):
    return text.encode()
