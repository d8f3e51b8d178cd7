import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PROFILE_USES, profileMetrics, profiles } from "../../../core/measure/profile.ts";
import type { MonitoringProfile } from "../../../core/measure/profile.ts";
import { profileSchema } from "../../../core/schema/record.ts";

const NOTHING = {
  collect_cpu: false,
  collect_memory: false,
  collect_disk_io: false,
  collect_network_io: false,
  collect_threads: false,
  collect_file_descriptors: false,
};
const ALL = {
  collect_cpu: true,
  collect_memory: true,
  collect_disk_io: true,
  collect_network_io: true,
  collect_threads: true,
  collect_file_descriptors: true,
};

function assertProfile(
  actual: MonitoringProfile,
  seconds: number | null,
  collected: Partial<typeof ALL>,
  exported: boolean,
  history: number,
): void {
  const interval_ms = seconds === null ? null : seconds * 1_000;
  assert.deepEqual(actual, {
    enabled: seconds !== null,
    interval_ms,
    adaptive: false,
    max_interval_ms: interval_ms,
    ...NOTHING,
    ...collected,
    export_to_mqtt: exported,
    retain_history: history > 0,
    history_size: history,
  });
}

describe("the seven profiles are those of the table: interval, metrics, export, history", () => {
  test("standard", () => assertProfile(profiles.standard, 10, ALL, true, 100));
  test("minimal", () => {
    assertProfile(profiles.minimal, 60, { collect_cpu: true, collect_memory: true }, false, 0);
  });
  test("intensive", () => assertProfile(profiles.intensive, 1, ALL, true, 1_000));
  test("batch processing", () => {
    const collected = { collect_cpu: true, collect_memory: true, collect_disk_io: true };
    assertProfile(profiles.batch_processing, 30, collected, true, 200);
  });
  test("real-time API", () => {
    assertProfile(profiles.realtime_api, 5, { ...ALL, collect_disk_io: false }, true, 500);
  });
  test("long-running daemon", () => assertProfile(profiles.long_running_daemon, 120, ALL, true, 500));
  test("disabled", () => assertProfile(profiles.disabled, null, {}, false, 0));
});

test("there are these profiles and the adaptive one, each with a use", () => {
  const names =
    `adaptive standard minimal intensive batch_processing realtime_api long_running_daemon disabled`
      .split(" ");
  assert.deepEqual(Object.keys(profiles), names);
  assert.deepEqual(Object.keys(PROFILE_USES), names);
  assert.ok(Object.values(PROFILE_USES).every((use) => use.length > 0));
});

test("the adaptive profile rises from its base to a ceiling above it, and collects all", () => {
  const { adaptive } = profiles;
  assert.equal(adaptive.adaptive, true);
  assert.ok(adaptive.max_interval_ms > adaptive.interval_ms!);
  assert.partialDeepStrictEqual?.(adaptive, ALL);
  assert.deepEqual(profileMetrics(adaptive), profileMetrics(profiles.intensive));
});

test("every profile is valid in a record", () => {
  for (const profile of Object.values(profiles)) assert.deepEqual(profileSchema.parse(profile), profile);
});

test("a profile's metrics are those it collects", () => {
  assert.deepEqual(profileMetrics(profiles.disabled), []);
  assert.ok(profileMetrics(profiles.standard).includes("network_rx_bytes"));
  assert.ok(!profileMetrics(profiles.batch_processing).includes("network_rx_bytes"));
  assert.ok(!profileMetrics(profiles.realtime_api).some((name) => /^(disk|io)_/.test(name)));
  assert.ok(profileMetrics(profiles.realtime_api).includes("thread_count"));
  assert.ok(profileMetrics(profiles.realtime_api).includes("file_descriptor_count"));
});
