"""What `/openapi.json` and docs/metrics.md say of the booking application holds."""

import http.client
import json
import pathlib
import re
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "seeing"))
import metrics_reference  # noqa: E402


def answers(url, path, method, headers=None):
    """(status, header fields, body) of one request."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_every_documented_path_allows_the_documented_methods_behind_the_load_balancer(booking):
    url = booking.cluster.url
    with urllib.request.urlopen(url + "/openapi.json", timeout=10) as answer:
        paths = json.load(answer)["paths"]
    examined = 0
    for path, item in paths.items():
        if not path.startswith("/booking/"):
            continue
        documented = {method.upper() for method in ("get", "post", "put", "patch", "delete") if method in item}
        documented |= {"HEAD"} if "GET" in documented else set()
        status, headers, _ = answers(url, re.sub(r"\{[a-z_]+\}", "1", path), "PROPFIND")
        assert (path, status, set(headers["Allow"].split(", "))) == (path, 405, documented)
        examined += 1
    assert examined > 30


def test_the_page_is_behind_the_load_balancer(booking):
    status, headers, _ = answers(booking.cluster.url, "/booking", "GET")
    assert (status, headers["Location"]) == (308, "/booking/")
    status, headers, page = answers(booking.cluster.url, "/booking/", "GET")
    assert status == 200 and b"<html" in page and headers["Content-Security-Policy"].startswith("default-src 'none'")
    status, _, _ = answers(booking.cluster.url, "/booking/", "GET", {"If-None-Match": headers["ETag"]})
    assert status == 304


def test_operators_pages_of_a_front_end_are_not_behind_the_load_balancer(booking):
    for path in ("/metrics", "/health", "/ready"):
        assert answers(booking.cluster.url, "/booking" + path, "GET")[0] == 404


def test_changes_stream_through_the_load_balancer_as_they_happen(booking):
    show = booking.new_show()
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(booking.cluster.url).netloc, timeout=20)
    try:
        connection.request("GET", f"/booking/v1/stream?shows={show}", headers={"X-Client-Id": "watcher"})
        stream = connection.getresponse()
        assert stream.status == 200 and stream.headers["Content-Type"].startswith("text/event-stream")
        booking.client().reserve(show, "1A")
        lines = []
        while not any("BOOKED" in line for line in lines):
            line = stream.readline().decode()
            assert line, lines
            lines.append(line)
    finally:
        connection.close()
    offset = next(line for line in lines if line.startswith("id:"))
    assert int(offset.partition(":")[2]) > 0 and any(line.startswith("event: seat") for line in lines)


def test_the_documented_metrics_are_in_step(booking):
    metrics_reference.compare(booking.cluster.processes())
