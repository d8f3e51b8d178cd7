import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { recorded } from "../support/records.ts";
import { proctor } from "../support/proctor.ts";

describe("the environment of proctor run", () => {
  const profileOf = async (env: Record<string, string>, ...options: string[]) => {
    const { start, code, stderr } = await recorded(options, ["true"], { env });
    assert.equal(code, 0, stderr);
    return start.profile;
  };

  test(
    "sets the interval, in seconds or as a duration, under either name",
    { timeout: 120_000 },
    async () => {
      assert.equal((await profileOf({ PROCTOR_METRICS_INTERVAL: "2" })).interval_ms, 2_000);
      assert.equal((await profileOf({ PROPLET_METRICS_INTERVAL: "250ms" })).interval_ms, 250);
    },
  );

  test("yields to what is asked for", { timeout: 120_000 }, async () => {
    const env = { PROCTOR_METRICS_INTERVAL: "2", PROCTOR_ENABLE_MONITORING: "false" };
    assert.equal((await profileOf(env, "--profile", "intensive")).interval_ms, 1_000);
    const interval = { PROCTOR_METRICS_INTERVAL: "2" };
    assert.equal((await profileOf(interval, "--interval", "70ms")).interval_ms, 70);
  });

  test("switches sampling off, but not the summary", { timeout: 120_000 }, async () => {
    const { start, samples, summary } = await recorded([], ["sleep", "0.3"], {
      env: { PROPLET_ENABLE_MONITORING: "false" },
    });
    assert.equal(start.profile.enabled, false);
    assert.equal(samples.length, 0);
    assert.ok(summary.wall_seconds >= 0.3);
  });

  test("that makes no sense is refused before anything starts", { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await proctor(["run", "--", "echo", "started"], {
      env: { PROCTOR_METRICS_INTERVAL: "soon" },
    });
    assert.equal(stdout.toString(), "");
    assert.match(stderr, /PROCTOR_METRICS_INTERVAL: "soon" is not a duration/);
    assert.ok(code !== 0);
  });
});
