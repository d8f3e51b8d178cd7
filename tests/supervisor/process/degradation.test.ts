import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLine } from "../../../supervisor/events/event_line.ts";
import { Degradation, recoverySentence, troubleSentence } from "../../../supervisor/process/degradation.ts";

test("each change is reported once, and the state comes before the output", () => {
  const seen: string[] = [];
  const degradation = new Degradation((sentence) => seen.push(sentence));
  degradation.set("output", null);
  assert.deepEqual([degradation.current, seen], [null, []]);
  degradation.set("output", "no space");
  degradation.set("output", "no space");
  assert.deepEqual(degradation.current, { what: "output", why: "no space" });
  degradation.set("state", "read-only");
  assert.deepEqual(degradation.current, { what: "state", why: "read-only" });
  degradation.set("state", null);
  degradation.set("output", null);
  assert.equal(degradation.current, null);
  const again = "it is tried again, and nothing is launched before";
  assert.deepEqual(seen, [
    `its output cannot be collected: no space; ${again}`,
    `its state cannot be written: read-only; ${again}`,
    "its state is written again",
    "its output is collected again",
  ]);
});

test("a trouble is an error in the supervisor's log, and its end is none", () => {
  const levels: string[] = [];
  const event = {
    sequence: 1,
    timestamp: "",
    kind: "degraded",
    id: "a",
    from: null,
    to: null,
    pid: null,
  } as const;
  const degradation = new Degradation((reason) => levels.push(eventLine({ ...event, reason })[0]));
  degradation.set("state", "no space");
  degradation.set("state", null);
  assert.deepEqual(levels, ["error", "info"]);
});

test("as sentences", () => {
  const trouble = { what: "state", why: "no space" } as const;
  assert.equal(troubleSentence(trouble), "its state cannot be written: no space");
  assert.equal(recoverySentence(trouble), "it is launched once its state can be written: no space");
});
