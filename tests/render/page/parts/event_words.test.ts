import assert from "node:assert/strict";
import { test } from "node:test";
import { eventSentence, eventWords } from "../../../../core/schema/event_words.ts";
import type { PageEvent } from "../../../../core/schema/page_messages.ts";
import { isBad } from "../../../../render/page/parts/event_words.ts";
import { Degradation } from "../../../../supervisor/process/degradation.ts";

const event = (more: Partial<PageEvent>): PageEvent => ({
  sequence: 1,
  timestamp: "2026-01-31T12:00:00.000Z",
  kind: "transition",
  id: "web",
  from: "starting",
  to: "running",
  pid: 12,
  reason: null,
  ...more,
});

test("what cannot be done is bad, and that it can be done again is not", () => {
  const told: boolean[] = [];
  const trouble = new Degradation((reason) =>
    told.push(isBad(event({ kind: "degraded", to: null, reason })))
  );
  for (const what of ["state", "output", "metrics"] as const) {
    trouble.set(what, "the disk is full");
    trouble.set(what, null);
  }
  assert.deepEqual(told, [true, false, true, false, true, false]);
});

test("events in words, and which of them are bad", () => {
  const cases: [Partial<PageEvent>, string, boolean][] = [
    [{}, "starting → running (PID 12)", false],
    [{ from: null, to: "stopped" }, "stopped", false],
    [{ to: "backoff", reason: "exit code 3" }, "starting → backoff: exit code 3", true],
    [{ kind: "health", to: null, reason: "it is unhealthy" }, "health: it is unhealthy", true],
    [{ kind: "health", to: null, reason: "it is healthy" }, "health: it is healthy", false],
    [{ kind: "reload_failed", to: null, reason: "no" }, "reload failed: no", true],
    [{ kind: "rollout_stopped", to: null, reason: "no" }, "rollout stopped: no", true],
    [{ kind: "schedule", to: null, reason: "it was missed" }, "schedule: it was missed", true],
    [{ kind: "rollback", to: null, reason: "it is over" }, "rollback: it is over", false],
  ];
  for (const [more, words, bad] of cases) {
    assert.equal(eventWords(event(more)), words);
    assert.equal(isBad(event(more)), bad, words);
  }
});

test("an event is told with whose it is, and the supervisor's own speak for themselves", () => {
  assert.equal(eventSentence(event({})), "web: starting → running (PID 12)");
  const own = {
    kind: "supervisor_started" as const,
    id: null,
    from: null,
    to: null,
    pid: 7,
    reason: "again",
  };
  assert.equal(eventSentence(event(own)), "supervisor started (PID 7): again");
});
