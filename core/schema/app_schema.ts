import { z } from "zod";
export type { AppMetricRecord, AppSource, AppSummary, AppValues } from "./types/parts.ts";

const count = z.int().min(0);
const value = z.number().nullable();

/** What the watched program itself tells, by name, in a sample; null where there is no value in this interval. */
export const appValuesSchema = z.record(z.string().regex(/^app_[a-z0-9_]+$/), value);

/** How the program's metrics get here. */
const appSourceSchema = z.enum(["statsd", "scrape", "otlp"]);

const appMetricSchema = z.object({
  name: z.string().describe("as in samples, without what they add for the single values"),
  kind: z.enum(["counter", "gauge", "timer", "distribution", "set"]),
  source: appSourceSchema,
  total: value.optional().describe("of a counter; how many values a timer or distribution has had"),
  per_second: value.optional().describe("while it was watched"),
  last: value.optional(),
  mean: value.optional(),
  p95: value.optional().describe("within 1 %"),
  min: value.optional(),
  max: value.optional(),
});

/** What the program has told in all, in a summary. */
export const appSummarySchema = z.object({
  metrics: z.array(appMetricSchema),
  line_count: count.describe("lines of StatsD that were read"),
  malformed_line_count: count.describe(
    "of these, those that made no sense, or another kind of a name known already",
  ),
  unselected_line_count: count.describe("of these, those whose name was not asked for"),
  omitted_name_count: count.describe("names for which there was no room, at least"),
  omitted_series_count: count.describe(
    "series of counters and gauges for which there was no room, at least; their values are in no total",
  ),
  dropped_datagram_count: count.nullable().describe(
    "datagrams that the kernel dropped because its buffer was full; null where there is no such endpoint",
  ),
});
