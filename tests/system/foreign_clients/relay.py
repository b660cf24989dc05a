"""Relays in front of brokers, at the address that the brokers advertise: they note requests and can cut answers.

A relay listens on 127.0.0.2 at the broker's own port and passes everything on to 127.0.0.1. Kafka connections are taken
apart into frames; what is not Kafka (Raft, HTTP) is passed on as it is.
"""

import collections
import dataclasses
import socket
import struct
import threading

ADVERTISED_HOST = "127.0.0.2"
PRODUCE, METADATA = 0, 3


@dataclasses.dataclass
class Seen:
    """A request, as its header tells it."""

    client_id: str
    api_key: int
    version: int
    broker_port: int


class Relays:
    """`seen` holds every request in order. `cut_answers(n)` makes the next n Produce answers vanish with their
    connections: the broker has appended, and the client does not hear of it."""

    def __init__(self, kafka_ports, other_ports):
        self.seen = []
        self._lock = threading.Lock()
        self._cuts = 0
        self.cut = 0
        self._listeners = [self._listen(port, is_kafka=True) for port in kafka_ports]
        self._listeners += [self._listen(port, is_kafka=False) for port in other_ports]

    def cut_answers(self, count):
        with self._lock:
            self._cuts = count

    def close(self):
        for listener in self._listeners:
            listener.close()

    def _listen(self, port, is_kafka):
        listener = socket.create_server((ADVERTISED_HOST, port), backlog=200)
        threading.Thread(target=self._accept, args=(listener, port, is_kafka), daemon=True).start()
        return listener

    def _accept(self, listener, port, is_kafka):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near, port, is_kafka), daemon=True).start()

    def _serve(self, near, port, is_kafka):
        try:
            far = socket.create_connection(("127.0.0.1", port), timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        for connection in (near, far):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = collections.deque()
        upward = (self._requests, near, far, waiting, port) if is_kafka else (_pump, near, far)
        downward = (self._answers, far, near, waiting) if is_kafka else (_pump, far, near)
        for work, *arguments in (upward, downward):
            threading.Thread(target=_until_closed, args=(work, near, far, *arguments), daemon=True).start()

    def _requests(self, near, far, waiting, port):
        while frame := _frame(near):
            api_key, version, _, length = struct.unpack_from(">hhih", frame, 4)
            client_id = frame[14 : 14 + max(length, 0)].decode(errors="replace")
            self.seen.append(Seen(client_id, api_key, version, port))
            waiting.append(api_key)
            far.sendall(frame)

    def _answers(self, far, near, waiting):
        while frame := _frame(far):
            # Answers come in the order of the requests; nothing here produces with acks 0, which has none.
            if waiting.popleft() == PRODUCE and self._take_cut():
                return
            near.sendall(frame)

    def _take_cut(self):
        with self._lock:
            if self._cuts == 0:
                return False
            self._cuts -= 1
            self.cut += 1
            return True


def _frame(source):
    """Size and content, or nothing when the connection has ended."""
    start = _exactly(source, 4)
    if not start:
        return b""
    content = _exactly(source, struct.unpack(">i", start)[0])
    return start + content if content else b""


def _exactly(source, count):
    parts = bytearray()
    while len(parts) < count:
        part = source.recv(min(count - len(parts), 1 << 16))
        if not part:
            return b""
        parts += part
    return bytes(parts)


def _pump(source, target):
    while part := source.recv(1 << 16):
        target.sendall(part)


def _until_closed(work, near, far, *arguments):
    """One direction; when it ends, however it ends, both connections do."""
    try:
        work(*arguments)
    except OSError:
        pass
    for connection in (near, far):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
