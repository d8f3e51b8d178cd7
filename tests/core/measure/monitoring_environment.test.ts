import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { profileFromEnvironment } from "../../../core/measure/monitoring_environment.ts";
import { profiles } from "../../../core/measure/profile.ts";
import { assertRefused } from "../../support/expect.ts";

const { standard, adaptive, disabled } = profiles;
const interval = (variables: Record<string, string>) =>
  profileFromEnvironment(standard, variables).interval_ms;

describe("the environment", () => {
  test("changes nothing when it says nothing", () => {
    assert.equal(profileFromEnvironment(standard, {}), standard);
    assert.equal(profileFromEnvironment(standard, { PROCTOR_METRICS_INTERVAL: " " }), standard);
  });

  test("sets the interval in seconds, or as a duration", () => {
    assert.equal(interval({ PROCTOR_METRICS_INTERVAL: "10" }), 10_000);
    assert.equal(interval({ PROCTOR_METRICS_INTERVAL: "0.5" }), 500);
    assert.equal(interval({ PROCTOR_METRICS_INTERVAL: "250ms" }), 250);
    assert.equal(interval({ PROPLET_METRICS_INTERVAL: "7" }), 7_000);
    assert.equal(interval({ PROPLET_METRICS_INTERVAL: "7", PROCTOR_METRICS_INTERVAL: "8" }), 8_000);
    assert.deepEqual(profileFromEnvironment(standard, { PROCTOR_METRICS_INTERVAL: "3" }), {
      ...standard,
      interval_ms: 3_000,
      max_interval_ms: 3_000,
    });
  });

  test("carries the ceiling of an adaptive profile along", () => {
    const slow = profileFromEnvironment(adaptive, { PROCTOR_METRICS_INTERVAL: "5" });
    assert.deepEqual([slow.interval_ms, slow.max_interval_ms, slow.adaptive], [5_000, 5_000, true]);
    const fast = profileFromEnvironment(adaptive, { PROCTOR_METRICS_INTERVAL: "50ms" });
    assert.deepEqual([fast.interval_ms, fast.max_interval_ms], [50, 1_000]);
  });

  test("switches monitoring off", () => {
    for (const value of ["false", "0", "FALSE"]) {
      assert.equal(profileFromEnvironment(standard, { PROCTOR_ENABLE_MONITORING: value }), disabled);
      assert.equal(profileFromEnvironment(standard, { PROPLET_ENABLE_MONITORING: value }), disabled);
    }
    for (const value of ["true", "1"]) {
      assert.equal(profileFromEnvironment(standard, { PROCTOR_ENABLE_MONITORING: value }), standard);
    }
  });

  test("is told what makes no sense in it", () => {
    const refused = (name: string, value: string, ...said: string[]) =>
      assertRefused(() => profileFromEnvironment(standard, { [name]: value }), "usage", name, ...said);
    refused("PROCTOR_METRICS_INTERVAL", "0", "out of range");
    refused("PROCTOR_METRICS_INTERVAL", "99999999", "out of range");
    refused("PROCTOR_METRICS_INTERVAL", "soon", "soon");
    refused("PROPLET_METRICS_INTERVAL", "-1", "-1");
    refused("PROPLET_ENABLE_MONITORING", "maybe", "neither true nor false");
  });
});
