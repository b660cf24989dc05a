"""Every .h and .cpp file is as clang-format-19 would write it."""

import subprocess
from pathlib import Path

from source_tree import is_code, run_check, tracked_files

FILES_AT_ONCE = 50


def find_problems(root: Path) -> list[str]:
    files = [str(path) for path in tracked_files(root) if is_code(path)]
    problems = []
    for start in range(0, len(files), FILES_AT_ONCE):
        command = ["clang-format-19", "--dry-run", "--Werror", *files[start : start + FILES_AT_ONCE]]
        run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        problems += [line for line in run.stderr.splitlines() if "error:" in line]
        if run.returncode != 0 and "error:" not in run.stderr:
            problems.append(run.stderr.strip() or f"clang-format-19 ended with {run.returncode}")
    return problems


if __name__ == "__main__":
    run_check("formatting", find_problems)
