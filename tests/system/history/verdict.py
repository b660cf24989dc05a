"""What the rules found: violations with everything that is needed to look at them, counted by rule."""

import collections
import dataclasses

LISTED_PER_RULE = 10


@dataclasses.dataclass(frozen=True)
class Violation:
    """`text` names operation, times, partition and offset; `look` is what to type to see more."""

    rule: str
    text: str
    look: str


class Verdict:
    """Keeps the first violations of each rule and counts all of them, so that a broken run stays readable."""

    def __init__(self, store):
        self.first_ns = store.one("SELECT coalesce(min(start), 0) FROM (SELECT min(start) AS start FROM attempt "
                                  "UNION ALL SELECT min(start) FROM consumed)")
        self.counts = collections.Counter()
        self.violations = []

    def report(self, rule, text, look=""):
        self.counts[rule] += 1
        if self.counts[rule] <= LISTED_PER_RULE:
            self.violations.append(Violation(rule, text, look))

    def at(self, time_ns):
        """Seconds since the history began."""
        return "never" if time_ns is None else f"{(time_ns - self.first_ns) / 1e9:.3f} s"

    def during(self, start_ns, end_ns):
        return f"from {self.at(start_ns)} to {self.at(end_ns)}"

    @property
    def good(self):
        return not self.counts

    def text(self):
        if self.good:
            return "no violations"
        lines = [f"{count} x {rule}" for rule, count in sorted(self.counts.items())]
        for one in self.violations:
            lines.append(f"\n{one.rule}: {one.text}")
            if one.look:
                lines.append(f"  look: {one.look}")
        return "\n".join(lines)


def look_at_place(topic, partition, offset):
    return f"check.py FOLDER --at {topic}/{partition}:{offset}"


def look_at_message(name):
    return f"check.py FOLDER --message {name}"


def look_at_client(client, op):
    return f"check.py FOLDER --client {client} --op {op}"
