import type { AgentFacts, PresenceNews, SupervisorNews, TaskEnd } from "../model/arrival.ts";
import { isFields, isName, labelsOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { Reading } from "./reading.ts";
import { parseRfc3339 } from "./rfc3339.ts";
import { timeOf } from "./sample_time.ts";

/** What of a worker node's `metadata` becomes a label. */
const METADATA = ["description", "location", "ip", "environment", "cpu_arch", "wasm_runtime"];

/** Reads that an agent is there, or has gone. */
export function readPresence(message: Fields, reading: Reading): void {
  const sender = reading.senderOf(message);
  if (sender === null) return;
  const { status, since } = message;
  if (status !== "online" && status !== "offline" && status !== "alive") {
    return reading.refuseForm("status: is none of online, offline, alive", message, sender.propletId);
  }
  const began = typeof since === "string" ? parseRfc3339(since) : NaN;
  reading.arrivals.push(
    {
      kind: "presence",
      sender,
      time: reading.nearTime(timeOf(message, null, false)),
      status,
      isRetained: reading.isRetained,
      version: textOf(message.version),
      host: textOf(message.host),
      bootId: textOf(message.boot_id),
      since: Number.isNaN(began) ? null : began,
    } satisfies PresenceNews,
  );
}

/** Reads what a worker node tells of itself once. */
export function readFacts(message: Fields, reading: Reading): void {
  const sender = reading.senderOf(message);
  if (sender === null) return;
  const metadata = isFields(message.metadata) ? message.metadata : {};
  const tags = Array.isArray(metadata.tags) ? metadata.tags.slice(0, 16).filter(isName).join(",") : null;
  reading.arrivals.push(
    {
      kind: "facts",
      sender,
      time: reading.nearTime(timeOf(message, null, false)),
      host: textOf(metadata.hostname),
      os: textOf(metadata.os),
      version: textOf(metadata.proplet_version),
      labels: {
        ...labelsOf(message, ["namespace"]),
        ...labelsOf(metadata, METADATA),
        ...labelsOf({ tags }, ["tags"]),
      },
    } satisfies AgentFacts,
  );
}

/** Reads that a task has ended, and why; what it has made of it is nobody's business here. */
export function readEnd(message: Fields, reading: Reading): void {
  const sender = reading.senderOf(message);
  if (sender === null) return;
  const { task_id: taskId, error } = message;
  if (!isName(taskId)) {
    return reading.refuseForm("task_id: is not a name of at most 256 bytes", message, sender.propletId);
  }
  reading.arrivals.push(
    {
      kind: "end",
      sender,
      taskId,
      time: reading.nearTime(timeOf(message, null, false)),
      error: textOf(error),
    } satisfies TaskEnd,
  );
}

/** Reads an event of a supervisor; one that concerns all its tasks has the empty name. */
export function readEvent(message: Fields, reading: Reading): void {
  const sender = reading.senderOf(message);
  if (sender === null) return;
  const { kind, id, from, to, reason } = message;
  if (!isName(kind)) return reading.refuseForm("kind: is not a name", message, sender.propletId);
  if (id !== null && !isName(id)) {
    return reading.refuseForm("id: is neither a name nor null", message, sender.propletId);
  }
  const change = isName(from) && isName(to) ? `${from} → ${to}` : null;
  const why = textOf(reason);
  reading.arrivals.push(
    {
      kind: "event",
      sender,
      taskId: id ?? "",
      time: reading.nearTime(timeOf(message, null, false)),
      event: kind,
      detail: textOf([change, why].filter((part) => part !== null).join(": ")),
    } satisfies SupervisorNews,
  );
}
