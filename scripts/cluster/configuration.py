"""Writes the TOML file that each process is started with."""

import json
import os

from . import replica_process
from .layout import BOOKING_ROLES, LOOPBACK

SUBCOMMANDS = {
    "broker": "broker",
    "write_manager": "write-manager",
    "read_manager": "read-manager",
    "load_balancer": "load-balancer",
    "booking_replica": "booking-replica",
    "booking_supervisor": "booking-supervisor",
    "booking_front_end": "booking-front-end",
}


def _toml(tables):
    """Text of {"": {key: value}, "table": {...}}. JSON's literals are TOML's for what is used here."""
    lines = []
    for table, values in tables.items():
        if table:
            lines.append(f"\n[{table}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines).lstrip() + "\n"


def _tables(layout, process, postgres_url):
    host = process.host
    tables = {
        "": {"name": process.name},
        "http": {"address": host, "port": process.http_port},
        "cluster": {"secret_file": str(layout.secret_file)},
    }
    if host != LOOPBACK:
        tables[""]["insecure_network"] = True
    if process.role == "broker":
        tables[""]["data_dir"] = process.data_dir
        tables[""]["threads"] = 1
        tables[""]["write_managers"] = layout.write_manager_addresses()
        tables["kafka"] = {"address": host, "port": process.kafka_port}
        tables["raft"] = {"address": host, "port": process.raft_port}
        for table, values in layout.broker_settings.items():
            tables.setdefault(table, {}).update(values)
    elif process.role in ("write_manager", "read_manager"):
        tables["postgres"] = {"url": postgres_url}
        tables["metadata"] = {"copy_file": str(layout.state_dir / "data" / f"{process.name}.metadata")}
    elif process.role == "load_balancer":
        tables["load_balancer"] = {
            "write_managers": layout.write_manager_addresses(),
            "read_managers": layout.read_manager_addresses(),
        }
        if layout.booking:
            tables["load_balancer"]["booking_front_ends"] = layout.booking_front_end_addresses()
    elif process.role in BOOKING_ROLES:
        _add_booking_tables(tables, layout, process)
    for table, values in layout.settings_of.get(process.name, {}).items():
        tables.setdefault(table, {}).update(values)
    return tables


def _add_booking_tables(tables, layout, process):
    tables["booking"] = {"load_balancers": layout.load_balancer_addresses()}
    replicas = layout.booking_replicas()
    if process.role == "booking_replica":
        tables[""]["data_dir"] = process.data_dir
        tables["replica"] = {"id": next(key for key, replica in replicas.items() if replica.name == process.name)}
    elif process.role == "booking_front_end":
        tables[""]["data_dir"] = process.data_dir
        tables["front_end"] = {
            "number": int(process.name.rpartition("-")[2]),
            "replicas": [f"{key}={replica.host}:{replica.http_port}" for key, replica in replicas.items()],
        }
    else:
        tables["supervisor"] = {
            "replicas": [f"{key}={layout.configuration_file(replica.name)}" for key, replica in replicas.items()],
            "cluster_file": str(layout.cluster_file),
        }


def inside_namespace(namespace, command):
    """The command that runs `command` there; it replaces itself by it, so that the process id is the same."""
    return command if namespace is None else ["nsenter", f"--net=/run/netns/{namespace}", *command]


def write(layout, process, postgres_url):
    """Writes the file and returns the command that starts the process with it."""
    path = layout.configuration_file(process.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Replaced as a whole: a process that is just starting reads the old one or the new one.
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(_toml(_tables(layout, process, postgres_url)))
    temporary.replace(path)
    command = [str(layout.binary), SUBCOMMANDS[process.role], "--config", str(path)]
    if process.role == "booking_replica":
        command += replica_process.incarnation_arguments(process.data_dir)
    return inside_namespace(process.namespace, command)
