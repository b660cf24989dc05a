"""HTTP by hand: requests as bytes, answers read one by one, so that a test can send what no client library would."""

import contextlib
import json
import socket
import time


class Answer:
    """One HTTP answer. `body` is bytes; `json` parses it."""

    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    def field(self, name):
        """The only field of that name, or None. Twice is an error of ours."""
        values = [value for key, value in self.fields if key == name.lower()]
        assert len(values) <= 1, f"{name} occurs {len(values)} times"
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:300]!r}>"


class RawConnection:
    """A TCP connection. Sending into a closed one is no error: the answer may be there already."""

    def __init__(self, address, timeout_s=10.0):
        self._socket = socket.create_connection(address, timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        self.broken = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def set_timeout(self, seconds):
        self._socket.settimeout(seconds)

    def finish_sending(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def send(self, data):
        """True if the operating system took all of it."""
        try:
            self._socket.sendall(data)
            return True
        except OSError:  # also where this side was closed meanwhile
            self.broken = True
            return False

    def _receive(self):
        """True if something came, False at the end of the connection. TimeoutError if it just stays open."""
        try:
            data = self._socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            self.broken = True
            return False
        self._unread += data
        return bool(data)

    def read_answer(self, to_head=False):
        """The next answer, interim ones too, or None if the connection ended instead."""
        while b"\r\n\r\n" not in self._unread:
            if not self._receive():
                assert not self._unread, f"half an answer: {self._unread[:200]!r}"
                return None
        head, self._unread = self._unread.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ")[:2]
        assert version in ("HTTP/1.1", "HTTP/1.0"), lines[0]
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(": ")
            assert colon and name, f"a broken line in the answer: {line!r}"
            fields.append((name.lower(), value))
        answer = Answer(int(status), fields, b"")
        length = 0 if to_head or answer.status < 200 else int(answer.field("Content-Length") or 0)
        while len(self._unread) < length:
            assert self._receive(), f"the body of {answer} was cut"
        answer.body, self._unread = self._unread[:length], self._unread[length:]
        return answer

    def is_closed_within(self, seconds):
        """True if the other side ends the connection without sending anything more."""
        self._socket.settimeout(seconds)
        try:
            ended = not self._receive()
        except TimeoutError:
            return False
        assert ended, f"unexpected bytes: {self._unread[:300]!r}"
        return True


def request(method, target, body=b"", fields=(), version="HTTP/1.1", host=True, length=True):
    """The bytes of a request. `fields` are (name, value) pairs, each str or bytes, put in as they are."""
    lines = [_raw(method) + b" " + _raw(target) + b" " + _raw(version)]
    if host:
        lines.append(b"Host: marquee")
    if body and length:
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    lines += [_raw(name) + b": " + _raw(value) for name, value in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def exchange(address, data, timeout_s=10.0):
    """One connection: sends, reads one answer (None if the connection ended without one)."""
    with RawConnection(address, timeout_s) as connection:
        connection.send(data)
        return connection.read_answer()


def trickle(connection, data, pieces, pause_s):
    """Sends in `pieces` parts with pauses; False as soon as the other side has gone."""
    size = max(1, len(data) // pieces)
    for start in range(0, len(data), size):
        if not connection.send(data[start : start + size]):
            return False
        time.sleep(pause_s)
    return True


def _raw(text):
    return text if isinstance(text, bytes) else text.encode()
