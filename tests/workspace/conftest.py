"""Fixtures of the workspace's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from viewer.workspace.jobs import Jobs


@pytest.fixture
def jobs(qapp: object) -> Iterator[Jobs]:
    jobs = Jobs(threads=1)
    yield jobs
    jobs.close()
