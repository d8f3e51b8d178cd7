"""How the service begins, answers, errs and ends, as a broker sees it."""

import json
import os
import signal
import time

METHODS = [
    "RPCGetSysMetrics",
    "RPCGetDiskUsage",
    "RPCGetNetworkStats",
    "RPCGetMemoryInfo",
    "RPCGetLoadAverage",
    "RPCGetUptime",
    "RPCCPUUsage",
    "RPCGetProcessStats",
    "RPCGetSystemInfo",
]


def test_ends_with_its_input(broker):
    code, rest = broker.close()
    assert code == 0
    assert [message["id"] for message in rest] == ["subprocess_shutdown"]
    assert broker.process.stderr.read() == b""


def test_ends_on_sigterm_after_pending_answers(broker):
    slow = broker.request("RPCCPUUsage")
    broker.call("RPCGetUptime")  # Whose answer says that the request before has arrived.
    code, rest = broker.terminate()
    assert code == 0
    assert rest[0]["correlation_id"] == slow and rest[0]["type"] == "response"
    assert rest[-1]["id"] == "subprocess_shutdown"


def test_response_mirrors_the_request(broker):
    broker.send(type="request", id="RPCGetUptime", source="gate", target="sysmon-7", correlation_id={"n": 1})
    answer = broker.next()
    assert answer["type"] == "response" and answer["id"] == "RPCGetUptime"
    assert (answer["source"], answer["target"]) == ("sysmon-7", "gate")
    assert answer["correlation_id"] == {"n": 1}


def test_errors_have_a_code_and_the_next_request_works(broker):
    for line, code in [
        (b"nope\n", "ParseError"),
        (b"\xff\xfe\n", "ParseError"),
        (b"\x00\n", "ParseError"),
        (b"[" * 10_000 + b"\n", "ParseError"),
        (b'"' + b"x" * 1_100_000 + b'"\n', "ParseError"),
        (b"42\n", "InvalidRequest"),
        (b'{"type":"request"}\n', "InvalidRequest"),
        (b'{"type":"request","id":"RPCGetGroups"}\n', "MethodNotFound"),
        (b'{"type":"request","id":"RPCGetUptime","payload":{"x":1}}\n', "InvalidParams"),
    ]:
        broker.write(line)
        error = broker.next()
        assert error["type"] == "error", error
        assert error["payload"]["code"] == code
        assert error["error"] == f"{code}: {error['payload']['message']}"
        assert broker.call("RPCGetUptime")["uptime"] > 0


def test_a_hundred_requests_in_flight_are_each_answered_once(broker):
    asked = [broker.request(METHODS[index % len(METHODS)]) for index in range(100)]
    answered = []
    while len(answered) < 100:
        message = broker.wait_for(lambda message: message["type"] in ("response", "error"))
        assert message["type"] == "response", message
        answered.append(message["correlation_id"])
    assert sorted(answered) == sorted(asked)
    code, rest = broker.close()
    assert code == 0
    assert [message["id"] for message in rest] == ["subprocess_shutdown"]


def test_the_brokers_message_stats(broker):
    asked = broker.request("RPCGetSysMetrics")
    question = broker.wait_for(lambda message: message["type"] == "request")
    assert question["id"] == "RPCGetMessageStats" and question["target"] == "broker"
    stats = {"total_sent": 3, "total_received": 4}
    broker.send(
        type="response",
        id=question["id"],
        payload=stats,
        source="broker",
        target="sysmon",
        correlation_id=question["correlation_id"],
    )
    answer = broker.answer_to(asked)
    assert answer["payload"]["message_stats"]["broker"] == stats
    assert answer["payload"]["message_stats"]["by_method"]["RPCGetSysMetrics"] == 1


def test_without_the_brokers_message_stats(broker):
    begin = time.monotonic()
    metrics = broker.call("RPCGetSysMetrics")
    assert "broker" not in metrics["message_stats"]
    assert time.monotonic() - begin >= 0.19


def test_the_cache(start, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"logging": {"level": "info"}, "sysmon_cache_duration": "30s"}))
    broker = start("--config", str(config))
    first = broker.call("RPCGetUptime")
    time.sleep(0.05)
    assert broker.call("RPCGetUptime") == first
    fresh = start("--config", str(config), env={"PROCTOR_SYSMON_CACHE_DURATION": "0"})
    first = fresh.call("RPCGetUptime")
    time.sleep(0.05)
    again = fresh.call("RPCGetUptime")
    assert again.keys() == first.keys() and again["uptime"] > first["uptime"]


def test_a_subscription(broker):
    made = broker.call("RPCSubscribe", {"methods": ["RPCGetUptime", "RPCCPUUsage"], "interval_ms": 50})
    sequences = []
    while len(sequences) < 4:
        frame = broker.wait_for(lambda message: message["id"] == "sysmon_sample")["payload"]
        assert frame["subscription"] == made["subscription"]
        assert set(frame["readings"]) == {"RPCGetUptime", "RPCCPUUsage"}
        sequences.append(frame["sequence"] - frame["dropped"])
    end = broker.call("RPCUnsubscribe", {"subscription": made["subscription"]})
    assert end["frames"] >= 4
    assert sequences[0] == 0


def test_json_rpc_on_the_same_stream(broker):
    broker.write(b'{"jsonrpc":"2.0","method":"RPCGetLoadAverage","id":"rpc"}\n')
    answer = broker.next()
    assert answer["jsonrpc"] == "2.0" and answer["id"] == "rpc"
    assert set(answer["result"]) == {"load1", "load5", "load15", "runnable_tasks", "existing_tasks"}
    broker.write(b'[{"jsonrpc":"2.0","method":"RPCGetUptime"},{"jsonrpc":"2.0","method":"x","id":1}]\n')
    (error,) = broker.next()
    assert error["error"]["code"] == -32601
    assert broker.call("RPCGetUptime")["uptime"] > 0


def test_a_zombie_and_a_stopped_child_are_counted(start):
    broker = start("--cache", "0")
    zombie = os.fork()
    if zombie == 0:
        os._exit(0)
    stopped = os.fork()
    if stopped == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    try:
        os.waitpid(stopped, os.WUNTRACED)
        os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
        stats = broker.call("RPCGetProcessStats")
        assert stats["processes_zombie"] >= 1
        assert stats["processes_stopped"] >= 1
    finally:
        os.kill(stopped, signal.SIGKILL)
        os.waitpid(stopped, 0)
        os.waitpid(zombie, 0)
