/** Publishes as they come from a broker, and messages as agents of all kinds send them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Arrival } from "../../../fleet/model/arrival.ts";
import { COLUMNS } from "../../../fleet/model/column.ts";
import type { Figures } from "../../../fleet/model/column.ts";
import { readMessage } from "../../../fleet/ingest/read_message.ts";
import type { ReadMessage } from "../../../fleet/ingest/read_message.ts";
import type { Published } from "../../../fleet/ingest/reading.ts";

/** When everything arrives where nothing else is said. */
export const NOW = Date.UTC(2026, 10, 29, 12, 0, 0);
/** The same as agents write it. */
export const NOW_TEXT = "2026-11-29T12:00:00.000Z";

export const ROOT = "m/factory/c/line-1";
export const TASKS = `${ROOT}/control/proplet/task_metrics`;
export const HEALTH = `${ROOT}/control/proplet/metrics`;
export const ALIVE = `${ROOT}/control/proplet/alive`;

/** A publish; what is no bytes is written as JSON. */
export function published(topic: string, body: unknown, more: Partial<Published> = {}): Published {
  const payload = body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body));
  return { topic, payload, receivedAt: NOW, isRetained: false, ...more };
}

export function read(topic: string, body: unknown, more: Partial<Published> = {}): ReadMessage {
  return readMessage(published(topic, body, more));
}

/** The one thing that a message of a kind tells. */
export function only<Kind extends Arrival["kind"]>(
  { arrivals, faults }: ReadMessage,
  kind: Kind,
): Arrival & { kind: Kind } {
  assert.deepEqual(faults, []);
  assert.equal(arrivals.length, 1);
  assert.equal(arrivals[0].kind, kind);
  return arrivals[0] as Arrival & { kind: Kind };
}

/** The figures that there are, by name. */
export function known(figures: Figures): Record<string, number> {
  return Object.fromEntries(
    COLUMNS.map(({ name }, at) => [name, figures[at]] as const).filter(([, value]) => !Number.isNaN(value)),
  );
}

/** The reasons of all faults. */
export function reasons({ faults }: ReadMessage): string[] {
  return faults.map(({ reason }) => reason);
}

/** The least that a task's message has. */
export function taskMessage(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    task_id: "web",
    proplet_id: "host-1",
    metrics: { cpu_percent: 12.5, memory_bytes: 1_048_576, timestamp: NOW_TEXT },
    ...more,
  };
}

/** Any text that JavaScript can hold, lone surrogates and control characters included. */
export const anyText: fc.Arbitrary<string> = fc.array(fc.nat(0xffff), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));
