import type { HostSample } from "../model/arrival.ts";
import { COLUMN_AT, noFigures } from "../model/column.ts";
import { LONGEST_TEXT_BYTES } from "./fields.ts";
import { AGENT, EXPORTERS, HOST } from "./host_reader.ts";
import type { JsonBytes } from "./json_bytes.ts";
import type { Reading } from "./reading.ts";
import { parseRfc3339Bytes } from "./rfc3339.ts";
import { VALUE } from "./shape.ts";
import type { Form, Shape } from "./shape.ts";
import { isSameText, ShapeReader } from "./shape_reader.ts";

const columnsOf = (names: typeof HOST) =>
  names.map(([name, column]) => [name, COLUMN_AT.get(column)!] as const);
const [QUEUED_AT, DROPPED_AT] = columnsOf(EXPORTERS).map(([, at]) => at);
const UPTIME_OF_AGENT = ["uptime_seconds", VALUE.uptime] as const;

/** Messages of agents on themselves and their hosts, as ours write them. */
const HEALTH_FORM: Form = {
  known: {
    message: new Map([
      ["proplet_id", VALUE.propletId],
      ["agent_id", VALUE.agentId],
      ["timestamp", VALUE.time],
    ]),
    agent: new Map([["version", VALUE.version], UPTIME_OF_AGENT, ...columnsOf(AGENT)]),
    exporter: new Map([["queued_count", VALUE.queued], ["dropped_count", VALUE.dropped]]),
    host: new Map(columnsOf(HOST)),
  },
  objects: new Set(["agent", "host"]),
  others: { message: new Set(["cpu_metrics", "memory_metrics"]), agent: new Set(["control"]) },
  needed: [VALUE.propletId, VALUE.time],
};

/** A message of an agent on itself and its host. */
function takeHealth(shape: Shape, json: JsonBytes, view: DataView, reading: Reading): boolean {
  const { text, lengths, values, objects } = shape;
  const figures = noFigures();
  let propletId = "";
  let agentId: string | null = null;
  let version: string | null = null;
  let time = NaN;
  let uptime = NaN;
  for (let n = 0, place = 0;; place += lengths[n++]) {
    if (!isSameText(text, place, lengths[n], view, json.at)) return false;
    json.at += lengths[n];
    const value = values[n];
    if (value === VALUE.end) break;
    if (value < VALUE.end || isNumber(value)) {
      const number = json.amount();
      if (number < 0) return false;
      if (value < VALUE.end) figures[value] = number;
      else if (value === VALUE.uptime) uptime = number;
      else if (value === VALUE.queued) add(figures, QUEUED_AT, number);
      else if (value === VALUE.dropped) add(figures, DROPPED_AT, number);
      continue;
    }
    if (!json.passesPlain()) return false;
    if (value === VALUE.anyText) continue;
    if (json.end - json.from > LONGEST_TEXT_BYTES) return false;
    if (value === VALUE.time) time = parseRfc3339Bytes(json.bytes, json.from, json.end);
    else if (value === VALUE.propletId) propletId = json.text();
    else if (value === VALUE.agentId) agentId = json.text() || null;
    else version = json.text() || null;
  }
  if (propletId === "" || Number.isNaN(time) || objects.size === 0) return false;
  const sender = reading.senderNamed(propletId, agentId);
  const when = sender && reading.timeOf(time, sender);
  if (!sender || !when) return false;
  reading.arrivals.push(
    {
      kind: "host",
      sender,
      time: when.time,
      isApproximate: when.isApproximate,
      figures,
      agent: { version, uptimeSeconds: Number.isNaN(uptime) ? null : uptime, control: null },
    } satisfies HostSample,
  );
  return true;
}

function isNumber(value: number): boolean {
  return value === VALUE.anyNumber || value === VALUE.uptime || value === VALUE.queued ||
    value === VALUE.dropped;
}

/** What is not known counts for nothing. */
function add(figures: Float64Array, at: number, amount: number): void {
  if (!Number.isNaN(amount)) figures[at] = Number.isNaN(figures[at]) ? amount : figures[at] + amount;
}

/** Messages on agents and hosts, read from their bytes. */
export const healthBytes: ShapeReader = new ShapeReader(HEALTH_FORM, takeHealth);
