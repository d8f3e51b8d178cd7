import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LONGEST_MS } from "../../../core/duration.ts";
import { profiles } from "../../../core/measure/profile.ts";
import { parseProfile } from "../../../core/schema/profile_schema.ts";
import { profileSchema } from "../../../core/schema/record.ts";
import { assertRefused } from "../../support/expect.ts";

const refused = (input: unknown, ...said: (string | RegExp)[]) =>
  assertRefused(() => parseProfile(input, "profile.json"), "usage", "profile.json: ", ...said);

/** As nodes written in Go have it: durations are nanoseconds. */
const GO_TASK = `{
  "monitoring_profile": {
    "enabled": true,
    "interval": 5000000000,
    "collect_cpu": true,
    "collect_memory": true,
    "collect_disk_io": true,
    "collect_network_io": true,
    "collect_threads": true,
    "collect_file_descriptors": true,
    "export_to_mqtt": true,
    "retain_history": true,
    "history_size": 200
  }
}`;

/** As nodes written in Rust have it: seconds. */
const RUST_TASK = `{
  "id": "550e8400-e29b-41d4-a716-446655440001",
  "functionName": "compute",
  "imageURL": "registry.example.com/compute:v1",
  "daemon": false,
  "monitoringProfile": {
    "enabled": true,
    "interval": 10,
    "collect_cpu": true,
    "collect_memory": true,
    "export_to_mqtt": true,
    "retain_history": true,
    "history_size": 100
  }
}`;

describe("the specification's own examples load", () => {
  test("the task of the Go proplet", () => {
    const expected = { ...profiles.standard, interval_ms: 5_000, max_interval_ms: 5_000, history_size: 200 };
    assert.deepEqual(parseProfile(JSON.parse(GO_TASK), "task"), expected);
    assert.deepEqual(parseProfile(JSON.parse(GO_TASK).monitoring_profile, "task"), expected);
  });

  test("the profile of the Rust proplet, bare and under its key", () => {
    const { monitoringProfile } = JSON.parse(RUST_TASK);
    assert.deepEqual(parseProfile({ monitoringProfile }, "task"), profiles.standard);
    assert.deepEqual(parseProfile(monitoringProfile, "task"), profiles.standard);
  });

  test("the three keys of the task that is submitted by hand", () => {
    const input = { monitoring_profile: { enabled: true, interval: 5000000000, export_to_mqtt: true } };
    assert.deepEqual(parseProfile(input, "task"), {
      ...profiles.standard,
      interval_ms: 5_000,
      max_interval_ms: 5_000,
    });
  });
});

describe("the interval", () => {
  const intervalOf = (interval: unknown) => parseProfile({ interval }, "p").interval_ms;

  test("is seconds as a small integer", () => {
    assert.equal(intervalOf(1), 1_000);
    assert.equal(intervalOf(120), 120_000);
    assert.equal(intervalOf(999), 999_000);
  });

  test("is nanoseconds as a large integer", () => {
    assert.equal(intervalOf(1_000_000), 1);
    assert.equal(intervalOf(2_500_000), 2.5);
    assert.equal(intervalOf(5_000_000_000), 5_000);
    assert.equal(intervalOf(120_000_000_000), 120_000);
  });

  test("is a duration as text", () => {
    assert.equal(intervalOf("250ms"), 250);
    assert.equal(intervalOf("1.5s"), 1_500);
    assert.equal(intervalOf("2m"), 120_000);
  });

  test("is milliseconds under interval_ms", () => {
    assert.equal(parseProfile({ interval_ms: 250 }, "p").interval_ms, 250);
    refused({ interval: "1s", interval_ms: 1_000 }, "interval_ms: ", '"interval"');
    refused({ max_interval: "1s", max_interval_ms: 1_000 }, "max_interval_ms: ", '"max_interval"');
  });

  test("is refused as an integer that could mean seconds or nanoseconds, with both ways to write it", () => {
    for (const value of [1_000, 5_000, 999_999]) {
      refused({ interval: value }, "interval: ", `"${value}ms" or "${value}s"`);
    }
    refused({ max_interval: 5_000 }, "max_interval: ");
  });

  test("property: no integer in between is accepted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 999_999 }),
        (value) => refused({ interval: value }, "interval: "),
      ),
    );
  });

  test("is refused when it is nothing, negative, broken or of another type", () => {
    for (const value of [0, -5, 1.5, "5", "-5s", "soon", true, null, [], {}, NaN, Infinity]) {
      refused({ interval: value }, "interval: ");
    }
    for (const value of [0, -1, "5s", null, 2 ** 31, NaN]) refused({ interval_ms: value }, "interval_ms: ");
  });

  test("is refused when it is longer than a timer holds, in every form", () => {
    refused({ interval: "597h" }, "interval: ");
    refused({ interval_ms: LONGEST_MS + 1 }, "interval_ms: ");
    refused({ interval: 3_000_000_000_000_000 }, "interval: ");
    refused({ max_interval: 3_000_000_000_000_000 }, "max_interval: ");
  });
});

describe("the ceiling", () => {
  test("makes the profile adaptive when it lies above the base", () => {
    const profile = parseProfile({ interval: "1s", max_interval: "30s" }, "p");
    assert.equal(profile.adaptive, true);
    assert.equal(profile.max_interval_ms, 30_000);
    assert.equal(parseProfile({ interval: "1s", max_interval: "1s" }, "p").adaptive, false);
  });

  test("is ten times the base where adaptation is asked for without one", () => {
    assert.equal(parseProfile({ interval: "2s", adaptive: true }, "p").max_interval_ms, 20_000);
  });

  test("is the base where adaptation is turned off", () => {
    assert.equal(
      parseProfile({ interval: "2s", max_interval: "9s", adaptive: false }, "p").max_interval_ms,
      2_000,
    );
  });

  test("is refused under the base, with both numbers", () => {
    refused({ interval: "5s", max_interval: "2s" }, "max_interval: ", '"2s" is below the interval, "5s"');
    refused({ max_interval_ms: 9_999 }, "max_interval", '"9.999s"', '"10s"');
  });
});

describe("the history", () => {
  test("is off at size zero, and of size zero when it is off", () => {
    assert.equal(parseProfile({ history_size: 0 }, "p").retain_history, false);
    assert.equal(parseProfile({ retain_history: false }, "p").history_size, 0);
    assert.equal(parseProfile({ history_size: 7 }, "p").retain_history, true);
  });

  test("is refused below zero, in fractions and as text", () => {
    for (const value of [-1, 1.5, "100", null, 1e9]) refused({ history_size: value }, "history_size: ");
  });
});

describe("what is wrong is named by its path", () => {
  test("an unknown key", () => {
    refused({ intervall: 5 }, "intervall: no such key");
    refused({ collect_tpu: true, colect_cpu: true }, "collect_tpu: no such key", "colect_cpu: no such key");
    refused({ monitoring_profile: { intervall: 5 } }, "intervall: no such key");
  });

  test("a value of the wrong type", () => {
    for (const key of ["enabled", "adaptive", "collect_cpu", "export_to_mqtt", "retain_history"]) {
      for (const value of ["true", 1, null]) refused({ [key]: value }, `${key}: `);
    }
  });

  test("every fault at once", () => {
    refused(
      { enabled: "yes", history_size: -1, interval: 5_000 },
      "enabled: ",
      "history_size: ",
      "interval: ",
    );
  });

  test("what is not an object at all", () => {
    for (const input of [null, undefined, 5, "standard", [], true]) refused(input);
  });
});

test("an empty profile is the standard one", () => {
  assert.deepEqual(parseProfile({}, "p"), profiles.standard);
});

test("a profile that is not enabled samples nothing", () => {
  const profile = parseProfile({ enabled: false, interval: "1s" }, "p");
  assert.deepEqual([profile.enabled, profile.interval_ms, profile.max_interval_ms], [false, null, null]);
});

test("a built-in profile that is sampled is read back as itself", () => {
  for (const { interval_ms, max_interval_ms, ...rest } of Object.values(profiles)) {
    if (interval_ms === null) continue;
    const expected = { interval_ms, max_interval_ms, ...rest };
    assert.deepEqual(parseProfile(JSON.parse(JSON.stringify(expected)), "p"), expected);
  }
});

test("property: whatever is accepted is valid in a record, and its intervals fit into a timer", () => {
  const duration = fc.oneof(
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: 1, max: 2_000 }),
    fc.stringMatching(/^[1-9]\d{0,3}(ms|s|m|h)$/),
  );
  const input = fc.record({
    enabled: fc.boolean(),
    interval: duration,
    max_interval: duration,
    adaptive: fc.boolean(),
    retain_history: fc.boolean(),
    history_size: fc.integer({ min: -2, max: 20_000 }),
  }, { requiredKeys: [] });
  let accepted = 0;
  fc.assert(
    fc.property(input, (input) => {
      let profile;
      try {
        profile = parseProfile(input, "p");
      } catch {
        refused(input);
        return;
      }
      accepted++;
      profileSchema.parse(profile);
      if (profile.interval_ms === null) return;
      assert.ok(profile.interval_ms <= profile.max_interval_ms!);
      assert.ok(
        profile.max_interval_ms! <= LONGEST_MS,
        `${JSON.stringify(input)}: ${profile.max_interval_ms} ms`,
      );
    }),
    { numRuns: 1_000, examples: [[{ interval: "100h", adaptive: true }]] },
  );
  assert.ok(accepted > 20, `only ${accepted} accepted`);
});
