"""Files that are compiled together (MARQUEE_UNITY_BUILD, cmake/marquee_build.cmake) use no name of one another.

Names that only their file sees: of unnamed namespaces, and constants. Found by their look, so a clash of another kind
is left to the compiler of the `asan` preset."""

import re
from collections import defaultdict
from pathlib import Path

from source_tree import run_check, tracked_files

TOGETHER = re.compile(r"marquee_compile_together\(\s*\w+(?:\s+ALONE([^)]*))?\)")
GLOBBED = re.compile(r"file\(GLOB (\w+) CONFIGURE_DEPENDS \$\{CMAKE_CURRENT_SOURCE_DIR\}/([\w/]+)/\*\.cpp\)")
UNNAMED = re.compile(r"^namespace \{\n(.*?)^\}  // namespace\n", re.DOTALL | re.MULTILINE)
CONSTANT = re.compile(r"^(?:static |inline )?(?:constexpr|const)\b[^=;({]*?\b(\w+)(?:\[\])?\s*[={]", re.MULTILINE)
TYPE = re.compile(r"^(?:class|struct|enum class|using)\s+(\w+)\b(?!::)(?!\s*;)", re.MULTILINE)
FUNCTION = re.compile(r"^[A-Za-z_][\w:<>,*&\s\[\]]*?\b(\w+)\(", re.MULTILINE)


def own_names(text: str) -> set[str]:
    names = set(CONSTANT.findall(text))
    for body in UNNAMED.findall(text):
        names.update(CONSTANT.findall(body), TYPE.findall(body), FUNCTION.findall(body))
    return names


def alone_in(text: str) -> set[str] | None:
    """The files that are compiled alone, or the folders of such (ending in "/"); None where nothing is together."""
    found = TOGETHER.search(text)
    if not found:
        return None
    folders = {f"${{{variable}}}": folder + "/" for variable, folder in GLOBBED.findall(text)}
    return {folders.get(name, name) for name in (found[1] or "").split()}


def folder_problems(root: Path, lists: Path, files: list[Path]) -> list[str]:
    alone = alone_in((root / lists).read_text())
    if alone is None:
        return []
    seen = defaultdict(list)
    for path in files:
        if path.suffix == ".cpp" and path.parent == lists.parent and path.name not in alone | {"main.cpp"}:
            for name in own_names((root / path).read_text(errors="replace")):
                seen[name].append(path.name)
    return [
        f"{lists}: {name} is in {' and '.join(sorted(where))}: rename one, or let one be compiled ALONE"
        for name, where in sorted(seen.items())
        if len(where) > 1
    ]


def find_problems(root: Path) -> list[str]:
    files = tracked_files(root)
    lists = [path for path in files if path.name == "CMakeLists.txt" and path.parts[0] not in ("tests", "cmake")]
    return [problem for one in lists for problem in folder_problems(root, one, files)]


if __name__ == "__main__":
    run_check("clashes", find_problems)
