"""What every test shares: how properties are searched, and a home that is not the developer's own."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A failure prints how to replay it (`print_blob`). In CI the same examples run each time, so that a
# red build is about the change; elsewhere the search goes on with new ones. How long an example takes
# says nothing on a machine that others use too.
settings.register_profile(
    "everyday", deadline=None, print_blob=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", parent=settings.get_profile("everyday"), derandomize=True)
settings.register_profile("thorough", parent=settings.get_profile("everyday"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "everyday"))


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the home, address or token of whoever runs it."""
    for name in [name for name in os.environ if name.startswith("PICO_") and not name.startswith("PICO_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PICO_HOME", str(tmp_path / "pico-home"))
