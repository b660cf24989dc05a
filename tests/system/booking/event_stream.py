"""One client of the live stream, read as the standard says: blocks of fields, comments, and the id that it would resume from."""

import contextlib
import http.client
import json
import threading
import time


class EventStream:
    """Reads in the background until `close`, or until the server ends it. `last_id` is what a browser would come back with."""

    def __init__(self, front_end, query="", last_id=None):
        self.events = []  # (id, event, data)
        self.comments = 0
        self.last_id = last_id
        self.ended = False
        self._connection = http.client.HTTPConnection(front_end, timeout=60)
        self._connection.request("GET", "/v1/stream" + query, headers={} if last_id is None else {"Last-Event-ID": last_id})
        self._socket = self._connection.sock  # a response that is not kept alive takes it away
        self.response = self._connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.getheader("Content-Type") == "text/event-stream"
        self._begun = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._begun.wait(20), "the stream says when it wants to be asked again"

    def _read(self):
        fields = {}
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                    continue
                self._take(fields)
                fields = {}
        self.ended = True

    def _take(self, fields):
        self.last_id = fields.get("id", self.last_id)
        self.comments += "" in fields
        if "retry" in fields:
            assert fields["retry"] == "1000"
            self._begun.set()
        if "data" in fields:
            self.events.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))

    def wait_for(self, count, patience_s=20):
        """At least so many events; all that there are."""
        end = time.monotonic() + patience_s
        while len(self.events) < count:
            assert time.monotonic() < end, f"{count} events should come, there are {self.events}"
            time.sleep(0.005)
        return list(self.events)

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(2)
        self._reader.join(10)
        self._connection.close()
