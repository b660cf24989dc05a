"""Files, functions, READMEs and lines of Markdown keep to the sizes of DESIGN section 6."""

import re
from pathlib import Path

from source_tree import is_code, is_script, read_lines, run_check, tracked_files

FILE_LINES = 400
FUNCTION_LINES = 70
README_LINES = 60
MARKDOWN_COLUMNS = 120

# A line at the left margin that opens a brace and is none of these begins a function.
NO_FUNCTION = re.compile(r"^(namespace|class|struct|enum|union|extern|template|constexpr|const|static const|using)\b")


def function_problems(path: Path, lines: list[str]) -> list[str]:
    problems = []
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            if line[:1].isalpha() and not NO_FUNCTION.match(line):
                start = number
        elif line.startswith("}"):
            if number - start + 1 > FUNCTION_LINES:
                problems.append(f"{path}:{start}: a function of {number - start + 1} lines, more than {FUNCTION_LINES}")
            start = None
        elif line == "" and not lines[number - 2].endswith("{") and lines[number - 2].endswith(";"):
            # A declaration, not a definition: its line at the margin ended with a semicolon.
            if all(not text.endswith("{") for text in lines[start - 1 : number]):
                start = None
    return problems


def markdown_problems(path: Path, lines: list[str]) -> list[str]:
    problems = []
    if path.name == "README.md" and len(lines) - 1 > README_LINES:
        problems.append(f"{path}: {len(lines) - 1} lines, more than {README_LINES}")
    for number, line in enumerate(lines, 1):
        # A row of a table cannot be wrapped.
        if len(line) > MARKDOWN_COLUMNS and not line.lstrip().startswith("|"):
            problems.append(f"{path}:{number}: {len(line)} columns, more than {MARKDOWN_COLUMNS}")
    return problems


def find_problems(root: Path) -> list[str]:
    problems = []
    files = tracked_files(root)
    for path in files:
        if path.suffix == ".md":
            problems += markdown_problems(path, read_lines(root / path))
        elif is_code(path) or is_script(path, root):
            lines = read_lines(root / path)
            if len(lines) - 1 > FILE_LINES:
                problems.append(f"{path}: {len(lines) - 1} lines, more than {FILE_LINES}")
            if is_code(path):
                problems += function_problems(path, lines)
    folders = {path.parts[0] for path in files if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    problems += [f"{folder}/ has no README.md" for folder in sorted(folders) if not (root / folder / "README.md").exists()]
    return problems


if __name__ == "__main__":
    run_check("sizes", find_problems)
