import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ControlError } from "../../supervisor/control.ts";
import { Phase } from "../../supervisor/phase.ts";

const unavailable = (message: RegExp) => (error: unknown) =>
  error instanceof ControlError && error.kind === "unavailable" && message.test(error.message);

describe("a request waits until the start is over", () => {
  test("and goes on when it has succeeded", async () => {
    const phase = new Phase();
    let isDone = false;
    const demanded = phase.demandRunning().then(() => isDone = true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(isDone, false);
    phase.run();
    phase.haveBegun();
    await demanded;
    assert.equal(phase.state, "running");
  });

  test("and is refused when it has failed", async () => {
    const phase = new Phase();
    phase.haveBegun();
    await assert.rejects(phase.demandRunning(), unavailable(/did not start/));
  });

  test("and is refused when the end begins before", async () => {
    const phase = new Phase();
    const demanded = phase.demandRunning();
    phase.end();
    await assert.rejects(demanded, unavailable(/is ending/));
    assert.equal(phase.isEnding, true);
    assert.throws(() => phase.demandNotEnding(), unavailable(/is ending/));
  });
});
