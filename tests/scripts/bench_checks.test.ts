/* How benches hold a figure against what is wanted: by work of known cost in the same run, where there is any. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { checkTable } from "../../bench/lib/print_table.ts";
import type { Check } from "../../bench/lib/result.ts";
import { connectionsOf, untilNobodyIsConnected } from "../../bench/lib/unix_connections.ts";
import { judge, yardstickNotes } from "../../bench/lib/yardstick.ts";

const yardstick = { name: "peer", about: "what it does", unit: "%", known: 1.5 };
const check = (measured: number, besideMeasured?: number): Check => ({
  what: "a cell",
  unit: "%",
  measured,
  wanted_at_most: 0.15,
  ...(besideMeasured === undefined ? {} : { beside: { yardstick, measured: besideMeasured } }),
});

test("a figure on a machine twice as slow may be twice as large", () => {
  const { slower, ratio, wantedRatio, isMet } = judge(check(0.29, 3));
  assert.deepEqual([slower, wantedRatio?.toFixed(3), ratio?.toFixed(3), isMet], [2, "0.100", "0.097", true]);
  assert.equal(judge(check(0.31, 3)).isMet, false);
});

test("on a machine twice as fast half as much is missed already", () => {
  assert.equal(judge(check(0.08, 0.75)).isMet, false);
  assert.equal(judge(check(0.07, 0.75)).isMet, true);
});

test("without a yardstick the figure counts as it is", () => {
  assert.deepEqual(judge(check(0.15)), { slower: null, ratio: null, wantedRatio: null, isMet: true });
  assert.equal(judge(check(0.151)).isMet, false);
});

test("the table has the figure, the yardstick and both ratios; where none was measured, the figure alone", () => {
  const { columns, rows } = checkTable([check(0.29, 3), check(0.29)]);
  assert.deepEqual(columns.map(({ name }) => name), [
    "what",
    "wanted",
    "measured",
    "yardstick here",
    "slower by",
    "wanted ÷ it",
    "measured ÷ it",
    "",
  ]);
  assert.deepEqual(rows, [
    ["a cell", "≤ 0.15 %", "0.29 %", "peer 3 %", "2.00 ×", "≤ 0.1", "0.0967", "met"],
    ["a cell", "≤ 0.15 %", "0.29 %", null, null, null, null, "MISSED"],
  ]);
  assert.equal(checkTable([check(0.29)]).columns.length, 4);
});

test("what a yardstick does is told once", () => {
  const [note, ...more] = yardstickNotes([check(1), check(1, 2), check(1, 3)]);
  assert.match(note, /^peer: what it does; 1\.5 % where the wanted figures were set\./);
  assert.deepEqual(more, []);
});

test("who is connected to a socket is seen, and waited for", {
  skip: process.platform !== "linux" && "needs Linux",
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-connected-"));
  const path = join(directory, "a socket");
  const server = createServer((connection) => connection.resume()).listen(path);
  try {
    await once(server, "listening");
    const connections = () => connectionsOf(readFileSync("/proc/net/unix", "latin1"), path);
    assert.equal(connections(), 0);
    const client = connect(path);
    await Promise.all([once(client, "connect"), once(server, "connection")]);
    assert.equal(connections(), 1);
    let isOver = false;
    const waiting = untilNobodyIsConnected(path).then(() => isOver = true);
    assert.equal(isOver, false);
    client.end();
    await waiting;
    assert.equal(connections(), 0);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});
