import { findExtremes } from "../../plot/downsample.ts";
import type { Line } from "../../plot/downsample.ts";
import type { Panel } from "../../plot/panels.ts";
import { rates } from "../../plot/rates.ts";
import { decodeColumn } from "../column_codec.ts";
import type { PackedRun, PagePayload, ProcessColumn } from "../payload.ts";

/** A line of a chart, with its label. */
export interface LabelledLine extends Line {
  readonly label: string;
  readonly highest: number;
}

/** A run as the page works with it. */
export class PageRun {
  readonly times: Float64Array;
  readonly #columns = new Map<string, Float64Array>();
  readonly #lines = new Map<string, LabelledLine[]>();

  /** @param bytes the columns, one after another */
  constructor(readonly packed: PackedRun, bytes: Uint8Array) {
    let at = 0;
    for (const { name, scale, count, bytes: length } of packed.columns) {
      this.#columns.set(name, decodeColumn(bytes.subarray(at, at + length), count, scale));
      at += length;
    }
    this.times = this.#columns.get("elapsed_seconds") ?? new Float64Array();
  }

  /** A column of the processes; all of them are there. */
  process(name: ProcessColumn): Float64Array {
    return this.#columns.get(name)!;
  }

  /** The lines of a panel that have a known value. */
  lines(panel: Panel): LabelledLine[] {
    let lines = this.#lines.get(panel.id);
    if (!lines) this.#lines.set(panel.id, lines = this.#makeLines(panel));
    return lines;
  }

  #makeLines(panel: Panel): LabelledLine[] {
    return panel.lines.flatMap(({ column, label }) => {
      const raw = this.#columns.get(column);
      if (!raw) return [];
      const values = panel.kind === "rate" ? rates(this.times, raw) : raw;
      const most = values.reduce((most, value) => value > most ? value : most, -Infinity);
      const highest = most === -Infinity ? 0 : most;
      return [{ label, values, highest, extremes: findExtremes(values) }];
    });
  }
}

/** Unpack the runs that stand in the page. */
export async function unpackRuns({ runs }: PagePayload): Promise<PageRun[]> {
  return await Promise.all(runs.map(async (packed, index) => {
    const text = document.getElementById(`run-${index}`)!.textContent!;
    const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new PageRun(packed, new Uint8Array(await new Response(stream).arrayBuffer()));
  }));
}

/** By a plain loop: `Uint8Array.from` with a function takes twenty times as long. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const decoded = atob(text);
  const bytes = new Uint8Array(decoded.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = decoded.charCodeAt(at);
  return bytes;
}
