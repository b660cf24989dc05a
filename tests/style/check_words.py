"""What must not stand in a file: marks of unfinished work, skipped tests, machine paths, sockets outside net/,
Asio or Beast included whole, sleeps in tests that need no clock."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from source_tree import is_code, is_script, read_lines, run_check, tracked_files


@dataclass
class rule:
    pattern: re.Pattern
    says: str
    applies: Callable[[Path], bool]


def is_within(path: Path, *folders: str) -> bool:
    return any(path.as_posix().startswith(folder + "/") for folder in folders)


def anywhere(path: Path) -> bool:
    return not is_within(path, "tests/style")


RULES = [
    rule(re.compile(r"\b(TODO|FIXME|XXX|HACK|PLACEHOLDER)\b|\bplaceholder for\b"), "a mark of unfinished work", anywhere),
    rule(re.compile(r"\bGTEST_SKIP\b|\bDISABLED_|pytest\.mark\.(skip|xfail)"), "a skipped test", anywhere),
    rule(re.compile(r"^(<<<<<<<|>>>>>>>) "), "a conflict that was not resolved", anywhere),
    rule(re.compile(r"(?<![\w.])/(work|root|home/\w+)/"), "a path of one machine", anywhere),
    rule(re.compile(r"registry\.npmjs\.org|pypi\.org|repo1?\.maven|proxy\.golang\.org"), "a package registry", anywhere),
    rule(re.compile(r"#\s*include\s*<boost/(asio|beast)\.hpp>"), "Asio or Beast included whole", anywhere),
    rule(
        re.compile(r"#\s*include\s*<(boost/asio/(ip|local|ssl)/|sys/socket\.h|netinet/|arpa/inet\.h|netdb\.h)"),
        "a socket outside net/",
        # Tests and load programs are clients from outside: they share no code with what they look at. Nor does the
        # echo chain, which net/ is measured against.
        lambda path: not is_within(path, "net", "tests", "benchmarks/load", "benchmarks/peers/echo_chain"),
    ),
    rule(
        re.compile(r"\bsleep_for\b|\bsleep_until\b|\busleep\b|time\.sleep"),
        "a sleep in a test that needs none",
        lambda path: is_within(path, "tests/unit", "tests/raft_paper", "tests/simulation"),
    ),
    rule(
        re.compile(r"\bstd::(system_clock|steady_clock)\b|\bstd::chrono::\w+_clock::now\b|\bstd::thread\b|\brand\(\)"),
        "a clock, thread or random device in a pure state machine",
        lambda path: is_within(path, "raft/core", "booking_app/machine"),
    ),
]


def find_problems(root: Path) -> list[str]:
    problems = []
    for path in tracked_files(root):
        if not (is_code(path) or path.suffix in {".md", ".txt", ".cmake"} or is_script(path, root)):
            continue
        rules = [one for one in RULES if one.applies(path)]
        for number, line in enumerate(read_lines(root / path), 1):
            for one in rules:
                if one.pattern.search(line):
                    problems.append(f"{path}:{number}: {one.says}: {line.strip()[:100]}")
    return problems


if __name__ == "__main__":
    run_check("words", find_problems)
