"""The cluster's private PostgreSQL: made once, started on loopback with a password of its own."""

import glob
import hashlib
import os
import pathlib
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.parse

from .configuration import inside_namespace
from .failure import ClusterFailure
from .layout import LOOPBACK, Process

ACCOUNT = "postgres"


def _program(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=_version)
    path = found[-1] if found else shutil.which(name)
    if not path:
        raise ClusterFailure(f"PostgreSQL's {name} is not installed. Run scripts/install_dependencies.")
    return path


def _version(path):
    number = pathlib.Path(path).parts[-3]
    return int(number) if number.isdigit() else 0


def _as_account(command):
    """PostgreSQL refuses to run as root: there the account `postgres` runs it, else the caller."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups", *command]


def _data_dir(layout):
    """Inside the state folder where the account can get there, else in the account's own home."""
    wanted = layout.state_dir / "postgres"
    if os.geteuid() != 0:
        return wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    reachable = subprocess.run(_as_account(["test", "-x", str(wanted.parent)]), check=False).returncode == 0
    if reachable:
        return wanted
    name = "marquee-" + hashlib.sha256(str(layout.state_dir).encode()).hexdigest()[:12]
    return pathlib.Path(pwd.getpwnam(ACCOUNT).pw_dir) / name


def _password(layout):
    file = layout.postgres_password_file
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as target:
            target.write(secrets.token_hex(24))
    return file.read_text().strip()


def url(layout):
    password = urllib.parse.quote(_password(layout))
    return f"postgresql://marquee:{password}@{layout.place_of(ACCOUNT).host}:{layout.postgres_port}/postgres"


def describe(layout):
    """The process, with the folder that holds its data."""
    data_dir = _data_dir(layout)
    place = layout.place_of(ACCOUNT)
    return Process(
        "postgres",
        "postgres",
        port=layout.postgres_port,
        data_dir=str(data_dir),
        command=inside_namespace(place.namespace, _as_account([_program("postgres"), "-D", str(data_dir)])),
        cwd="/",
        host=place.host,
        namespace=place.namespace,
    )


def initialise(layout, process):
    """Makes the database folder if there is none yet, and writes its settings."""
    data_dir = pathlib.Path(process.data_dir)
    if not (data_dir / "PG_VERSION").exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o700)
        if os.geteuid() == 0:
            shutil.chown(data_dir, ACCOUNT, ACCOUNT)
        with tempfile.NamedTemporaryFile("w") as password_file:
            password_file.write(_password(layout) + "\n")
            password_file.flush()
            if os.geteuid() == 0:
                shutil.chown(password_file.name, ACCOUNT)
            made = subprocess.run(
                _as_account(
                    [_program("initdb"), "-D", str(data_dir), "-U", "marquee", "-E", "UTF8", "--locale=C",
                     "--auth=scram-sha-256", f"--pwfile={password_file.name}"]
                ),
                text=True,
                capture_output=True,
                cwd="/",
                check=False,
            )
        if made.returncode != 0:
            raise ClusterFailure(f"initdb failed in {data_dir}:\n{made.stdout}{made.stderr}")
    if process.host != LOOPBACK:
        _admit_neighbours(data_dir / "pg_hba.conf")
    (data_dir / "postgresql.auto.conf").write_text(
        f"listen_addresses = '{process.host}'\n"
        f"port = {layout.postgres_port}\n"
        "unix_socket_directories = ''\n"
        "max_connections = 60\n"
        "shared_buffers = 32MB\n"
        "logging_collector = off\n"
    )


def _admit_neighbours(rules):
    """With the password, from the network that the server's own address is in; initdb admits loopback only."""
    line = "host all all samenet scram-sha-256\n"
    if line not in rules.read_text():
        with open(rules, "a") as file:
            file.write(line)


def wait_until_ready(layout, child, patience_s=30.0):
    end = time.monotonic() + patience_s
    probe = [_program("pg_isready"), "-q", "-h", layout.place_of(ACCOUNT).host, "-p", str(layout.postgres_port)]
    while subprocess.run(probe, check=False).returncode != 0:
        if child.poll() is not None:
            raise ClusterFailure(f"PostgreSQL ended at once with status {child.returncode}")
        if time.monotonic() > end:
            raise ClusterFailure(f"PostgreSQL did not accept connections within {patience_s:.0f} s")
        time.sleep(0.1)
