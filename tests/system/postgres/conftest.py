"""One cluster for the tests of this folder, whose PostgreSQL they stop, freeze and cut off."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import outage_cluster  # noqa: E402
from database import SmallDisk  # noqa: E402


@pytest.fixture(scope="package")
def outages(binary, tmp_path_factory):
    yield from outage_cluster.serve(binary, tmp_path_factory.mktemp("outages"))


@pytest.fixture
def small_disk(outages):
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    disk = SmallDisk(outages.database, outages.database.data_dir.with_name(outages.database.data_dir.name + "-small"))
    disk.mount()
    yield disk
    disk.unmount()
