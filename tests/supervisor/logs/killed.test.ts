import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { collector, wholeLog, withDirectory } from "../support/logs.ts";
import { isAlive } from "../support/supervisor.ts";

test("whoever collects is killed again and again, and every line is in the logs exactly once", {
  timeout: 120_000,
}, () =>
  withDirectory(async (directory) => {
    const lines = 20_000;
    // About two seconds of writing, in bursts.
    const script =
      `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 500)) = 0 ] && sleep 0.05; done`;
    let running = collector(directory, script);
    const [first] = await once(running.stdout!, "data");
    const { pid } = JSON.parse(String(first));
    for (let kills = 0; kills < 8; kills++) {
      // Any moment will do: the more different ones the better.
      await pause(20 + 37 * kills % 230);
      running.kill("SIGKILL");
      await once(running, "exit");
      running = collector(directory);
      if (kills % 3 === 0) await pause(150);
    }
    while (isAlive(pid)) await pause(20);
    const left = once(running, "exit");
    running.stdin!.end();
    assert.deepEqual(await left, [0, null]);
    const expected = Array.from({ length: lines }, (_, index) => `line ${index + 1}`);
    const plain = wholeLog(`${directory}/logs/web.log`).toString().trimEnd().split("\n");
    assert.equal(plain.length, lines);
    assert.deepEqual(plain, expected);
    const json = wholeLog(`${directory}/logs/web.json`).toString().trimEnd().split("\n")
      .map((line) => JSON.parse(line).message);
    assert.deepEqual(json, expected);
  }));
