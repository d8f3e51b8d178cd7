import assert from "node:assert/strict";
import { test } from "node:test";
import { Suppressor } from "../../../fleet/alert/suppress.ts";
import type { AlertState } from "../../../fleet/alert/evaluate/alert_state.ts";

const ALERT: AlertState = {
  rule: "high",
  subject: "t1",
  units: [],
  labels: { domain: "d" },
  severity: "warning",
  phase: "firing",
  since: 0,
  lastTrue: 0,
  firedAt: 0,
  resolvedAt: null,
  transition: 1,
  flaps: 0,
  value: null,
  summary: "",
};

test("a maintenance window is by the clock of its time zone, in summer and winter", () => {
  const window = {
    matchers: { domain: "*" },
    starts: "0 3 * * 0",
    lasts: "2h",
    why: "backup",
    id: "1",
    who: "ann",
  };
  const isQuiet = (timezone: string, moment: string) =>
    new Suppressor([], [{ ...window, timezone }], [], new Map(), Date.parse(moment)).why(ALERT) !== null;
  const cases = [
    ["Europe/Berlin", "2026-02-01T02:00:00Z", "2026-02-01T04:00:00Z"],
    ["Europe/Berlin", "2026-08-02T01:00:00Z", "2026-08-02T03:00:00Z"],
    ["America/New_York", "2026-02-01T08:00:00Z", "2026-02-01T10:00:00Z"],
    ["UTC", "2026-02-01T03:00:00Z", "2026-02-01T05:00:00Z"],
  ];
  for (const [timezone, from, until] of cases) {
    const around = [from, until].flatMap((moment) => [-1, 0].map((ms) => Date.parse(moment) + ms));
    assert.deepEqual(
      around.map((ms) => isQuiet(timezone, new Date(ms).toISOString())),
      [false, true, true, false],
      `${timezone} ${from}`,
    );
  }
});

test("a maintenance window neither vanishes nor comes twice where the clock is changed", () => {
  /** The minutes of a local day at which a window is under way, as spans of UTC. */
  const spans = (starts: string, lasts: string, day: string) => {
    const window = { matchers: { domain: "*" }, starts, lasts, why: "backup", id: "1", who: "ann" };
    const isQuiet = (ms: number) =>
      new Suppressor([], [{ ...window, timezone: "Europe/Berlin" }], [], new Map(), ms).why(ALERT) !== null;
    const found: string[] = [];
    for (let minute = 0, was = false; minute < 12 * 60; minute++) {
      const ms = Date.parse(day) + minute * 60_000;
      const is = isQuiet(ms);
      if (is !== was) found.push(new Date(ms).toISOString().slice(11, 16));
      was = is;
    }
    return found.join(" ");
  };
  for (
    const [starts, spring, autumn] of [
      // 02:00 to 03:00 is left out from 01:00Z on, or is there twice.
      ["30 2 * * *", "01:00 01:20", "00:30 00:50"],
      ["15 2,14 * * *", "01:00 01:20", "00:15 00:35"],
      ["15 2-2 * * *", "01:00 01:20", "00:15 00:35"],
    ] as const
  ) {
    assert.equal(spans(starts, "20m", "2026-03-28T23:59:00Z"), spring, starts);
    assert.equal(spans(starts, "20m", "2026-10-24T22:59:00Z"), autumn, starts);
  }
});
