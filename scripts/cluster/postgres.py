"""A private PostgreSQL server: loopback only, a password of its own, data under the state directory."""

import hashlib
import os
import pwd
import secrets
import subprocess
import time
from pathlib import Path

from .errors import ClusterError
from .layout import HOST, Layout, Member

USER = "marquee"
DATABASE = "marquee"


def program(name: str) -> str:
    """The newest installed server program of that name. Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise ClusterError(f"PostgreSQL's '{name}' is not installed; scripts/install_dependencies installs it")
    return str(found[-1])


def as_server_user() -> list[str]:
    """PostgreSQL refuses to run as root: root runs it as the package's user, everybody else as himself."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]


def password(layout: Layout) -> str:
    return layout.postgres_password_file.read_text().strip()


def url(layout: Layout) -> str:
    port = layout.of_role("postgres")[0].ports["postgres"]
    return f"postgresql://{USER}:{password(layout)}@{HOST}:{port}/{DATABASE}"


def command(layout: Layout, member: Member) -> list[str]:
    data = str(layout.data_dir(member).resolve())
    settings = {
        "listen_addresses": HOST,
        "port": member.ports["postgres"],
        "unix_socket_directories": "",
        "shared_buffers": "32MB",
        "max_connections": 100,
    }
    flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
    return [*as_server_user(), program("postgres"), "-D", data, *flags]


def prepare(layout: Layout, member: Member) -> None:
    """Makes the password and the data directory, once."""
    secret = layout.postgres_password_file
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(24) + "\n")
    data = layout.data_dir(member)
    if (data / "PG_VERSION").exists():
        return
    if os.geteuid() == 0:
        _make_folder_for_server_user(layout, data)
    else:
        data.mkdir(mode=0o700, exist_ok=True)
    password_file = data.resolve().parent / f".password-{os.getpid()}"
    password_file.touch(mode=0o600)
    try:
        password_file.write_text(password(layout))
        if os.geteuid() == 0:
            os.chown(password_file, *_server_user_ids())
        _run(
            [*as_server_user(), program("initdb"), "-D", str(data.resolve()), "-U", USER, "-E", "UTF8", "--locale=C",
             "--auth=scram-sha-256", f"--pwfile={password_file}"],
            "making the PostgreSQL data directory",
        )
    finally:
        password_file.unlink()


def wait_until_ready(layout: Layout, is_alive, seconds: float) -> None:
    """Returns when the database exists and answers. Raises ClusterError if that does not happen in time."""
    end = time.monotonic() + seconds
    while True:
        asked = _psql(layout, "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")
        if asked.returncode == 0:
            break
        if not is_alive() or time.monotonic() > end:
            raise ClusterError(f"PostgreSQL does not answer: {asked.stderr.strip()}")
        time.sleep(0.1)
    if not asked.stdout.strip():
        made = _psql(layout, "postgres", f"CREATE DATABASE {DATABASE}")
        if made.returncode != 0:
            raise ClusterError(f"PostgreSQL did not make the database: {made.stderr.strip()}")


def _psql(layout: Layout, database: str, statement: str) -> subprocess.CompletedProcess:
    port = layout.of_role("postgres")[0].ports["postgres"]
    environment = dict(os.environ, PGPASSWORD=password(layout), PGCONNECT_TIMEOUT="3")
    return subprocess.run(
        ["psql", "-h", HOST, "-p", str(port), "-U", USER, "-d", database, "-tAXqc", statement],
        env=environment, capture_output=True, text=True, check=False,
    )


def _server_user_ids() -> tuple[int, int]:
    entry = pwd.getpwnam("postgres")
    return entry.pw_uid, entry.pw_gid


def _make_folder_for_server_user(layout: Layout, data: Path) -> None:
    """The server's user must reach its data. Below a home directory that is closed to others it cannot: then the data
    goes to that user's own home, and the state directory holds a link to it."""
    reachable = subprocess.run([*as_server_user(), "test", "-x", str(layout.state_dir)], check=False).returncode == 0
    target = data
    if not reachable:
        digest = hashlib.sha256(str(layout.state_dir).encode()).hexdigest()[:16]
        target = Path(pwd.getpwnam("postgres").pw_dir) / f"marquee-{digest}"
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(target, *_server_user_ids())
    if target != data and not data.is_symlink():
        data.symlink_to(target)


def _run(command: list[str], doing: str) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if run.returncode != 0:
        raise ClusterError(f"{doing} failed: {(run.stderr or run.stdout).strip()}")
