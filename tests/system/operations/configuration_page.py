"""docs/operations/configuration.md, as the executable would have it. To write it anew:

    python3 tests/system/operations/configuration_page.py build/debug/cli/marquee
"""

import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "operations" / "configuration.md"
HEAD = """# Configuration reference

`marquee config-reference` prints the tables below, and a test compares them with this page; `--json` gives them to
programs. A process is started with `marquee <process> --config FILE`, a TOML file, and any number of
`--set key=value`, which win over the file. A dot in a key is a table in the file: `http.port` is `port` in `[http]`.

- An unknown key, a value of the wrong type or out of range ends the process with exit code 2 and a message that names
  file, line and key.
- Configuration is read once, at the start. Topics have a configuration of their own, which is changed while they are
  in use (`marquee topic alter`).
- Keys whose name ends in `.address` take an address of this machine, as other machines reach it.

"""


def page(binary):
    """The whole text of the page."""
    printed = subprocess.run([str(binary), "config-reference"], capture_output=True, text=True, check=True, timeout=20)
    return HEAD + printed.stdout.rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(sys.argv[1]))
