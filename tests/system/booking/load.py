"""Clients that book all the time while something is done to the cluster."""

import random
import threading
import time


class Load:
    """`clients` reserve random free seats of a show, each a seat at a time, at `rate` a second in all. With `retry` a
    command is repeated until it is answered; without, an unknown outcome stays unknown."""

    def __init__(self, booking, show, clients, rate, seats, retry=True):
        self.booking, self.show, self.retry = booking, show, retry
        self.pause_s = clients / rate
        self.calls = []  # the last answer to each command
        self.problems = []
        self._stop = threading.Event()
        self._seats = list(seats)
        random.Random(show).shuffle(self._seats)
        self._next = iter(self._seats)
        self._lock = threading.Lock()
        self.clients = booking.clients(clients)
        self._threads = [threading.Thread(target=self._run, args=(client,)) for client in self.clients]
        for thread in self._threads:
            thread.start()

    def _run(self, client):
        turn = time.monotonic() + random.random() * self.pause_s
        try:
            while not self._stop.wait(max(turn - time.monotonic(), 0)):
                turn = max(turn + self.pause_s, time.monotonic() - 1)
                with self._lock:
                    seat = next(self._next, None)
                if seat is None:
                    return
                self.calls.append(self._reserve(client, seat))
        except Exception as problem:  # told by `finish`
            self.problems.append(f"{client.client_id}: {problem}")

    def _reserve(self, client, seat):
        if self.retry:
            return client.reserve(self.show, seat, patience_s=90)
        return client.ask("POST", f"/v1/shows/{self.show}/reserve", {"seats": [seat]}, ("seq", client.next_seq()))

    def finish(self):
        """The answers, once all have come."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
        assert not self.problems, self.problems[:3]
        return self.calls

    def successes(self, since_ns=0):
        return [call for call in list(self.calls) if call.code == "RESERVED" and call.end >= since_ns]


def seats_of(rows, columns):
    return [f"{row}{chr(ord('A') + column)}" for row in range(1, rows + 1) for column in range(columns)]
