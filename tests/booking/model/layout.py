"""Layouts: which places of a hall have a seat, and which row belongs to which category."""

from .answers import Refusal

MOST_ROWS = 1_000
MOST_COLUMNS = 26
STANDARD = {"id": "standard", "name": "Standard", "price_cents": 0}


def need(condition):
    if not condition:
        raise Refusal("BAD_LAYOUT")


def of_body(body):
    """Lines of `s` (seat) and `.` (none), row 1 first, from exactly one of rows+cols and layout."""
    need(("rows" in body or "cols" in body) != ("layout" in body))
    if "layout" in body:
        lines = body["layout"]
    else:
        need("rows" in body and "cols" in body)
        need(1 <= body["rows"] <= MOST_ROWS and 1 <= body["cols"] <= MOST_COLUMNS)
        lines = ["s" * body["cols"]] * body["rows"]
    need(1 <= len(lines) <= MOST_ROWS)
    need(all(len(line) == len(lines[0]) and set(line) <= {"s", "."} for line in lines))
    need(len(lines[0]) <= MOST_COLUMNS and any("s" in line for line in lines))
    return list(lines)


def categories(asked, rows):
    """Each row in exactly one category."""
    if asked is None:
        return [{**STANDARD, "rows": list(range(1, rows + 1))}]
    named = [category["id"] for category in asked]
    need(len(named) == len(set(named)))
    covered = [row for category in asked for row in category["rows"]]
    need(sorted(covered) == list(range(1, rows + 1)))
    return [{**category, "rows": list(category["rows"])} for category in asked]


def grown(old, old_rows, rows):
    """New rows are of the last row's category."""
    added = list(range(old_rows + 1, rows + 1))
    return [
        {**category, "rows": category["rows"] + (added if old_rows in category["rows"] else [])} for category in old
    ]
