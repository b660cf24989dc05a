"""HTTP as a plain client makes it: one kept connection, and failures sorted by what they say about the outcome."""

import http.client
import json
import socket
import urllib.parse

from history.events import DEFINITE, UNKNOWN

# Answers that a fault explains. Anything else surprises a client that asks for nothing wrong.
EXPLAINED = (408, 429, 502, 503, 504)


class Answer:
    """Of one attempt. `status` is 0 when no answer came; then `code` says why."""

    def __init__(self, status, body, code=None, outcome=None):
        self.status, self.body = status, body
        self.ok = 200 <= status < 300
        self.code = code or body.get("code")
        self.outcome = outcome or body.get("outcome") or (None if self.ok else UNKNOWN)

    @property
    def surprising(self):
        return self.status != 0 and not self.ok and self.status not in EXPLAINED


class HttpCaller:
    """Used by one thread."""

    def __init__(self, url, timeout_s=20):
        where = urllib.parse.urlsplit(url)
        self.host, self.port, self.timeout_s = where.hostname, where.port, timeout_s
        self._kept = None

    def call(self, method, path, body=None):
        fresh = self._kept is None
        try:
            if fresh:
                self._kept = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
                self._kept.connect()
                self._kept.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as problem:
            self.hang_up()
            return Answer(0, {}, f"not connected: {problem}", DEFINITE)
        try:
            data = None if body is None else json.dumps(body)
            self._kept.request(method, path, data, {"Content-Type": "application/json"})
            told = self._kept.getresponse()
            content = self._read(told)
            if told.will_close:
                self.hang_up()
            return Answer(told.status, json.loads(content))
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.hang_up()
            return Answer(0, {}, f"no answer: {type(problem).__name__} {problem}", UNKNOWN)

    def _read(self, told):
        return told.read()

    def hang_up(self):
        if self._kept is not None:
            self._kept.close()
        self._kept = None
