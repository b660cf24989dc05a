"""What the booking application is configured with in tests."""

from cluster.layout import BOOKING_FRONT_ENDS as FRONT_ENDS
from cluster.layout import BOOKING_REPLICAS

REPLICAS = tuple(f"r{n}" for n in range(1, BOOKING_REPLICAS + 1))
# Short times, so that what is silent is found within a test. A busy machine is not to be taken for a silent replica, so
# the tests of silence alone choose shorter ones.
FRONT_END_TIMES = {"silence_ms": 500, "heartbeat_ms": 1000, "give_up_ms": 5000}


def settings_of_processes(given):
    """The tests' settings, under those that a test gives: {process name: {table: {key: value}}}."""
    settings = {f"booking-fe-{n}": {"front_end": dict(FRONT_END_TIMES)} for n in range(1, FRONT_ENDS + 1)}
    settings["booking-supervisor"] = {"supervisor": {"restart_ms": 4000}}
    for name, tables in given.items():
        for table, values in tables.items():
            settings.setdefault(name, {}).setdefault(table, {}).update(values)
    return settings


def start_replicas_in_their_namespaces(layout):
    """The supervisor starts a program in the place of the executable, which goes where each replica belongs."""
    script = layout.state_dir / "config" / "start-replica"
    cases = [
        f"*{layout.configuration_file(replica.name)}*) exec nsenter --net=/run/netns/{replica.namespace} "
        f'{layout.binary} "$@";;'
        for replica in layout.booking_replicas().values()
    ]
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("#!/bin/sh\ncase \"$*\" in\n" + "\n".join(cases) + "\nesac\n")
    script.chmod(0o755)
    layout.settings_of.setdefault("booking-supervisor", {}).setdefault("supervisor", {})["binary"] = str(script)
