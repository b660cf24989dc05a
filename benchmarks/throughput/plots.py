"""Plots of series as SVG and PNG: throughput and latency over what the series varies, or over time."""

import matplotlib

matplotlib.use("Agg")
# Text stays text: small files, and a reader can search it.
matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.hashsalt": "marquee",
    }
)

import matplotlib.pyplot as pyplot  # noqa: E402
import tables  # noqa: E402
from matplotlib import ticker  # noqa: E402

BLUE, ORANGE, GREY, RED = "#2563a8", "#c2571a", "#8a8f98", "#b3261e"
SIZE_INCHES = (4.6, 3.1)


def draw(series, found, folder):
    """Writes the files and gives their names without the ending: [throughput, latency]."""
    shown = [found[name] for name in series["cases"] if found[name]["summary"]]
    if not shown:
        return []
    if series["axis"] == "":
        return draw_over_time(series, shown[0], folder)
    if len(shown) < 2:
        return []
    names = [tables.axis_text(series["axis"], case["parameters"]) for case in shown]
    summaries = [case["summary"] for case in shown]
    return [draw_throughput(series, names, summaries, folder), draw_latency(series, names, summaries, folder)]


def new_axes(ylabel, xlabel):
    figure, axes = pyplot.subplots(figsize=SIZE_INCHES, layout="constrained")
    axes.set_ylabel(ylabel)
    axes.set_xlabel(xlabel)
    axes.grid(axis="y", color="#e3e5e8", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def draw_throughput(series, names, summaries, folder):
    figure, axes = new_axes("records/s", tables.axis_title(series["axis"]))
    rates = [one["records_per_second"] for one in summaries]
    below = [one["records_per_second"] - one["slowest_and_fastest"][0] for one in summaries]
    above = [one["slowest_and_fastest"][1] - one["records_per_second"] for one in summaries]
    bars = axes.bar(names, rates, color=BLUE, width=0.6, yerr=[below, above] if any(above) else None, ecolor=GREY)
    axes.bar_label(bars, [short(rate) for rate in rates], fontsize=9, padding=2)
    axes.margins(y=0.12)
    axes.yaxis.set_major_formatter(lambda value, _: short(value))
    return save(figure, folder, series["key"] + "-throughput")


def draw_latency(series, names, summaries, folder):
    figure, axes = new_axes("latency, ms", tables.axis_title(series["axis"]))
    for name, colour, mark in (("p50", BLUE, "o"), ("p99", ORANGE, "s")):
        axes.plot(names, [one["latency_ms"][name] for one in summaries], color=colour, marker=mark, label=name)
    set_log_scale(axes)
    axes.legend(frameon=False)
    return save(figure, folder, series["key"] + "-latency")


def draw_over_time(series, case, folder):
    run = next(run for run in reversed(case["runs"]) if "load" in run)
    steps = run["load"]["timeline"]
    step_s = steps[1]["at_s"] - steps[0]["at_s"] if len(steps) > 1 else 1
    times = [step["at_s"] for step in steps]
    throughput, axes = new_axes("records/s", "seconds")
    axes.plot(times, [step["records"] / step_s for step in steps], color=BLUE)
    mark_events(axes, run["events"])
    latency, latency_axes = new_axes("p99 of what was answered, ms", "seconds")
    known = [(step["at_s"], step["p99_ms"]) for step in steps if step["p99_ms"] is not None]
    latency_axes.plot([at for at, _ in known], [p99 for _, p99 in known], color=ORANGE)
    set_log_scale(latency_axes)
    mark_events(latency_axes, run["events"])
    return [save(throughput, folder, series["key"] + "-throughput"), save(latency, folder, series["key"] + "-latency")]


def set_log_scale(axes):
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())


def mark_events(axes, events):
    low, high = axes.get_xlim()
    for event in (event for event in events if event["at_s"] < high):
        axes.axvline(event["at_s"], color=RED, linewidth=1, linestyle="--")
        axes.annotate(
            event["what"],
            (event["at_s"], 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3, -2),
            ha="right",
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=RED,
            rotation=90,
        )
    axes.set_xlim(low, high)


def short(value):
    if value >= 1e6:
        return f"{value / 1e6:.3g}M"
    return f"{value / 1e3:.3g}k" if value >= 1e3 else f"{value:.3g}"


def save(figure, folder, name):
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{name}.png", dpi=150)
    pyplot.close(figure)
    return name
