"""A TCP relay between a manager and PostgreSQL, which the test can cut in every way a network can."""

import contextlib
import selectors
import socket
import struct
import threading

HOST = "127.0.0.1"


class Relay:
    """One thread. `mode`: "pass"; "cut" loses bytes both ways and says nothing; "deaf" loses what PostgreSQL says;
    "refuse" takes no connections."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.mode = "pass"
        self._watch_for = None
        self._selector = selectors.DefaultSelector()
        self._pairs = {}  # socket -> (peer, is it the client's side)
        self._silent = []  # ended while the relay was cut, which the peer must not notice
        self._lock = threading.RLock()
        self._stopped = False
        self._listener = None
        self._listen(0)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        assert self._thread.is_alive(), "the relay itself failed"
        self._stopped = True
        self._thread.join(timeout=5)
        with self._lock:
            self._close_listener()
            self.reset()

    def set(self, mode):
        with self._lock:
            self.mode = mode
            if mode == "refuse":
                self._close_listener()
                self.reset()
            elif self._listener is None:
                self._listen(self.port)

    @contextlib.contextmanager
    def being(self, mode):
        self.set(mode)
        try:
            yield self
        finally:
            # What was lost stays lost, as in a network: a connection with a hole in it cannot go on.
            self.reset()
            self.set("pass")

    def deaf_after(self, text):
        """From the moment a client sends `text` on, nothing that PostgreSQL says arrives."""
        with self._lock:
            self._watch_for = text

    def reset(self):
        """RST to both sides of every connection."""
        with self._lock:
            for one in list(self._pairs):
                self._drop(one)

    def connections(self):
        with self._lock:
            return len(self._pairs) // 2

    def _listen(self, port):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((HOST, port))
        self._listener.listen(64)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _close_listener(self):
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def _drop(self, one):
        pair = self._pairs.pop(one, None)
        if pair is None:
            return
        if one in self._silent:
            self._silent.remove(one)
        else:
            self._selector.unregister(one)
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()
        self._drop(pair[0])

    def _accept(self):
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it has gone again
        server = socket.socket()
        server.settimeout(2)
        try:
            server.connect((HOST, self.target_port))
        except OSError:
            client.close()
            server.close()
            return
        server.settimeout(None)
        for one, other, is_client in ((client, server, True), (server, client, False)):
            self._pairs[one] = (other, is_client)
            self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, one):
        try:
            data = one.recv(65536)
        except OSError:
            data = b""
        if not data:
            if self.mode == "pass":
                self._drop(one)
            else:
                self._selector.unregister(one)  # a network that loses everything loses the goodbye too
                self._silent.append(one)
            return
        peer, is_client = self._pairs[one]
        if is_client and self._watch_for is not None and self._watch_for in data:
            self._watch_for = None
            self.mode = "deaf"
        if self.mode == "cut" or (self.mode == "deaf" and not is_client):
            return
        with contextlib.suppress(OSError):
            peer.sendall(data)

    def _run(self):
        while not self._stopped:
            for key, _ in self._selector.select(timeout=0.05):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj in self._pairs:
                        self._forward(key.fileobj)
