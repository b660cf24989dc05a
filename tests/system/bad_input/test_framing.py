"""Where a message ends: lengths, chunks, header lines. What is ambiguous is refused, and nothing behind it is read."""

import pytest

import raw_http
from front_doors import assert_refused, understood


def head(door, *lines, body=b""):
    """A POST with exactly these header lines behind Host and Content-Type."""
    first = [b"POST %s HTTP/1.1" % door.path.encode(), b"Host: marquee", b"Content-Type: application/json"]
    return b"\r\n".join([*first, *lines]) + b"\r\n\r\n" + body


def chunks(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


AMBIGUOUS = {
    "length and chunks": [b"Content-Length: 4", b"Transfer-Encoding: chunked"],
    "chunks and length": [b"Transfer-Encoding: chunked", b"Content-Length: 4"],
    "two lengths": [b"Content-Length: 4", b"Content-Length: 5"],
    "equal lengths": [b"Content-Length: 4", b"Content-Length: 4"],
    "list of lengths": [b"Content-Length: 4, 4"],
    "negative length": [b"Content-Length: -1"],
    "signed length": [b"Content-Length: +4"],
    "hexadecimal length": [b"Content-Length: 0x4"],
    "length of words": [b"Content-Length: four"],
    "length with a blank": [b"Content-Length: 4 4"],
    "empty length": [b"Content-Length: "],
    "length past 2^64": [b"Content-Length: 18446744073709551620"],
    "fractional length": [b"Content-Length: 4.0"],
    "unknown coding": [b"Transfer-Encoding: gzip"],
    "identity": [b"Transfer-Encoding: identity"],
    "chunks not last": [b"Transfer-Encoding: chunked, gzip"],
    "chunks in gzip": [b"Transfer-Encoding: gzip, chunked"],
    "chunks twice": [b"Transfer-Encoding: chunked, chunked"],
    "two codings": [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
    "coding then identity": [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
    "identity then coding": [b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"],
    "coding with control character": [b"Transfer-Encoding: \x0bchunked"],
    "quoted coding": [b'Transfer-Encoding: "chunked"'],
    "coding with parameter": [b"Transfer-Encoding: chunked;q=1"],
    "empty coding": [b"Transfer-Encoding: "],
    "blank before the colon": [b"Content-Length : 4"],
    "tab before the colon": [b"Transfer-Encoding\t: chunked"],
    "blank before the name": [b" Content-Length: 4"],
    "folded length": [b"X-A: b", b" Content-Length: 4"],
    "folded field": [b"X-A: b", b"\tc"],
    "folded coding": [b"Transfer-Encoding:", b" chunked"],
    "no colon": [b"Content-Length 4"],
    "no name": [b": 4"],
    "name with a blank": [b"X A: 4"],
    "NUL in a name": [b"X\0A: 4"],
    "NUL in a value": [b"X-A: 4\0"],
    "control character in a value": [b"X-A: \x01\x02"],
    "escape in a value": [b"X-A: \x1b[31m"],
    "carriage return in a value": [b"X-A: b\rX-C: d"],
    "line feed in a value": [b"X-A: b\nContent-Length: 4"],
    "a name that is not ASCII": ["X-Ä: 4".encode()],
}


@pytest.mark.parametrize("lines", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_ambiguous_header_lines_are_refused_and_end_the_connection(process_door, lines):
    with process_door.connect() as connection:
        connection.send(head(process_door, *lines, body=b"{}xx") + process_door.request("smuggled"))
        assert_refused(connection.read_answer(), 400)
        assert connection.read_answer() is None, "something behind a refused request was answered"


BAD_CHUNKS = {
    "no number": b"zz\r\n{}\r\n0\r\n\r\n",
    "negative": b"-1\r\n{}\r\n0\r\n\r\n",
    "prefixed": b"0x2\r\n{}\r\n0\r\n\r\n",
    "past 2^64": b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "shorter than its data": b"1\r\n{}\r\n0\r\n\r\n",
    "longer than its data": b"3\r\n{}\r\n0\r\n\r\n",
    "line feed only": b"2\n{}\n0\n\n",
    "blank in front": b" 2\r\n{}\r\n0\r\n\r\n",
    "empty size": b"\r\n{}\r\n0\r\n\r\n",
    "endless size": b"0" * 100_000,
    "endless extension": b"2;" + b"x" * 100_000,
    "control character in an extension": b"2;a=\x01\r\n{}\r\n0\r\n\r\n",
    "line feed in an extension": b"2;a\nb\r\n{}\r\n0\r\n\r\n",
    "endless trailer": b"2\r\n{}\r\n0\r\nX: " + b"x" * 100_000,
    "a length among the trailers": b"2\r\n{}\r\n0\r\nContent-Length: 3\r\n\r\n",
    "trailer without a colon": b"2\r\n{}\r\n0\r\nnonsense\r\n\r\n",
}


@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
def test_bad_chunks_are_refused_and_end_the_connection(process_door, body):
    with process_door.connect() as connection:
        connection.send(head(process_door, b"Transfer-Encoding: chunked", body=body))
        assert_refused(connection.read_answer(), 400)
        assert connection.read_answer() is None


def test_good_chunks_are_one_body(door):
    body = door.body("in-chunks")
    shapes = {
        "one": chunks(body),
        "each byte alone": chunks(*[body[n : n + 1] for n in range(len(body))]),
        "extension": b"%x;name=value\r\n" % len(body) + body + b"\r\n0;last\r\n\r\n",
        "zeros before the size": b"0000%X\r\n" % len(body) + body + b"\r\n000\r\n\r\n",
        "trailer": chunks(body)[:-2] + b"X-Checksum: 7\r\nX-Second: b\r\n\r\n",
    }
    for name, encoded in shapes.items():
        with door.connect() as connection:
            for field in (b"Transfer-Encoding: chunked", b"transfer-encoding:Chunked \t"):
                connection.send(head(door, field, body=encoded))
                answer = connection.read_answer()
                assert understood(answer, "in-chunks"), (name, answer)


def test_line_feeds_alone_end_no_line(process_door):
    for data in (
        process_door.request().replace(b"\r\n", b"\n"),
        b"GET /health HTTP/1.1\nHost: marquee\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: marquee\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: marquee\r\n\n",
        b"GET /health HTTP/1.1\r\rHost: marquee\r\r",
    ):
        with process_door.connect(timeout_s=5) as connection:
            connection.send(data)
            assert_refused(connection.read_answer(), 400)
            assert connection.read_answer() is None


def test_a_body_of_100_megabytes_is_refused_without_being_read(process_door):
    megabyte = b"x" * (1 << 20)
    for framing in (b"Content-Length: %d" % (100 << 20), b"Transfer-Encoding: chunked"):
        with process_door.connect() as connection:
            connection.send(head(process_door, framing))
            sent = 0
            while sent < 100 and connection.send(megabyte if b"Length" in framing else b"100000\r\n" + megabyte + b"\r\n"):
                sent += 1
            assert sent < 60, "the server went on reading what it had refused"
            found = assert_refused(connection.read_answer(), 413, "BODY_TOO_LARGE")
            assert "8388608" in found["message"] and found["retriable"] is False
            assert connection.read_answer() is None
    assert understood(process_door.exchange(process_door.request("after-it")), "after-it")


def test_a_body_of_8_mebibytes_is_read_and_one_byte_more_is_not(door):
    body = door.body("large", x_padding="")
    body = body.replace(b'"x_padding": ""', b'"x_padding": "' + b"p" * ((8 << 20) - len(body)) + b'"')
    assert len(body) == 8 << 20
    with door.connect(timeout_s=30) as connection:
        connection.send(raw_http.request("POST", door.path, body))
        assert understood(connection.read_answer(), "large")
        connection.send(raw_http.request("POST", door.path, body + b" "))
        assert_refused(connection.read_answer(), 413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("fields", [[("X-N", "v")] * 10_000, [("X-Long", "v" * 65_536)], [("X" * 70_000, "v")]], ids=["many", "long value", "long name"])
def test_a_large_header_section_is_refused(process_door, fields):
    with process_door.connect() as connection:
        connection.send(process_door.request(fields=fields))
        assert_refused(connection.read_answer(), 431, "HEADERS_TOO_LARGE")
        assert connection.read_answer() is None


def test_a_header_section_just_below_its_limit_is_read(process_door):
    answer = process_door.exchange(process_door.request("big-header", fields=[("X-Long", "v" * 65_000)]))
    assert understood(answer, "big-header")


def test_a_request_line_that_never_ends_is_refused(process_door):
    with process_door.connect() as connection:
        connection.send(b"GET /" + b"a" * 200_000)
        assert_refused(connection.read_answer(), 431, "HEADERS_TOO_LARGE")
        assert connection.read_answer() is None


def test_a_half_request_leaves_nothing_behind(process_door):
    whole = process_door.request("half")
    for length in [1, 10, whole.index(b"\r\n\r\n") + 2, whole.index(b"\r\n\r\n") + 4, len(whole) - 1]:
        with process_door.connect() as connection:
            connection.send(whole[:length])
            connection.finish_sending()
            answer = connection.read_answer()
            assert answer is None or answer.status == 400, answer
        with process_door.connect() as connection:
            connection.send(whole[:length])
    assert understood(process_door.exchange(whole), "half")


def test_a_body_longer_than_announced_is_not_part_of_the_request(process_door):
    body = process_door.body("cut")
    with process_door.connect() as connection:
        connection.send(head(process_door, b"Content-Length: %d" % (len(body) - 1), body=body))
        assert_refused(connection.read_answer(), 400)  # the JSON lacks its end
        assert_refused(connection.read_answer(), 400)  # "}" begins no request
        assert connection.read_answer() is None
