"""Copies of the model with one bug each: what compare.py and invariants.py must find."""

import contextlib
import importlib.util
import itertools
import pathlib
import shutil
import sys
import tempfile

MODEL = pathlib.Path(__file__).resolve().parent / "model"
copies = itertools.count()

# What is wrong -> (file, the text that stands there once, what takes its place).
BUGS = {
    "a token is given twice": ("locks.py", "state.last_token += 1", "state.last_token = max(state.last_token, 1)"),
    "no offers before the command": (
        "model.py",
        "expiry.run(self.state, record)\n        waitlist.make_offers(self.state, record)",
        "expiry.run(self.state, record)",
    ),
    "the last who waits gets the offer": ("waitlist.py", 'entry = show["waitlist"][0]', 'entry = show["waitlist"][-1]'),
    "an expired session keeps its holds": ("session_end.py", 'if hold["session"] == session["id"]', "if False"),
    "who waits for a lock outlives the session": (
        "session_end.py",
        "locks.drop_waiters(state, record, session_ids)",
        "pass",
    ),
    "orphans have neighbours across an aisle": (
        "orphan.py",
        "{(row, column - 1), (row, column + 1)} & a",
        "{(row, column + step) for step in (-2, -1, 1, 2)} & a",
    ),
    "dedup does not look at the payload": ("dedup.py", ' or not json_text.are_equal(entry["body"], command.body)', ""),
    "the window of dedup is one too wide": ("dedup.py", "WINDOW = 64", "WINDOW = 65"),
    "ack_below may fall": ("dedup.py", 'max(table["ack_below"], command.ack_below)', "command.ack_below"),
    "refusals are not stored": (
        "model.py",
        "dedup.store(self.state, command, reply)",
        'reply["status"] == "OK" and dedup.store(self.state, command, reply)',
    ),
    "the best seats are the later row's": (
        "best.py",
        "- (columns + 1)), row, first)",
        "- (columns + 1)), -row, first)",
    ),
    "the best seats may make an orphan": ("best.py", "(without_orphan or candidates)[0]", "candidates[0]"),
    "time takes any step": ("clock.py", "LONGEST_STEP_MS = 1000", "LONGEST_STEP_MS = 10**12"),
    "time waits for a clock that went back": (
        "clock.py",
        "state.previous_timestamp = timestamp",
        "state.previous_timestamp = max(timestamp, state.previous_timestamp or 0)",
    ),
    "a deadline is over a moment later": ("clock.py", "state.time_ms >= deadline", "state.time_ms > deadline"),
    "a released token counts as expired": (
        "lock_use.py",
        'Refusal("NOT_HOLDER" if lock["last"]["released"] else "LOCK_EXPIRED")',
        'Refusal("LOCK_EXPIRED")',
    ),
    "the next holder waits after a release, too": (
        "lock_use.py",
        "released=True, delayed=False",
        "released=True, delayed=True",
    ),
    "staged data is appended after an abort": ("lock_use.py", ' if command.body.get("commit", True) else []', ""),
    "the answer of who waited stays WAITING": (
        "locks.py",
        '        dedup.change_answer(state, asked["who"], asked["offset"], reply)\n',
        "",
    ),
    "asking again makes a new grant": ("locks.py", 'if grant and grant["session"] == command.session:', "if False:"),
    "any client's session is renewed": (
        "sessions.py",
        'if session is not None and session["client"] == client:',
        "if session is not None:",
    ),
    "a session's holds make a version each": (
        "session_end.py",
        'shows.changed(state, record, "seat.released", show_id, freed[show_id])',
        '[shows.changed(state, record, "seat.released", show_id, [seat]) for seat in freed[show_id]]',
    ),
    "a hold is booked at the price of the day": (
        "bookings.py",
        'hold["client"], hold["seats"])',
        'hold["client"], seats.prices(state.shows[hold["show"]], hold["seats"]))',
    ),
    "a partial release ends the hold": ("holds.py", 'if len(given_up) == len(hold["seats"]):', "if given_up:"),
    "seats given up are not free for the exchange": ("exchange.py", "given_up if same_show else ()", "()"),
    "a booking keeps the admission": ("bookings.py", "    admission.end_of_client(state, show_id, client)\n", ""),
    "only one conflict is told": (
        "taking.py",
        "raise Refusal(code, sorted_conflicts(found, with_show))",
        "raise Refusal(code, sorted_conflicts(found[:1], with_show))",
    ),
    "a hold may be extended for ever": ("holds.py", 'deadline > hold["made"] + ', "deadline > state.time_ms + "),
    "bookings are moved to closed shows": ("show_removal.py", ' and show["status"] == "OPEN"', ""),
    "the category is not looked at": ("seats.py", "if category_id is None:", "if True:"),
}

# Bugs that break an invariant, whatever the specification says besides.
BREAKING = {
    "I1": ("taking.py", '    refuse_if_any("SEAT_TAKEN", taken, with_show)\n', ""),
    "I2": ("show_removal.py", 'holds.end(state, hold, "RELEASED")', "pass"),
    "I3": ("dedup.py", "    if entry is None:\n        return None\n", "    return None\n"),
    "I8": (
        "bookings.py",
        "command.client, seats.prices(show, chosen))",
        "command.client, seats.prices(show, chosen[:1]))",
    ),
    "I8 when refused": (
        "exchange.py",
        "    [(chosen, warning)] = taking",
        "    bookings.cancel(state, booking)\n    [(chosen, warning)] = taking",
    ),
    "I9": ("locks.py", "state.last_token += 1", "state.last_token = max(state.last_token, 1)"),
    "I9 old tokens": ("lock_use.py", 'if lock["grant"] and token == lock["grant"]["token"]:', 'if lock["grant"]:'),
    "I10": ("locks.py", 'waiter = lock["waiters"].pop(0)', 'waiter = lock["waiters"].pop()'),
    "I11 too early": ("clock.py", "state.time_ms >= deadline", "state.time_ms + 300 >= deadline"),
    "I11 too late": ("clock.py", "state.time_ms >= deadline", "state.time_ms >= deadline + 300"),
    "I11 backwards": (
        "clock.py",
        "min(max(timestamp - state.previous_timestamp, 0)",
        "min(timestamp - state.previous_timestamp",
    ),
    "I12": ("bookings.py", '    if booking["client"] != client:\n        raise Refusal("NOT_OWNER")\n', ""),
}


@contextlib.contextmanager
def planted(bug):
    """The package `model` once more, under a name of its own, with the bug in it."""
    file, right, wrong = bug
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(
            shutil.copytree(MODEL, pathlib.Path(folder) / "model", ignore=shutil.ignore_patterns("__pycache__"))
        )
        text = (copy / file).read_text(encoding="utf-8")
        if text.count(right) != 1:
            raise ValueError(f"{right!r} stands {text.count(right)} times in {file}")
        (copy / file).write_text(text.replace(right, wrong), encoding="utf-8")
        name = f"planted_model_{next(copies)}"
        spec = importlib.util.spec_from_file_location(
            name, copy / "__init__.py", submodule_search_locations=[str(copy)]
        )
        package = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
        try:
            yield package
        finally:
            for loaded in [one for one in sys.modules if one.split(".")[0] == name]:
                del sys.modules[loaded]
