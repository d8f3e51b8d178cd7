import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readOptions } from "../../../bench/fleet/simulator/options.ts";
import { runProgram } from "../../cli/support/proctor.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { ROOT } from "../../support/fixture.ts";
import { Reader } from "../mqtt/support/reader.ts";

const COMMAND = `${ROOT}/scripts/simulate-fleet`;
const NOW = Date.parse("2026-11-28T12:00:00Z");
const BROKER = ["--mqtt", "mqtt://localhost"];

describe("simulate-fleet", { concurrency: 1 }, () => {
  test("publishes a fleet's minutes, and says what it has published", {
    skip: noMosquitto,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory, [
        "allow_anonymous true",
        "max_inflight_messages 0",
      ]);
      await using reader = await Reader.open(broker.port, { receiveMaximum: 65_535 });
      const options = ["--agents", "20", "--tasks", "5", "--for", "1m", "--speed", "0", "--style", "agent"];
      const { code, stdout, stderr } = await runProgram([
        COMMAND,
        ...[
          "--mqtt",
          `mqtt://127.0.0.1:${broker.port}`,
          ...options,
          "--batch",
          "5",
          "--gzip",
          "--connections",
          "3",
        ],
      ]);
      assert.deepEqual([code, stderr], [0, ""]);
      const said = JSON.parse(stdout.toString());
      // Six intervals: an array of tasks and one of health each, and presence once.
      assert.deepEqual([said.messages, said.samples], [20 * 6 * 2 + 20, 20 * 6 * 5]);
      await reader.count(said.messages);
      assert.equal(reader.deliveries.reduce((sum, { payload }) => sum + payload.length, 0), said.bytes);
      assert.equal(
        reader.deliveries.filter(({ topic }) => topic.includes("/task_metrics/host-")).length,
        120,
      );
    });
  });

  test("ends with one line where the broker cannot be reached, or the options are wrong", {
    timeout: 60_000,
  }, async () => {
    const gone = await runProgram([COMMAND, "--mqtt", "mqtt://127.0.0.1:1"]);
    assert.deepEqual([gone.code, gone.stderr], [
      1,
      "simulate-fleet: mqtt://127.0.0.1:1: nothing listens there\n",
    ]);
    const wrong = await runProgram([COMMAND, "--mqtt", "x"]);
    assert.deepEqual([wrong.code, wrong.stderr.trim().split("\n").length], [2, 1]);
    assert.match(wrong.stderr, /^simulate-fleet: mqtt: "x" is not a URL; .*; see --help\n$/);
  });
});

test("the fleet's time does not run ahead of ours", () => {
  const startOf = (...args: string[]) => readOptions([...BROKER, ...args], NOW)!.plan.startAt - NOW;
  assert.equal(startOf(), 0);
  assert.equal(startOf("--for", "1h"), 0);
  assert.equal(startOf("--for", "1h", "--speed", "0"), -3_600_000);
  assert.equal(startOf("--for", "1h", "--speed", "60"), -59 * 60_000);
  assert.equal(startOf("--start", "2026-11-28T11:59:00Z"), -60_000);
});

for (
  const [args, message] of [
    [["--fault", "restrt=1"], "--fault: there is no fault restrt; did you mean restart?"],
    [["--fault", "restart"], '--fault: "restart" is not a fault; write vanish=3'],
    [["--fault", "restart=101"], "--fault: 101 of 100 agents cannot misbehave"],
    [["--agents", "0"], '--agents: "0" is not a whole number from 1 on'],
    [["--style", "go"], '--style: "go" is none of proplet, agent, rust'],
    [["--speed=-1"], '--speed: "-1" is not a number from 0 on'],
    [["--speed", "2"], "--speed: how long is it to go on? add --for"],
    [["--start", "soon"], '--start: "soon" is not a time; write 2026-11-28T12:00:00Z'],
    [["--nonsense"], "Unknown option '--nonsense'"],
    [["--replay", "/nowhere/records"], "--replay: cannot read /nowhere/records: no such file or directory"],
  ] as const
) {
  test(`${args.join(" ")} is told to be wrong`, () => {
    assert.throws(() => readOptions([...BROKER, ...args], NOW), { message });
  });
}
