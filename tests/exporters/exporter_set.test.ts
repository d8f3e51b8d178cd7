import assert from "node:assert/strict";
import { test } from "node:test";
import type { HealthMessage } from "../../core/schema/health_message.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import { ExporterSet } from "../../exporters/exporter_set.ts";
import type { TaskDescription, TelemetryExporter } from "../../exporters/telemetry.ts";
import { message } from "./mqtt/support/messages.ts";

/** Keeps what it is handed. */
function keeping(seen: string[]): TelemetryExporter {
  return {
    exporter: "otlp",
    destination: "there",
    counters: { sent_count: 1, dropped_count: 2, failed_count: 3, queued_count: 4 },
    begin: (task) => void seen.push(`begin ${task.task_id}`),
    message: (one) => void seen.push(`message ${one.task_id}`),
    end: (taskId) => void seen.push(`end ${taskId}`),
    health: () => void seen.push("health"),
    event: ({ kind }) => void seen.push(`event ${kind}`),
    close: (withinMs) => Promise.resolve(void seen.push(`close ${withinMs}`)),
  };
}

/** Takes messages only, and fails at everything. */
const failing: TelemetryExporter = {
  exporter: "mqtt",
  destination: "nowhere",
  counters: { sent_count: 0, dropped_count: 0, failed_count: 0, queued_count: 0 },
  message: () => {
    throw new Error("broken");
  },
  close: () => Promise.reject(new Error("broken")),
};

test("all get everything; one that fails is told of once, and disturbs no other", async () => {
  const notices: string[] = [];
  const seen: [string[], string[]] = [[], []];
  const set = new ExporterSet(
    "p",
    [keeping(seen[0]), failing, keeping(seen[1])],
    (line) => notices.push(line),
  );
  set.begin({ task_id: "a" } as TaskDescription);
  const { message: hand } = set;
  hand(message(1, "a"));
  hand(message(2, "a"));
  set.end("a", {} as SummaryRecord);
  set.health({} as HealthMessage);
  set.event({ timestamp: "2026-01-31T12:00:00.000Z", kind: "transition", id: "a" });
  await set.close(7);
  const all = ["begin a", "message a", "message a", "end a", "health", "event transition", "close 7"];
  assert.deepEqual(seen, [all, all]);
  assert.deepEqual(notices, ["mqtt: Error: broken"]);
  assert.deepEqual(set.reports[0], {
    exporter: "otlp",
    destination: "there",
    sent_count: 1,
    dropped_count: 2,
    failed_count: 3,
    queued_count: 4,
  });
  assert.deepEqual(set.reports.map(({ exporter }) => exporter), ["otlp", "mqtt", "otlp"]);
});
