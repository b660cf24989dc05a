"""What a run did and how long clients had to wait, by kind of fault."""

import bisect
import collections

from history import events


def text(folder, figures):
    faults, requests = [], []
    for event in events.read(folder):
        if event["e"] == "fault":
            faults.append(event)
        elif event["e"] == "produce" and event["client"].rpartition("-")[0].endswith("sequenced"):
            ok = all(told["ok"] for told in event["results"])
            requests.append((event["client"], event["op"], event["start"], event["end"], ok))
    lines = [f"{name}: {value}" for name, value in figures.items()]
    lines.append("fault                 times   back after (ms): median, longest   longest wait of a producer (ms)")
    waits = _waits(requests)
    kinds = collections.defaultdict(list)
    for fault in faults:
        kinds[fault["kind"]].append(fault)
    for kind, those in sorted(kinds.items()):
        back = sorted(fault["progress_ms"] or 0 for fault in those)
        longest = max(_longest(waits, fault) for fault in those)
        lines.append(f"{kind:20} {len(those):6} {back[len(back) // 2]:26} {back[-1]:8} {longest:32}")
    return "\n".join(lines)


def _waits(requests):
    """(start, milliseconds until it was acknowledged) of every sequenced request, by start."""
    first, waits = {}, []
    for client, op, start, end, ok in sorted(requests, key=lambda request: request[2]):
        began = first.setdefault((client, op), start)
        if ok:
            waits.append((began, (end - began) // 1_000_000))
    return sorted(waits)


def _longest(waits, fault):
    """Of requests that began while the fault lasted, or up to 15 s before it and were not answered by then."""
    begin = bisect.bisect_left(waits, (fault["start"] - 15_000_000_000, 0))
    longest = 0
    for began, waited in waits[begin:]:
        if began > fault["healed"]:
            break
        if began + waited * 1_000_000 >= fault["start"]:
            longest = max(longest, waited)
    return longest
