"""What every test of the suite may ask for."""

import pytest

from broker import BINARY, Broker


@pytest.fixture
def start():
    """Start services, greeted already; they are gone when the test is over."""
    assert BINARY.exists(), "dist/proctor is missing: build it with scripts/build (scripts/test does)"
    running = []

    def started(*args, env=None):
        broker = Broker(*args, env=env)
        running.append(broker)
        ready = broker.next()
        assert (ready["type"], ready["id"]) == ("event", "subprocess_ready")
        return broker

    yield started
    for broker in running:
        broker.kill()


@pytest.fixture
def broker(start):
    """One service."""
    return start()
