#!/usr/bin/env python3
"""A front end for tests of the page: its HTTP over the independent model (tests/booking/model), in memory.

    stand_in.py [--port 0] [--pages web/booking] [--log FILE]      prints its address as the first line

POST /stand-in/faults {"lost_answers": n, "no_quorum": n, "comment_ms": ms} does what is hard to make with real
processes: the next n commands are executed but answered 504, or are refused before they enter the log.
"""

import argparse
import json
import pathlib
import re
import socket
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stand_in_log
from stand_in_log import Log

ROOT = pathlib.Path(__file__).resolve().parents[4]
KINDS = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
STATUS = {
    200: "RELEASED EXTENDED CANCELLED EXCHANGED CLOSED SHOW_UPDATED SHOW_REMOVED LEFT BLOCKED UNBLOCKED ADMITTED"
    " CONFIG_SET",
    201: "SESSION_OPENED SHOW_ADDED HELD BOOKED RESERVED QUEUED",
    202: "WAITING",
    400: "BAD_REQUEST BAD_COMMAND",
    403: "NOT_OWNER NOT_ADMIN NOT_ADMITTED",
    404: "NO_SUCH_SHOW NO_SUCH_SEAT NO_SUCH_HOLD NO_SUCH_BOOKING NO_SUCH_SESSION NOT_WAITING NOT_FOUND",
    410: "SESSION_EXPIRED HOLD_EXPIRED",
    412: "VERSION_MISMATCH",
    422: "ORPHAN_SEAT LIMIT HOLD_LIMIT DUPLICATE_SEAT BAD_LAYOUT BAD_CONFIG IDEMPOTENCY_MISMATCH",
    429: "TOO_MANY_SESSIONS",
}
STATUS_OF_CODE = {code: status for status, codes in STATUS.items() for code in codes.split()}
# (method, path, command, names of the path's parts)
COMMANDS = [
    ("POST", r"/v1/sessions", "session.open", ()),
    ("DELETE", r"/v1/sessions/([^/]+)", "session.close", ("session_id",)),
    ("POST", r"/v1/shows", "show.add", ()),
    ("PATCH", r"/v1/shows/([^/]+)", "show.update", ("show_id",)),
    ("DELETE", r"/v1/shows/([^/]+)", "show.remove", ("show_id",)),
    ("POST", r"/v1/shows/([^/]+)/reserve", "seat.reserve", ("show_id",)),
    ("POST", r"/v1/shows/([^/]+)/holds", "seat.hold", ("show_id",)),
    ("PATCH", r"/v1/holds/([^/]+)", "hold.extend", ("hold_id",)),
    ("DELETE", r"/v1/holds/([^/]+)", "hold.release", ("hold_id",)),
    ("POST", r"/v1/holds/([^/]+)/confirm", "booking.confirm", ("hold_id",)),
    ("DELETE", r"/v1/bookings/([^/]+)", "booking.cancel", ("booking_id",)),
    ("POST", r"/v1/bookings/([^/]+)/exchange", "booking.exchange", ("booking_id",)),
    ("POST", r"/v1/shows/([^/]+)/waitlist", "waitlist.join", ("show_id",)),
    ("DELETE", r"/v1/shows/([^/]+)/waitlist", "waitlist.leave", ("show_id",)),
    ("POST", r"/v1/shows/([^/]+)/block", "seat.block", ("show_id",)),
    ("POST", r"/v1/shows/([^/]+)/queue", "queue.join", ("show_id",)),
    ("PUT", r"/v1/admin/config/([^/]+)", "config.set", ("key",)),
]
READS = [
    (r"/v1/shows", "shows"),
    (r"/v1/shows/([^/]+)/seats", "seat_map"),
    (r"/v1/bookings", "bookings"),
    (r"/v1/sessions/([^/]+)", "session"),
    (r"/v1/stream", "stream"),
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format, *values):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, socket.timeout):
            pass  # a browser may go away at any time

    def do_GET(self):
        path = self.url().path
        for pattern, name in READS:
            if match := re.fullmatch(pattern, path):
                return getattr(self, name)(*map(urllib.parse.unquote, match.groups()))
        return self.page(path)

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.url().path
        if path == "/stand-in/faults":
            self.server.faults.update(json.loads(self.body))
            return self.answer(200, {})
        if match := re.fullmatch(r"/v1/sessions/([^/]+)/keepalive", path):
            return self.keep_alive(match[1])
        for method, pattern, command, names in COMMANDS:
            match = re.fullmatch(pattern, path)
            if match and method == self.command:
                return self.submit(command, dict(zip(names, map(urllib.parse.unquote, match.groups()))))
        return self.failure(404, "NOT_FOUND", "there is nothing here")

    do_PATCH = do_DELETE = do_PUT = do_POST

    def url(self):
        return urllib.parse.urlparse(self.path)

    def query(self):
        return dict(urllib.parse.parse_qsl(self.url().query))

    def client(self):
        """Client ids are bytes of UTF-8; http.server reads headers as Latin-1."""
        return (self.headers.get("X-Client-Id") or "").encode("latin-1").decode("utf-8", "replace")

    # what is asked for

    def submit(self, command_type, parts):
        faults = self.server.faults
        if faults.get("no_quorum", 0) > 0:
            faults["no_quorum"] -= 1
            return self.failure(503, "NO_QUORUM", "the log does not answer", outcome="unknown")
        if not self.client():
            return self.failure(401, "UNAUTHENTICATED", "X-Client-Id is missing")
        reply = self.server.log.submit(self.command_record(command_type, parts))
        if faults.get("lost_answers", 0) > 0 and command_type != "session.open":
            faults["lost_answers"] -= 1
            return self.failure(504, "TIMEOUT", "no majority of votes in time", outcome="unknown")
        status = STATUS_OF_CODE.get(reply["code"], 409)
        headers = {"X-Offset": reply["offset"], "Idempotency-Replayed": str(reply["replayed"]).lower()}
        if reply["status"] == "OK":
            fields = {"status": "success", "code": reply["code"], "outcome": "done", "offset": reply["offset"]}
            return self.answer(status, {**fields, **reply["body"]}, headers)
        fields = {"status": "failure", "code": reply["code"], "message": reply["code"], "outcome": "definite"}
        return self.answer(status, {**fields, "offset": reply["offset"], **reply["body"]}, headers)

    def command_record(self, command_type, parts):
        body = {**json.loads(self.body or b"{}"), **{name: value for name, value in parts.items() if name != "session_id"}}
        record = {"type": command_type, "client_id": self.client(), "body": body}
        if self.headers.get("Idempotency-Key"):
            record["idem_key"] = self.headers["Idempotency-Key"]
        session = parts.get("session_id") or self.headers.get("X-Session-Id")
        return {**record, "session_id": session} if session else record

    def keep_alive(self, session_id):
        log = self.server.log
        session = log.model.state.sessions.get(session_id)
        if session is None:
            return self.failure(410, "SESSION_EXPIRED", "the session has ended")
        begin = len(log.events)
        log.submit({"type": "session.touch", "body": {"ids": [session_id]}})

        def told():
            return [event for _, event in log.events[begin:] if self.concerns(event, session)]

        waits = self.query().get("wait") == "true"
        events = log.wait_for(told, session["lease_ms"] / 3000 if waits else 0)
        return self.answer(200, {"state": "ACTIVE", "lease_ms": session["lease_ms"], "events": events})

    def concerns(self, event, session):
        return session["id"] == event.get("session_id") or session["client"] == event.get("client_id")

    def shows(self):
        log = self.server.log
        with log.changed:
            self.read_answer({"shows": stand_in_log.shows(log.model.state)})

    def seat_map(self, show_id):
        log = self.server.log
        with log.changed:
            show = log.model.state.shows.get(show_id)
            if show is None:
                return self.failure(404, "NO_SUCH_SHOW", "there is no such show")
            tag = f'"{show["version"]}"'
            if self.headers.get("If-None-Match") == tag:
                return self.answer(304, None, {"ETag": tag})
            found = stand_in_log.seat_map(log.model.state, show, self.client())
        return self.read_answer(found, {"ETag": tag})

    def bookings(self):
        log = self.server.log
        with log.changed:
            self.read_answer({"bookings": stand_in_log.bookings(log.model.state, self.client())})

    def session(self, session_id):
        log = self.server.log
        with log.changed:
            session = log.model.state.sessions.get(session_id)
            state = ("JEOPARDY" if session["in_jeopardy"] else "ACTIVE") if session else "EXPIRED"
            held = stand_in_log.holds(log.model.state, session_id) if session else []
            self.read_answer({"session_id": session_id, "state": state, "holds": held})

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b"retry: 1000\n\n")
        wanted = self.query().get("shows", "").split(",")
        log = self.server.log
        last = self.headers.get("Last-Event-ID")
        position = len(log.messages)
        while last is not None and position and log.messages[position - 1][0] > int(last):
            position -= 1
        while True:
            if not log.wait_for(lambda: len(log.messages) > position, self.server.faults["comment_ms"] / 1000):
                self.wfile.write(b": still here\n\n")
            while position < len(log.messages):
                offset, kind, data = log.messages[position]
                position += 1
                if data["show_id"] in wanted:
                    self.wfile.write(f"id: {offset}\nevent: {kind}\ndata: {json.dumps(data)}\n\n".encode())

    def page(self, path):
        file = self.server.pages / (path.lstrip("/") or "index.html")
        if file.suffix not in KINDS or not file.is_file() or file.parent != self.server.pages:
            return self.failure(404, "NOT_FOUND", "there is nothing here")
        headers = {"Content-Type": KINDS[file.suffix], "Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        return self.answer(200, file.read_bytes(), headers)

    # how it is answered

    def read_answer(self, fields, headers=()):
        offset = self.server.log.offset
        self.answer(200, {"status": "success", "offset": offset, **fields}, {"X-Offset": offset, **dict(headers)})

    def failure(self, status, code, message, outcome="definite"):
        self.answer(status, {"status": "failure", "code": code, "message": message, "outcome": outcome})

    def answer(self, status, content, headers=()):
        data = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(data), **dict(headers)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, pages, kept):
        super().__init__(("127.0.0.1", port), Handler)
        self.pages = pages.resolve()
        self.log = Log(kept)
        self.faults = {"lost_answers": 0, "no_quorum": 0, "comment_ms": 15_000}
        time.sleep(0.2)  # the first tick has been: the model's time runs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pages", type=pathlib.Path, default=ROOT / "web" / "booking")
    parser.add_argument("--log", type=pathlib.Path, help="kept over a restart")
    asked = parser.parse_args()
    server = Server(asked.port, asked.pages, asked.log)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
