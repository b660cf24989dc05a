"""The figures to beat, and the table that shows ours beside them."""

# Mean ms per request (batch time / N) of a system that neither waited for a quorum nor synced.
GOALS_MS = {
    1: 2.01, 2: 1.41, 5: 1.27, 10: 1.08, 15: 0.86, 20: 1.05, 25: 0.98, 30: 0.74, 35: 0.57, 40: 0.92, 45: 0.57, 50: 0.88,
    60: 0.73, 65: 0.66, 70: 0.63, 75: 0.79, 80: 0.72, 90: 0.73, 95: 0.74, 100: 0.74, 150: 1.02, 175: 1.21,
    500: None, 5000: None,
}  # fmt: skip

HEADING = (
    "               3 sessions, 1 in flight each      all N in flight\n"
    "    N    goal      ms     p50     p99  failed      ms     p50     p99  failed    ms of runs, all N in flight"
)


def text_of(parity, concurrent):
    """Times in ms: mean per request (median run), p50 and p99 of single requests; then where the time went."""
    lines = ["", HEADING]
    for few, many in zip(parity, concurrent, strict=True):
        goal = GOALS_MS.get(many["requests"])
        runs = " ".join(f"{ms:.2f}" for ms in many["runs_ms"])
        met = "" if goal is None or many["ms"] <= goal else "  above the goal"
        lines.append(f"{many['requests']:>5}  {shown(goal)}  {cells(few)}  {cells(many)}    {runs}{met}")
    lines += ["", "where a request's time went, all N in flight (means, ms; from Server-Timing)"]
    for row in concurrent:
        hops = "  ".join(f"{hop} {ms:.2f}" for hop, ms in row["hops_ms"].items())
        lines.append(f"{row['requests']:>5}  {hops}")
    return "\n".join(lines)


def cells(row):
    return f"{row['ms']:6.2f}  {row['p50_ms']:6.2f}  {row['p99_ms']:6.2f}  {row['failed']:>6}"


def shown(goal):
    return "     -" if goal is None else f"{goal:6.2f}"
