"""A broker for tests: it spawns the service, speaks its messages, and waits for nothing longer than ten seconds."""

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "dist" / "proctor"
PATIENCE_SECONDS = 10


class Broker:
    """A running service, and the messages it sent."""

    def __init__(self, *args, env=None):
        self.process = subprocess.Popen(
            [str(BINARY), "sysmon", *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        self._messages = queue.Queue()
        self._asked = 0
        self.other = []  # What came while something else was waited for.
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._messages.put(json.loads(line))  # Whatever is not JSON fails the test by the silence after it.
        self._messages.put(None)

    def next(self):
        """The next message, or None at the end of the output."""
        return self._messages.get(timeout=PATIENCE_SECONDS)

    def wait_for(self, accepts):
        """The next message that is accepted; the others go to `other`."""
        while True:
            message = self.next()
            assert message is not None, "the service has ended"
            if accepts(message):
                return message
            self.other.append(message)

    def write(self, data):
        """Write bytes as they are."""
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, **message):
        """Write a message."""
        self.write(json.dumps(message).encode() + b"\n")

    def request(self, method, payload=None):
        """Send a request; its correlation_id."""
        self._asked += 1
        correlation_id = f"broker-{self._asked}"
        self.send(
            type="request",
            id=method,
            payload=payload,
            source="broker",
            target="sysmon",
            correlation_id=correlation_id,
        )
        return correlation_id

    def answer_to(self, correlation_id):
        """The response or error to a request."""
        return self.wait_for(lambda message: message.get("correlation_id") == correlation_id)

    def call(self, method, payload=None):
        """The payload of the response to a request, which must be one."""
        answer = self.answer_to(self.request(method, payload))
        assert answer["type"] == "response", answer
        return answer["payload"]

    def close(self):
        """End the input; the exit code, and all that came until then."""
        self.process.stdin.close()
        return self.ended()

    def terminate(self):
        """Send SIGTERM; the exit code, and all that came until then."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        """Wait for the end; the exit code, and all that came until then."""
        rest = list(iter(self.next, None))
        return self.process.wait(timeout=PATIENCE_SECONDS), rest

    def kill(self):
        """Whatever happened in the test, nothing is left behind."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass
