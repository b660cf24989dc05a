"""Prepares each foreign client once: fetched, built, and kept in build/foreign_clients (or MARQUEE_FOREIGN_CLIENTS).

Versions are pinned by the lock files in drivers/. A client whose toolchain or registry this machine lacks is `Missing`,
with the reason; the others are commands that run its driver. Run as a program it prepares all and says what it got:
  python3 tests/system/foreign_clients/toolchains.py
"""

import concurrent.futures
import dataclasses
import hashlib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
DRIVERS = HERE / "drivers"
ROOT = HERE.parent.parent.parent
CACHE = pathlib.Path(os.environ.get("MARQUEE_FOREIGN_CLIENTS") or ROOT / "build" / "foreign_clients")
# A registry that does not answer must not hold up the run; what was fetched by then is found by the next run.
PREPARATION_SECONDS = 420
SYSTEM_PYTHON = "/usr/bin/python3"
COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

# The two Java clients share Maven's local repository, which is not made for two writers.
_maven = threading.Lock()


class Missing(Exception):
    """Why a client cannot run on this machine."""


@dataclasses.dataclass(frozen=True)
class Client:
    """What a client can do decides which tests it gets; `hashes` names its default partitioner's hash."""

    name: str
    prepare: object
    idempotent: bool = False
    consumes: bool = True
    administers: bool = True
    hashes: str = "murmur2"
    codecs: tuple = ("gzip", "snappy", "lz4", "zstd")


def _run(command, folder, environment=None):
    try:
        made = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            timeout=PREPARATION_SECONDS,
            check=False,
        )
    except FileNotFoundError as absent:
        raise Missing(f"{command[0]} is not installed") from absent
    except subprocess.TimeoutExpired as late:
        raise Missing(f"{command[0]} did not end within {PREPARATION_SECONDS} s") from late
    if made.returncode != 0:
        said = (made.stderr + made.stdout).decode(errors="replace").strip()
        raise Missing(f"{pathlib.Path(command[0]).name} failed: {said[-600:]}")


def _why(wanted):
    """Where the reason stands that a client could not be prepared."""
    return CACHE / f"{wanted.name}.missing"


def _once(name, sources, build):
    """The folder that `build` filled, kept under the hash of its sources; half a folder is never found again."""
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    wanted = CACHE / f"{name}-{digest.hexdigest()[:12]}"
    if wanted.exists():
        return wanted
    if os.environ.get("MARQUEE_FOREIGN_CLIENTS_PREPARED") == "1":
        # Tried a moment ago; a registry that hangs must not hold up the tests once more.
        raise Missing(_why(wanted).read_text() if _why(wanted).exists() else "it could not be prepared in time")
    building = CACHE / f"{wanted.name}.{os.getpid()}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        build(building)
        building.rename(wanted)
        _why(wanted).unlink(missing_ok=True)
    except Missing as missing:
        _why(wanted).write_text(str(missing))
        raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return wanted


def _packages(lock):
    """A plain folder of packages: unlike an environment it can be renamed when it is whole."""

    def build(folder):
        environment = folder / "environment"
        if importlib.util.find_spec("ensurepip"):
            _run([SYSTEM_PYTHON, "-m", "venv", environment], folder)
            pip = [environment / "bin" / "python", "-m", "pip"]
        else:  # Debian keeps it in python3-venv; a pip of the user's own will do
            pip = ["pip3", "--python", SYSTEM_PYTHON]
        options = ["--target", folder, "--only-binary", ":all:", "--no-deps", "--no-compile"]
        _run([*pip, "install", "-q", *options, "-r", DRIVERS / "python" / lock], folder)
        shutil.rmtree(environment, ignore_errors=True)

    return _once(lock.removesuffix(".txt"), [DRIVERS / "python" / lock], build)


def _python(lock, driver):
    def prepare():
        return ["env", f"PYTHONPATH={_packages(lock)}", SYSTEM_PYTHON, str(DRIVERS / "python" / driver)]

    return prepare


def _debian_python():
    """Debian's kafka-python; the libraries of its codecs come from PyPI, and without them it can do gzip only."""
    found = subprocess.run([SYSTEM_PYTHON, "-c", "import kafka"], capture_output=True, check=False)
    if found.returncode != 0:
        raise Missing("Debian's python3-kafka is not installed")
    command = [SYSTEM_PYTHON, str(DRIVERS / "python" / "kafka_python_driver.py")]
    try:
        return ["env", f"PYTHONPATH={_packages('codecs.txt')}", *command]
    except Missing:
        return command


def _kcat():
    if not shutil.which("kcat"):
        raise Missing("kcat is not installed")
    return [SYSTEM_PYTHON, str(DRIVERS / "python" / "kcat_driver.py")]


def _librdkafka():
    sources = list((DRIVERS / "librdkafka").iterdir())

    def build(folder):
        units = [source for source in sources if source.suffix == ".cpp"]
        _run(["clang++-19", "-std=c++23", "-O1", "-o", folder / "driver", *units, "-lrdkafka"], folder)

    return [str(_once("librdkafka", sources, build) / "driver")]


def _java(version):
    def prepare():
        if not shutil.which("javac"):
            raise Missing("no JDK is installed")
        sources = list((DRIVERS / "java").iterdir())

        def build(folder):
            with _maven:
                goal = [COPY_DEPENDENCIES, f"-DoutputDirectory={folder}", f"-Dkafka.version={version}"]
                _run(["mvn", "-q", "-B", "-f", DRIVERS / "java" / "pom.xml", *goal], folder)
            units = [source for source in sources if source.suffix == ".java"]
            _run(["javac", "-nowarn", "-d", folder, "-cp", f"{folder}/*", *units], folder)

        folder = _once(f"java-{version}", sources, build)
        options = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"]
        options.append("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        return ["java", *options, "-cp", f"{folder}:{folder}/*", "Driver"]

    return prepare


def _kafkajs():
    def build(folder):
        for name in ("package.json", "package-lock.json", ".npmrc", "driver.js"):
            shutil.copy(DRIVERS / "kafkajs" / name, folder)
        _run(["npm", "ci", "--silent"], folder)

    folder = _once("kafkajs", [p for p in (DRIVERS / "kafkajs").iterdir() if p.is_file()], build)
    return ["node", str(folder / "driver.js")]


def _franz_go():
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not pathlib.Path(go).exists():
        raise Missing("Go is not installed")

    def build(folder):
        _run([go, "build", "-o", folder / "driver", "."], DRIVERS / "go", {"GOFLAGS": "-mod=readonly"})

    return [str(_once("franz-go", list((DRIVERS / "go").iterdir()), build) / "driver")]


CLIENTS = {
    client.name: client
    for client in (
        # librdkafka's default partitioner hashes with CRC-32; murmur2 is its option `murmur2_random`.
        Client("kcat-1.7.1", _kcat, idempotent=True, administers=False, hashes="crc32"),
        Client("librdkafka-2.0.2", _librdkafka, idempotent=True, hashes="crc32"),
        Client("librdkafka-2.16.1", _python("confluent.txt", "confluent_driver.py"), idempotent=True, hashes="crc32"),
        Client("kafka-python-2.0.2", _debian_python),
        Client("kafka-python-3.0.12", _python("kafka_python.txt", "kafka_python_driver.py"), idempotent=True),
        Client("aiokafka-0.14.0", _python("aiokafka.txt", "aiokafka_driver.py"), idempotent=True, administers=False),
        Client("kafkajs-2.2.4", _kafkajs, idempotent=True, consumes=False, codecs=("gzip", "snappy")),
        Client("java-3.9.1", _java("3.9.1"), idempotent=True),
        Client("java-4.4.0", _java("4.4.0"), idempotent=True),
        Client("franz-go-1.22.2", _franz_go, idempotent=True),
    )
}


def prepare(name):
    """The command of the client's driver, or the reason why there is none."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        return CLIENTS[name].prepare(), None
    except Missing as missing:
        return None, str(missing)


def prepare_all():
    """{name: (command or None, reason or None)}; a few at a time, for most of it is waiting for downloads."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        return dict(zip(CLIENTS, pool.map(prepare, CLIENTS)))


def main():
    for name, (command, reason) in prepare_all().items():
        print(f"{name}: {'ready' if command else 'missing: ' + reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
