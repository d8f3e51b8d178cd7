import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Retry } from "../../../fleet/mqtt/retry.ts";

const SUDDEN = { reason: "it closes the connection", kind: "sudden" } as const;
const TAKEN_OVER = { reason: "another client has our client ID", kind: "taken over" } as const;

describe("the next try", () => {
  test("comes soon after a connection that had lasted, later after many that had not", () => {
    const retry = new Retry(1_000);
    const delays = Array.from({ length: 8 }, () => retry.after(SUDDEN, null).delayMs);
    for (const [index, delay] of delays.entries()) {
      const most = Math.min(30_000, 1_000 * 2 ** index);
      assert.ok(delay >= most / 2 && delay <= most, `${delays}`);
    }
    assert.ok(retry.after({ reason: "it is shutting down", kind: "other" }, 60_000).delayMs <= 1_000);
  });

  test("is far off where another has our client ID, and farther each time", () => {
    const retry = new Retry(1_000);
    for (const [least, most] of [[30, 60], [60, 120], [120, 240], [240, 480], [300, 600], [300, 600]]) {
      const { delayMs, why } = retry.after(TAKEN_OVER, 40_000);
      assert.ok(delayMs >= least * 1_000 && delayMs <= most * 1_000, `${delayMs}`);
      assert.equal(
        why,
        `another client has our client ID; the next try is in ${Math.round(delayMs / 1_000)} s`,
      );
    }
    assert.ok(retry.after(TAKEN_OVER, 600_000).delayMs <= 60_000);
  });

  test("comes soon for one that has the session by another's word, whoever else wants it", () => {
    const retry = new Retry(1_000, true);
    for (const ending of [TAKEN_OVER, SUDDEN, SUDDEN, SUDDEN, SUDDEN]) {
      assert.ok(retry.after(ending, 40_000).delayMs <= 1_000);
    }
  });

  test("is far off after three sudden ends of good connections in a row", () => {
    const retry = new Retry(1_000);
    const plain = SUDDEN.reason;
    assert.equal(retry.after(SUDDEN, 100).why, plain);
    assert.equal(retry.after(SUDDEN, null).why, plain, "what could not be opened is no good connection");
    assert.equal(retry.after(SUDDEN, 100).why, plain);
    assert.equal(retry.after(SUDDEN, 130_000).why, plain, "nobody else wants a session for two minutes");
    assert.equal(retry.after(SUDDEN, 100).why, plain);
    const { delayMs, why } = retry.after(SUDDEN, 100);
    assert.match(why, /as when another client has our client ID; the next try is in \d+ s$/);
    assert.ok(delayMs >= 30_000);
    assert.equal(
      retry.after({ reason: "it is shutting down", kind: "other" }, 100).why,
      "it is shutting down",
    );
  });
});
