"""The cluster's PostgreSQL under the test's hands: stopped, frozen, asked."""

import contextlib
import os
import pathlib
import pwd
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.parse

from cluster import postgres, process


class Database:
    def __init__(self, running):
        self.running = running
        self.password = None  # another one than the cluster was made with

    @property
    def entry(self):
        return self.running.processes("postgres")[0]

    @property
    def data_dir(self):
        return pathlib.Path(self.entry["data_dir"])

    def sql(self, *texts, check=True):
        """What psql prints, without decoration; every text is a transaction of its own."""
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        for text in texts:
            command += ["-c", text]
        url = postgres.url(self.running.layout)
        if self.password:
            url = re.sub(r"(//marquee:)[^@]*@", rf"\g<1>{self.password}@", url)
        made = subprocess.run([*command, url], capture_output=True, text=True, timeout=30, check=False)
        assert not check or made.returncode == 0, made.stderr
        return made.stdout.strip()

    def set(self, name, value):
        self.sql(f"ALTER SYSTEM SET {name} = {value}", "SELECT pg_reload_conf()")

    def reset(self, name):
        self.sql(f"ALTER SYSTEM RESET {name}", "SELECT pg_reload_conf()")

    def stop(self, how=signal.SIGINT):
        """SIGINT: PostgreSQL's fast shutdown; SIGQUIT: the immediate one, as after a crash."""
        entry = self.entry
        assert process.stop(entry["name"], entry["pid"], entry["command"], how) == "stopped"

    def start(self):
        self.running.control.restart("postgres")

    def backends(self):
        pid = self.entry["pid"]
        return [int(n) for n in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @contextlib.contextmanager
    def frozen(self):
        """Server and sessions stand still: the kernel takes connections and bytes, and nothing answers."""
        stopped = [self.entry["pid"]]
        os.kill(stopped[0], signal.SIGSTOP)
        for backend in self.backends():
            os.kill(backend, signal.SIGSTOP)
            stopped.append(backend)
        try:
            yield
        finally:
            for pid in reversed(stopped):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def stopped(self):
        self.stop()
        try:
            yield
        finally:
            self.start()

    def crash_and_start(self):
        """As fast as PostgreSQL can: whoever looks once a second sees no outage, only lost sessions."""
        self.stop(signal.SIGQUIT)
        self.start()

    @contextlib.contextmanager
    def with_other_password(self):
        old = urllib.parse.urlsplit(postgres.url(self.running.layout)).password
        self.sql("ALTER ROLE marquee PASSWORD 'another'")
        self.password = "another"
        try:
            yield
        finally:
            self.sql(f"ALTER ROLE marquee PASSWORD '{old}'")
            self.password = None

    @contextlib.contextmanager
    def without_free_connections(self):
        """Every slot is held by somebody who says who he is and then nothing; the managers' sessions end."""
        stop = threading.Event()
        crowd = threading.Thread(target=self._crowd, args=(stop,), daemon=True)
        crowd.start()
        try:
            until(lambda: not self._end_managers_sessions())
            yield
        finally:
            stop.set()
            crowd.join(timeout=10)

    def _end_managers_sessions(self):
        """Looks twice: a manager may be quicker than the crowd once."""
        ended = 0
        for _ in range(2):
            for pid in self.backends():
                with contextlib.suppress(OSError):
                    command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                    if command.startswith(b"postgres: marquee ") and b"authentication" not in command:
                        os.kill(pid, signal.SIGTERM)
                        ended += 1
            time.sleep(0.15)
        return ended

    def _crowd(self, stop):
        body = struct.pack("!i", 196608) + b"user\0marquee\0database\0postgres\0\0"
        held = []
        while not stop.is_set():
            guest = socket.create_connection(("127.0.0.1", self.running.layout.postgres_port))
            guest.settimeout(1)
            with contextlib.suppress(OSError):
                guest.sendall(struct.pack("!i", len(body) + 4) + body)
                if guest.recv(1) == b"R":  # asked for a password: the slot is taken
                    held.append(guest)
                    continue
            guest.close()
            time.sleep(0.02)
        for guest in held:
            guest.close()

    def end_sessions(self):
        """Ends every session but the one that asks."""
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                 "AND backend_type = 'client backend'")


class SmallDisk:
    """A small file system that holds the tables which grow, so that it can be filled without harm to the rest."""

    TABLES = ("topics", "partitions", "producers", "consumers")

    def __init__(self, database, folder):
        self.database = database
        self.folder = pathlib.Path(folder)
        self._names = 0

    def name(self):
        """A new name for each attempt: what fits into a table's last page is still taken."""
        self._names += 1
        return f"no-room-{self._names}"

    def mount(self):
        self.folder.mkdir(parents=True)
        account = pwd.getpwnam(postgres.ACCOUNT)
        options = f"size=16m,mode=0700,uid={account.pw_uid},gid={account.pw_gid}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "marquee-test", str(self.folder)], check=True)
        self.database.sql(f"CREATE TABLESPACE small LOCATION '{self.folder}'")
        self._move_to("small")

    def unmount(self):
        try:
            self._move_to("pg_default")
            self.database.sql("DROP TABLESPACE small")
        finally:
            # Also while a failed test leaves it in use.
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
            self.folder.rmdir()

    @contextlib.contextmanager
    def full(self):
        filler = self.folder / "filler"
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        try:
            yield
        finally:
            filler.unlink()

    def _move_to(self, tablespace):
        self.database.sql(*(f"ALTER TABLE {table} SET TABLESPACE {tablespace}" for table in self.TABLES))


def until(what, patience_s=15.0):
    """Asks again and again until it is true; gives what was true, or fails."""
    end = time.monotonic() + patience_s
    while True:
        said = what()
        if said:
            return said
        assert time.monotonic() < end, f"not within {patience_s} s: {what}"
        time.sleep(0.05)
