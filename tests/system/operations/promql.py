"""What PromQL expressions say, as far as tests need it: whether they parse, and which of our metrics they name."""

import json
import re
import shutil
import subprocess

METRIC = re.compile(r"\bmarquee_[a-z0-9_]+\b")
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:e\d+)?) | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*) | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<range>\[(?:\d+[smhd]|\$__rate_interval)\]) | (?P<sign>==|!=|>=|<=|=~|!~|[-+*/%^<>=(){},]))""",
    re.VERBOSE,
)
CLOSES = {")": "(", "}": "{"}


def metrics_of(expression):
    """Names without the suffixes of histograms' series, outside of text."""
    names = METRIC.findall(TEXT.sub('""', expression))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def promtool_says(expressions, folder):
    """What promtool has against them, empty if nothing; None where it is not installed."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return None
    rules = [{"record": "r", "expr": text.replace("$__rate_interval", "5m")} for text in expressions]
    file = folder / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))  # JSON is YAML
    asked = subprocess.run([promtool, "check", "rules", "--lint=none", str(file)], capture_output=True, text=True, timeout=30)
    return "" if asked.returncode == 0 else asked.stdout + asked.stderr


def problem_with(expression):
    """None, or what is wrong: a look at tokens and brackets."""
    at, open_brackets, before = 0, [], "sign"
    while at < len(expression.rstrip()):
        token = TOKEN.match(expression, at)
        if not token:
            return f"cannot be read from {expression[at:at + 20]!r} on"
        kind, text = token.lastgroup, token.group().strip()
        if text in "({":
            open_brackets.append(text)
        elif text in CLOSES:
            if not open_brackets or open_brackets.pop() != CLOSES[text]:
                return f"{text!r} closes nothing"
        elif kind == "number" and before == "number":
            return f"{text!r} follows a number"
        before, at = kind, token.end()
    return f"{open_brackets[-1]!r} is not closed" if open_brackets else None
