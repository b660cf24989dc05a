"""A fault while a load runs: the leader's process is killed, and comes back some seconds later."""

import os
import signal
import threading
import time

KILLED_AT_S, BACK_AT_S = 4.0, 8.0


class LeaderKill:
    """`begin` is called when the load begins; `events` says what happened when, in seconds of the measured time."""

    def __init__(self, cluster, leader, warm_up_s):
        self.cluster, self.leader, self.warm_up_s = cluster, leader, warm_up_s
        self.events = []
        self.problem = None
        self.thread = threading.Thread(target=self.work)

    def begin(self):
        self.measured_from = time.monotonic() + self.warm_up_s
        self.thread.start()

    def wait(self):
        if self.thread.ident is not None:
            self.thread.join()
        if self.problem:
            raise self.problem

    def work(self):
        try:
            entry = next(one for one in self.cluster.known() if one.get("broker_id") == self.leader)
            self.wait_until(KILLED_AT_S)
            os.kill(entry["pid"], signal.SIGKILL)
            self.note(f"{entry['name']} killed")
            self.wait_until(BACK_AT_S)
            self.note(f"{entry['name']} started")
            self.cluster.restart(entry["name"])
            self.note("ready")
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem

    def wait_until(self, at_s):
        time.sleep(max(0.0, self.measured_from + at_s - time.monotonic()))

    def note(self, what):
        self.events.append({"at_s": round(time.monotonic() - self.measured_from, 2), "what": what})
