"""Methods, versions, targets, expectations: everything in a request's head that a client may get wrong."""

import pytest

import raw_http
from front_doors import assert_refused, understood

METHODS = {"lb-to-writes": "/topics", "write_manager": "/topics", "lb-to-reads": "/consumer/commit", "read_manager": "/consumer/commit"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO", "get", "A" * 200, "M-SEARCH", "!#$%&'*+-.^_`|~"])
def test_other_methods_are_answered_405_with_what_is_allowed(door, method):
    with door.connect() as connection:
        connection.send(raw_http.request(method, METHODS[door.name]))
        answer = connection.read_answer()
        assert_refused(answer, 405, "METHOD_NOT_ALLOWED")
        assert "POST" in answer.field("Allow")
        assert METHODS[door.name] != "/topics" or sorted(answer.field("Allow").split(", ")) == ["GET", "HEAD", "POST"]
        connection.send(door.request("next"))
        assert understood(connection.read_answer(), "next"), "the connection is of no use after a 405"


@pytest.mark.parametrize("line", [b"GET", b"GET /", b"GET  / HTTP/1.1", b"GET /a b HTTP/1.1", b"G\0T / HTTP/1.1", b"G(T / HTTP/1.1", b" GET / HTTP/1.1", b"GET / HTTP/1.1 ", b"GET\t/\tHTTP/1.1", b"/ GET HTTP/1.1", b"GET / HTTP/x.y", b"GET / HTTP/1", b"GET / http/1.1", b"GET /\0 HTTP/1.1", b"GET /\x1b[2J HTTP/1.1", b"GET /\x7f HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])  # fmt: skip
def test_a_request_line_that_is_none_is_refused(process_door, line):
    with process_door.connect(timeout_s=5) as connection:
        connection.send(line + b"\r\nHost: marquee\r\n\r\n")
        assert_refused(connection.read_answer(), 400)
        assert connection.read_answer() is None


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/3", "HTTP/1.10", "HTTP/11.1", "ICY/1.1"])
def test_other_versions_are_refused(process_door, version):
    with process_door.connect(timeout_s=5) as connection:
        connection.send(raw_http.request("GET", "/health", version=version))
        assert_refused(connection.read_answer(), 400)
        assert connection.read_answer() is None


def test_the_preface_of_http_2_is_refused(process_door):
    with process_door.connect(timeout_s=5) as connection:
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\x12\4\0\0\0\0\0" + b"\0\3\0\0\0\x64" * 3)
        assert_refused(connection.read_answer(), 400)
        assert connection.read_answer() is None


def test_http_1_0_is_answered_and_closed_unless_it_asks_to_stay(door):
    with door.connect() as connection:
        connection.send(door.request("old", version="HTTP/1.0", host=False, fields=[("Connection", "keep-alive")]))
        answer = connection.read_answer()
        assert understood(answer, "old") and answer.field("Connection") == "keep-alive"
        connection.send(door.request("older", version="HTTP/1.0", host=False))
        assert understood(connection.read_answer(), "older")
        assert connection.read_answer() is None


def test_connection_close_is_honoured_also_with_bad_requests(door):
    for data in (door.request("last", fields=[("Connection", "close")]), raw_http.request("GET", "/nowhere", fields=[("Connection", "close")])):
        with door.connect() as connection:
            connection.send(data + door.request("too-late"))
            answer = connection.read_answer()
            assert answer.status == 404 and answer.field("Connection") == "close"
            assert connection.read_answer() is None


def test_head_is_get_without_its_body(doors):
    for name, path in (("lb-to-writes", "/topics"), ("write_manager", "/topics"), ("lb-to-reads", "/consumer/nobody"), ("read_manager", "/health")):
        door = doors[name]
        with door.connect() as connection:
            connection.send(raw_http.request("GET", path))
            whole = connection.read_answer()
            connection.send(raw_http.request("HEAD", path) + door.request("behind"))
            bare = connection.read_answer(to_head=True)
            assert bare.status == whole.status and bare.field("Content-Type") == whole.field("Content-Type")
            assert bare.field("Content-Length") in (None, whole.field("Content-Length"))
            assert understood(connection.read_answer(), "behind"), "HEAD was answered with a body"


NOWHERE = ["//topics", "/topics//", "/./topics", "/topics/..", "/../topics", "/a/../topics", "/%2e%2e/topics", "/%2e/topics", "/topics/%2e%2e/topics", "/topics;a=b", "/TOPICS", "/internal%2fmanagers", "/internal/%2e%2e/topics", "/consumer/../internal/managers", "/topics/../internal/managers", "/topics/x/../../internal/managers", "/producer", "/consumer", "/" + "a" * 60_000, "/" + "a/" * 30_000, "/topics\\..\\internal", "*", "topics", "marquee:80", "https://marquee/topics", "ftp://marquee/topics", "/\u00e9", "/%c3%a9", "/%0d%0aX-Injected:%201", "/%1b%5b31m", "?", "#"]  # fmt: skip


@pytest.mark.parametrize("target", NOWHERE, ids=lambda text: ascii(text[:30]))
def test_a_path_is_taken_literally_and_leads_nowhere_else(process_door, target):
    with process_door.connect() as connection:
        connection.send(raw_http.request("GET", target))
        answer = connection.read_answer()
        if target.isascii():
            assert answer.status == (403 if "internal%2f" in target and process_door.name != "lb-to-writes" else 404), answer
            assert_refused(answer, answer.status, answer.json["code"])
            connection.send(process_door.request("after-a-path"))
            assert understood(connection.read_answer(), "after-a-path")
        else:
            assert answer.status in (400, 404), answer


@pytest.mark.parametrize("target", ["/topics/%", "/topics/%4", "/topics/%zz", "/topics/%00", "/%ff%fe", "/%ed%a0%80", "/%", "/topics?x=%", "/topics?%zz=1", "/topics?x=%ff", "/topics?%c3%28=1", "/topics?x=\udcff"])  # fmt: skip
def test_broken_escapes_are_refused(process_door, target):
    with process_door.connect() as connection:
        connection.send(raw_http.request("GET", target.encode(errors="surrogateescape")))
        assert_refused(connection.read_answer(), 400)


@pytest.mark.parametrize("target", ["http://marquee/health", "http://elsewhere.example:99/health?x_a=1", "/health#fragment", "/%68ealth"])
def test_other_forms_of_a_good_target_are_understood(process_door, target):
    assert process_door.exchange(raw_http.request("GET", target)).status == 200


def test_internal_paths_need_the_secret_and_are_not_forwarded(door):
    for path in ("/internal/managers", "/internal/producer-ids", "/internal/undelivered"):
        for method in ("GET", "POST"):
            answer = door.exchange(raw_http.request(method, path, b"{}", fields=[("X-Marquee-Cluster-Secret-Proof", "0" * 64), ("X-Marquee-Principal", "root")]))
            assert answer.status in (403, 404, 405), answer


def test_an_absent_or_double_host_is_refused(process_door):
    for fields in ([], [("Host", "a"), ("Host", "b")], [("Host", "a"), ("Host", "a")]):
        with process_door.connect() as connection:
            connection.send(raw_http.request("GET", "/health", host=False, fields=fields))
            assert_refused(connection.read_answer(), 400)
            assert connection.read_answer() is None
    assert process_door.exchange(raw_http.request("GET", "/health", host=False, fields=[("Host", "")])).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json2", "application/xml", "application", "json", "\xff", "application/json, text/plain"])  # fmt: skip
def test_other_content_types_are_refused(door, kind):
    body = door.body()
    data = raw_http.request("POST", door.path, body, length=False, fields=[("Content-Type", kind), ("Content-Length", str(len(body)))])
    assert_refused(door.exchange(data), 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("kind", [None, "application/json", "Application/JSON", "application/json;charset=utf-8", "application/json ; charset=UTF-8"])
def test_json_may_be_named_in_every_way_or_not_at_all(door, kind):
    body = door.body("typed")
    fields = [("Content-Length", str(len(body)))] + ([("Content-Type", kind)] if kind else [])
    assert understood(door.exchange(raw_http.request("POST", door.path, body, length=False, fields=fields)), "typed")


def test_a_body_is_asked_for_where_the_client_waits(door):
    body = door.body("expected")
    with door.connect() as connection:
        data = raw_http.request("POST", door.path, body, fields=[("Expect", "100-continue")])
        connection.send(data[: -len(body)])
        assert connection.read_answer().status == 100
        connection.send(body)
        assert understood(connection.read_answer(), "expected")
        connection.send(data)  # does not wait
        answers = [connection.read_answer()]
        if answers[0].status == 100:
            answers.append(connection.read_answer())
        assert understood(answers[-1], "expected")


def test_a_body_that_is_too_large_is_refused_instead_of_being_asked_for(process_door):
    with process_door.connect() as connection:
        connection.send(raw_http.request("POST", process_door.path, fields=[("Expect", "100-continue"), ("Content-Length", str(1 << 40))]))
        assert_refused(connection.read_answer(), 413, "BODY_TOO_LARGE")
        assert connection.read_answer() is None


@pytest.mark.parametrize("expectation", ["200-ok", "100-continue, 200-ok", "x" * 100])
def test_another_expectation_is_not_met(process_door, expectation):
    with process_door.connect() as connection:
        connection.send(process_door.request(fields=[("Expect", expectation)]))
        assert_refused(connection.read_answer(), 417)
        assert connection.read_answer() is None


def test_an_upgrade_is_not_taken(door):
    for fields in (
        [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")],
        [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")],
    ):
        with door.connect() as connection:
            connection.send(door.request("not-upgraded", fields=fields) + door.request("still-http"))
            assert understood(connection.read_answer(), "not-upgraded")
            assert understood(connection.read_answer(), "still-http")


def test_a_connection_is_good_after_every_error_of_content(door):
    with door.connect() as connection:
        for number, body in enumerate([b"{", b"[]", b"null", b'{"topic":1}', b'{"surprise":1}', b"\xff", b""] * 5):
            connection.send(raw_http.request("POST", door.path, body, fields=[] if body else [("Content-Length", "0")]))
            assert_refused(connection.read_answer(), 400)
            connection.send(door.request(f"good-{number}"))
            assert understood(connection.read_answer(), f"good-{number}")


def test_pipelined_requests_are_answered_in_order_good_and_bad_ones(door):
    requests, checks = [], []
    for number in range(60):
        if number % 4 == 0:
            requests.append(raw_http.request("POST", door.path, b'{"topic":%d}' % number))
            checks.append(lambda answer: answer.status == 400 and answer.json["pointer"] == "/topic")
        elif number % 4 == 1:
            requests.append(raw_http.request("GET", "/nowhere"))
            checks.append(lambda answer: answer.status == 404 and answer.json["code"] == "NOT_FOUND")
        else:
            requests.append(door.request(f"pipelined-{number}"))
            checks.append(lambda answer, number=number: understood(answer, f"pipelined-{number}"))
    with door.connect() as connection:
        connection.send(b"".join(requests) + b"nonsense\r\n\r\n" + door.request("never"))
        for check in checks:
            answer = connection.read_answer()
            assert check(answer), answer
        assert_refused(connection.read_answer(), 400)
        assert connection.read_answer() is None


def test_the_request_id_is_returned_if_it_is_fit_to_be_logged(door):
    with door.connect() as connection:
        for given, returned in [("order-66", True), ("a" * 128, True), ("a" * 129, False), ("", False), ("a b", False), ("\u00e9", False)]:
            connection.send(door.request("named", fields=[("X-Request-Id", given)]))
            assert (connection.read_answer().field("X-Request-Id") == given) == returned
