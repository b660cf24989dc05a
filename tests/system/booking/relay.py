"""A network that misbehaves between a client and a front end: forwards connections, and loses what it is told to lose."""

import socket
import threading


class Relay:
    """Its address stands in for `target` ("host:port"). `losing`: "nothing", "answers" (the request arrives, and when its
    answer comes the connection breaks) or "requests" (the connection breaks before anything is passed on)."""

    def __init__(self, target):
        host, port = target.split(":")
        self.target = (host, int(port))
        self.losing = "nothing"
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                server = socket.create_connection(self.target, timeout=60)
            except OSError:
                return
            with server:
                threading.Thread(target=self._pump, args=(client, server, "requests"), daemon=True).start()
                self._pump(server, client, "answers")

    def _pump(self, source, sink, what):
        try:
            while data := source.recv(1 << 16):
                if self.losing == what:
                    self.lost += 1
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
