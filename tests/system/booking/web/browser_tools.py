"""What the browser tests need from outside: Chromium of Debian, Playwright from PyPI, axe-core from npm. Each is fetched
once, into the build folder; what cannot be had is a reason to skip, by name."""

import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parents[3] / "build" / "test_tools"
AXE = "axe-core@4.14.1"
SECONDS = 180
# As root Chromium has no sandbox; the rest keeps it from calling home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Missing(Exception):
    """Why something cannot be had here."""


def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise Missing("Debian's chromium is not installed")
    return found


def playwright_folder():
    """To be put on sys.path."""
    wanted = (HERE / "requirements.txt").read_text()
    folder = CACHE / "playwright"
    done = folder / "installed.txt"
    if not (done.exists() and done.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        environment = CACHE / "playwright-environment"
        run(["/usr/bin/python3", "-m", "venv", "--clear", environment])
        options = ["--only-binary", ":all:", "--no-deps", "--target", folder, "-r", HERE / "requirements.txt"]
        run([environment / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *options])
        shutil.rmtree(environment, ignore_errors=True)
        done.write_text(wanted)
    return folder


def axe_script():
    folder = CACHE / "axe"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        if not shutil.which("npm"):
            raise Missing("npm is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        run(["npm", "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", AXE])
    return script.read_text()


def main():
    """Fetches all, and says what is missing: scripts/test does it beside the build."""
    for name, get in (("chromium", chromium), ("playwright", playwright_folder), ("axe-core", axe_script)):
        try:
            get()
            print(f"{name}: ready")
        except Missing as missing:
            print(f"{name}: missing: {missing}")


def run(command):
    words = [str(word) for word in command]
    try:
        made = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Missing(f"{pathlib.Path(words[0]).name}: {failed}") from failed
    if made.returncode != 0:
        raise Missing(f"{pathlib.Path(words[0]).name} failed: {made.stderr.strip()[-300:]}")


if __name__ == "__main__":
    main()
