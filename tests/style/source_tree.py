"""The files that the style checks read, and how the checks report."""

import subprocess
import sys
from pathlib import Path

CODE_SUFFIXES = {".h", ".cpp", ".hpp"}
SCRIPT_SUFFIXES = {".py", ".sh", ".sql", ".js", ".css", ".html"}


def tracked_files(root: Path) -> list[Path]:
    """Files that git knows below `root`, as paths relative to it; without git every file outside build folders."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], check=True, capture_output=True).stdout
        names = [Path(name.decode()) for name in listed.split(b"\0") if name]
        return sorted(name for name in names if (root / name).is_file())
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path for path in found if path.parts[0] not in {"build", ".git"})


def read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").split("\n")


def is_code(path: Path) -> bool:
    return path.suffix in CODE_SUFFIXES


def is_script(path: Path, root: Path) -> bool:
    """Scripts by suffix, and files without one that begin with a #! line."""
    if path.suffix in SCRIPT_SUFFIXES:
        return True
    return not path.suffix and (root / path).read_bytes()[:2] == b"#!"


def run_check(name: str, find_problems) -> None:
    """`find_problems(root)` gives one line for each problem. Ends the program with 1 if there is any."""
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    problems = find_problems(root)
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problems")
    sys.exit(1 if problems else 0)
