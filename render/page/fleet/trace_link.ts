import { make } from "../parts/dom.ts";
import { ask } from "./manager_api.ts";

let asked: Promise<string | null> | undefined;

/** Where people see traces, with `{trace_id}` in it; null: nowhere. It is asked for once. */
function readTraceUrl(): Promise<string | null> {
  return asked ??= ask<{ trace: string | null }>("links").then(({ trace }) => trace, () => null);
}

/** A way to the trace that a task is part of; null where it is of none, or nobody has said where traces are. */
export async function traceLink(labels: Readonly<Record<string, string>>): Promise<HTMLAnchorElement | null> {
  const { trace_id, span_id = "" } = labels;
  const url = trace_id ? await readTraceUrl() : null;
  if (!trace_id || url === null) return null;
  // Ids are the agents' words: they are put in as parts, and cannot lead elsewhere.
  const href = url.replaceAll("{trace_id}", encodeURIComponent(trace_id))
    .replaceAll("{span_id}", encodeURIComponent(span_id));
  return make("a", { class: "button", href, target: "_blank", rel: "noreferrer" }, "Trace");
}
