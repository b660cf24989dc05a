"""Includes and link lists go only along the arrows of DESIGN section 3."""

import re
from pathlib import Path

from source_tree import is_code, read_lines, run_check, tracked_files

# Every folder with all that it may use besides itself. The order of DESIGN section 3 allows a little more in places;
# what a folder "must never" do (DESIGN section 1) is left out here.
ALLOWED = {
    "base": set(),
    "net": {"base"},
    "raft/core": {"base"},
    "raft/storage": {"raft/core", "base"},
    "raft/transport": {"raft/core", "net", "base"},
    "raft/runtime": {"raft/core", "raft/storage", "raft/transport", "net", "base"},
    "kafka": {"net", "base"},
    "db": {"net", "base"},
    "client": {"net", "base"},
    "broker": {"raft/core", "raft/storage", "raft/transport", "raft/runtime", "kafka", "net", "base"},
    "write_manager": {"db", "kafka", "net", "base"},
    "read_manager": {"db", "kafka", "net", "base"},
    "load_balancer": {"net", "base"},
    "booking_app/machine": {"base"},
    "booking_app": {"booking_app/machine", "client", "net", "base"},
}
ALLOWED["examples"] = {"client"}
ALLOWED["cli"] = set(ALLOWED)

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
LINKED = re.compile(r"\bmarquee_[a-z_]+\b")


def folder_of(path: str) -> str | None:
    """The folder of ALLOWED that `path` lies in."""
    for folder in ALLOWED:
        if path.startswith(folder + "/"):
            return folder
    return None


def include_problems(root: Path, path: Path) -> list[str]:
    source = folder_of(path.as_posix())
    if source is None:
        return []
    problems = []
    for number, line in enumerate(read_lines(root / path), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = folder_of(match[1])
        if target is None:
            problems.append(f'{path}:{number}: "{match[1]}" is no path from the root into a known folder')
        elif target != source and target not in ALLOWED[source]:
            problems.append(f"{path}:{number}: {source} must not include {target} ({match[1]})")
    return problems


def link_problems(root: Path, path: Path) -> list[str]:
    source = folder_of(path.as_posix())
    if source is None or path.name != "CMakeLists.txt":
        return []
    targets = {"marquee_" + folder.replace("/", "_"): folder for folder in ALLOWED}
    problems = []
    for number, line in enumerate(read_lines(root / path), 1):
        for name in LINKED.findall(line.split("#")[0]):
            target = targets.get(name)
            if target is not None and target != source and target not in ALLOWED[source]:
                problems.append(f"{path}:{number}: {source} must not link {target}")
    return problems


def find_problems(root: Path) -> list[str]:
    problems = []
    for path in tracked_files(root):
        if is_code(path):
            problems += include_problems(root, path)
        problems += link_problems(root, path)
    return problems


if __name__ == "__main__":
    run_check("arrows", find_problems)
