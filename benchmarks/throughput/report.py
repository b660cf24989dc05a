"""The report page and what lies beside it: tables.md, and plots as SVG and PNG. Made from results.json alone:

python3 -m report OUTPUT_DIR    makes them again
"""

import html
import json
import pathlib
import sys

import plots
import tables

STYLE = """
:root { color-scheme: light; font-family: system-ui, sans-serif; line-height: 1.45; color: #1c1f24; background: #fff; }
body { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p, dl { max-width: 48rem; } nav ul { columns: 18rem; padding-left: 1.2rem; } a { color: #2563a8; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.plots svg { width: 100%; height: auto; max-width: 36rem; }
.scrolls { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-size: .85rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #e3e5e8; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
thead th { color: #5b616b; font-weight: 600; }
td.wrong { color: #b3261e; font-weight: 600; } p.wrong { color: #b3261e; overflow-wrap: anywhere; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem 0; }
"""

KEY_FIGURES = (
    ("Produce over HTTP, 1 connection", "http-produce,1KiB,batch=1,connections=1,partitions=1,rf=3,durable"),
    ("Produce over HTTP, 64 connections", "http-produce,1KiB,batch=1,connections=64,partitions=1,rf=3,durable"),
    (
        "Native produce, 1 in flight",
        "native-produce,1KiB,batch=1,connections=1,in-flight=1,linger=0,partitions=1,rf=3,durable",
    ),
    (
        "Native produce, 64 in flight",
        "native-produce,1KiB,batch=10000,connections=1,in-flight=64,linger=0,partitions=1,rf=3,durable",
    ),
    (
        "Native produce, full batches",
        "native-produce,1KiB,batch=10000,connections=1,in-flight=100000,linger=5,partitions=1,rf=3,durable",
    ),
    ("Consume over HTTP, 100 a request", "http-consume,1KiB,batch=100,connections=4,partitions=1,rf=3,durable"),
    ("Native consume of a backlog", "native-consume,1KiB,batch=1,connections=1,partitions=1,rf=3,durable"),
)


def write(folder, made):
    (folder / "tables.md").write_text(tables.markdown(made))
    found = {case["name"]: case for case in made["cases"]}
    sections = []
    for series in made["series"]:
        names = plots.draw(series, found, folder)
        sections.append(section(series, found, [(folder / f"{name}.svg").read_text() for name in names]))
    (folder / "report.html").write_text(page(made, found, sections))


def page(made, found, sections):
    links = "".join(
        f'<li><a href="#{series["key"]}">{html.escape(series["title"])}</a></li>' for series in made["series"]
    )
    meanings = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in tables.MEANINGS.items()
    )
    machine = "".join(f"<p>{html.escape(line)}</p>" for line in tables.machine_lines(made))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Marquee: throughput</title>'
        f"<style>{STYLE}</style></head><body><h1>Marquee: throughput</h1>"
        f"{machine}{key_figures(found)}{other_cases(made)}"
        f"<nav><ul>{links}</ul></nav>{''.join(sections)}"
        f"<h2>What the columns mean</h2><dl>{meanings}</dl></body></html>\n"
    )


def key_figures(found):
    head = ["", "records/s", "p50 ms", "p99 ms", "CPU s/million", "errors"]
    body = []
    for title, name in KEY_FIGURES:
        if name in found and found[name]["summary"]:
            shown = found[name]["summary"]
            body.append(
                [
                    title,
                    tables.rate_text(shown),
                    tables.number(shown["latency_ms"]["p50"]),
                    tables.number(shown["latency_ms"]["p99"]),
                    tables.number(shown["cpu_seconds_per_million_together"]),
                    tables.errors_text(shown["errors"]),
                ]
            )
    return table(head, body) if body else ""


def other_cases(made):
    """Those that belong to no series, such as most of --full."""
    shown = {name for series in made["series"] for name in series["cases"]}
    rest = [case for case in made["cases"] if case["name"] not in shown]
    if not rest:
        return ""
    body = [[case["name"], *tables.row("", case)[1:]] for case in rest]
    return f"<details><summary>{len(rest)} more cases</summary>{table(['case', *tables.COLUMNS], body)}</details>"


def section(series, found, drawings):
    figures = "".join(f"<div>{inline(drawing)}</div>" for drawing in drawings)
    return (
        f'<h2 id="{series["key"]}">{html.escape(series["title"])}</h2><div class="plots">{figures}</div>'
        + table(tables.header(series), tables.rows(series, found))
        + "".join(f'<p class="wrong">{html.escape(text)}</p>' for text in tables.failures(series, found))
    )


def inline(drawing):
    """An SVG file without what may not stand inside of a page."""
    return drawing[drawing.index("<svg") :]


def table(head, body):
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    errors = head.index("errors")
    lines = []
    for row in body:
        marked = ((" class=wrong" if is_wrong(place == errors, cell) else "", cell) for place, cell in enumerate(row))
        lines.append("<tr>" + "".join(f"<td{mark}>{html.escape(cell)}</td>" for mark, cell in marked) + "</tr>")
    return f'<div class="scrolls"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def is_wrong(is_errors, cell):
    return cell.startswith("failed") or (is_errors and cell not in ("0", ""))


if __name__ == "__main__":
    output = pathlib.Path(sys.argv[1])
    write(output, json.loads((output / "results.json").read_text()))
