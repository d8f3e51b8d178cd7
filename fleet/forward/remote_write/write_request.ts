import type { LabelStyle } from "../../../exporters/prometheus/agent_label.ts";
import { ByteWriter } from "../../chunk/byte_writer.ts";
import type { TaskView } from "../../model/view.ts";
import type { Forwarded } from "../forwarded.ts";
import { customName, HOST_FAMILIES, INFO, RUNNING, TASK_FAMILIES } from "./families.ts";
import { infoLabelsOf, labelsOf, writeLabels } from "./labels.ts";

/*
 * A WriteRequest of remote write 1.0 (prompb/remote.proto): field 1 is a TimeSeries, of which field 1 is a label and
 * field 2 a Sample, whose fields are a double and the time in milliseconds.
 */
const [SERIES, SAMPLE, SAMPLE_VALUE, SAMPLE_TIME] = [0x0a, 0x12, 0x09, 0x10];
/** What says that a series has ended: this NaN and no other. */
const STALE = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);
/** What a task is, is told again after so long: a series that nobody speaks of for five minutes is gone. */
const INFO_EVERY_MS = 60_000;

/** Writes requests. Of each task it knows when it was told what the task is. */
export class RequestWriter {
  readonly #told = new WeakMap<TaskView, number>();
  readonly #request = new ByteWriter(1 << 16);
  readonly #sample = new ByteWriter(32);
  readonly #names = new Map<string, Uint8Array>();
  readonly #labels = new ByteWriter();

  /** @param style how labels are called */
  constructor(private readonly style: LabelStyle) {}

  /** The request of some samples; good until the next one. */
  write(samples: readonly Forwarded[]): Uint8Array {
    this.#request.clear();
    const labels = new Map<TaskView, Uint8Array>();
    for (const sample of samples) {
      let own = labels.get(sample.task);
      if (!own) labels.set(sample.task, own = this.#labelsOf(labelsOf(sample.task, this.style)));
      this.#write(sample, own);
    }
    return this.#request.written();
  }

  #write({ task, time, figures, custom, isEnd }: Forwarded, labels: Uint8Array): void {
    const isHost = task.taskId === "";
    const put = (name: string, value: number) =>
      this.#put(this.#nameLabel(name), labels, isEnd ? null : value, time);
    for (const { at, name, value } of isHost ? HOST_FAMILIES : TASK_FAMILIES) {
      const figure = figures[at];
      if (figure === figure) put(name, value(figure));
    }
    for (const [own, figure] of custom ?? []) {
      const name = customName(own);
      if (name !== null) put(name, figure);
    }
    if (isHost) return;
    this.#put(this.#nameLabel(RUNNING), labels, Number(!isEnd), time);
    const toldAt = this.#told.get(task) ?? -Infinity;
    if (isEnd || time - toldAt >= INFO_EVERY_MS || time < toldAt) {
      this.#told.set(task, time);
      this.#put(
        this.#nameLabel(INFO),
        this.#labelsOf(infoLabelsOf(task, this.style)),
        isEnd ? null : 1,
        time,
      );
    }
  }

  /** @param value null: the series has ended */
  #put(name: Uint8Array, labels: Uint8Array, value: number | null, time: number): void {
    const sample = this.#sample;
    sample.clear();
    sample.byte(SAMPLE_VALUE);
    if (value === null) sample.bytes(STALE);
    else sample.double(value);
    sample.byte(SAMPLE_TIME);
    sample.varint(Math.round(time));
    const request = this.#request;
    request.byte(SERIES);
    // The length of the sample is less than 128: a byte.
    request.varint(name.length + labels.length + 2 + sample.length);
    request.bytes(name);
    request.bytes(labels);
    request.byte(SAMPLE);
    request.block(sample.written());
  }

  /** The label of a name, which comes before all others. */
  #nameLabel(name: string): Uint8Array {
    let label = this.#names.get(name);
    // Custom names are bounded by task only.
    if (!label && this.#names.size > 10_000) this.#names.clear();
    if (!label) this.#names.set(name, label = this.#labelsOf({ __name__: name }));
    return label;
  }

  #labelsOf(labels: Readonly<Record<string, string>>): Uint8Array {
    this.#labels.clear();
    writeLabels(labels, this.#labels);
    return this.#labels.written().slice();
  }
}
