import type { GpuProcess } from "../../../core/measure/gpu/observation.ts";
import type { ListedCall } from "../sys/call_list.ts";
import { ForeignMemory } from "../sys/memory.ts";
import {
  INFO_REQUEST_SIZE,
  INFO_REQUEST_VERSION,
  INFO_SIZE,
  memoryByPid,
  NVML,
  OLD_PROCESS_SIZE,
  parseProcesses,
  parseUtilization,
  percentByPid,
  PROCESS_SIZE,
  SAMPLE_SIZE,
} from "./nvml_answers.ts";
import type { NvmlDescription } from "./nvml_description.ts";

/** Addresses of NVML's functions that tell of processes, 0 where this version of the library has none. */
export interface NvmlFunctions {
  readonly computeProcesses: number;
  readonly graphicsProcesses: number;
  /** Whether the two above fill entries of the first version. */
  readonly hasOldEntries: boolean;
  readonly processUtilization: number;
  readonly processesUtilization: number;
}

const FIRST_PROCESSES = 64;
const FIRST_SAMPLES = 256;
/** Room to spare: processes come while they are counted. */
const SPARE = 1.5;
const MOST_ENTRIES = 65_536;
/** A process without a new sample for so long stands still. */
const STALE_US = 1_200_000;

/** A buffer of entries, and how many there are. */
class Entries {
  readonly count = new ForeignMemory(4);
  memory: ForeignMemory;

  constructor(readonly size: number, capacity: number) {
    this.memory = new ForeignMemory(size * capacity);
  }

  /** Offer all of it. */
  offer(): void {
    this.count.view.setUint32(0, Math.floor(this.memory.size / this.size), true);
  }

  get length(): number {
    return this.count.view.getUint32(0, true);
  }

  /** Make room for as many as the library said there are. */
  grow(needed = this.length): void {
    const least = Math.floor(this.memory.size / this.size) * 2;
    const capacity = Math.min(MOST_ENTRIES, Math.max(least, Math.ceil(needed * SPARE)));
    this.memory.free();
    this.memory = new ForeignMemory(this.size * capacity);
  }
}

/** One device of NVML's: what to ask of it, and what the answers come to. */
export class NvmlDevice {
  readonly #functions: NvmlFunctions;
  readonly #compute: Entries;
  readonly #graphics: Entries;
  readonly #samples = new Entries(SAMPLE_SIZE, FIRST_SAMPLES);
  readonly #infos = new Entries(INFO_SIZE, FIRST_SAMPLES);
  readonly #request = new ForeignMemory(INFO_REQUEST_SIZE);
  /** Which of the two functions serves; null: neither. */
  #utilization: "samples" | "infos" | null;
  #lastSeenUs: number;
  readonly #busy = new Map<number, { percent: number; timestampUs: number }>();

  /** Calls that are made once; null when they have been. */
  #describing: number | null;

  /**
   * @param handle nvmlDevice_t
   * @param nowUs of the machine's clock: samples of before are nobody's
   */
  constructor(
    readonly handle: number,
    readonly description: NvmlDescription,
    functions: NvmlFunctions,
    nowUs: number,
  ) {
    this.#describing = description.calls.length;
    this.#functions = functions;
    const size = functions.hasOldEntries ? OLD_PROCESS_SIZE : PROCESS_SIZE;
    this.#compute = new Entries(size, FIRST_PROCESSES);
    this.#graphics = new Entries(size, FIRST_PROCESSES);
    this.#utilization = functions.processUtilization
      ? "samples"
      : functions.processesUtilization
      ? "infos"
      : null;
    this.#lastSeenUs = nowUs;
  }

  /** The calls of one look. */
  calls(): ListedCall[] {
    const { computeProcesses, graphicsProcesses } = this.#functions;
    const lists = [[computeProcesses, this.#compute], [graphicsProcesses, this.#graphics]] as const;
    return [
      ...this.#describing === null ? [] : this.description.calls,
      ...lists.flatMap(([address, entries]) => {
        if (address === 0) return [];
        entries.offer();
        return [{ address, args: [this.handle, entries.count.address, entries.memory.address] }];
      }),
      ...this.#utilizationCall(),
    ];
  }

  #utilizationCall(): ListedCall[] {
    if (this.#utilization === null) return [];
    if (this.#utilization === "samples") {
      const { count, memory } = this.#samples;
      this.#samples.offer();
      const args = [this.handle, memory.address, count.address, this.#lastSeenUs];
      return [{ address: this.#functions.processUtilization, args }];
    }
    const { memory } = this.#infos;
    const { view } = this.#request;
    view.setUint32(0, INFO_REQUEST_VERSION, true);
    view.setUint32(4, Math.floor(memory.size / INFO_SIZE), true);
    this.#request.setU64(8, this.#lastSeenUs);
    this.#request.setU64(16, memory.address);
    return [{ address: this.#functions.processesUtilization, args: [this.handle, this.#request.address] }];
  }

  /**
   * What the answers to {@link calls} come to, of every process on the device.
   * @param codes what they returned
   * @param nowUs of the machine's clock
   */
  take(codes: readonly number[], nowUs: number): GpuProcess[] {
    const rest = [...codes];
    if (this.#describing !== null) this.description.take(rest.splice(0, this.#describing));
    this.#describing = null;
    const { computeProcesses, graphicsProcesses } = this.#functions;
    const lists = [
      ...(computeProcesses ? [this.#takeProcesses(this.#compute, rest.shift()!)] : []),
      ...(graphicsProcesses ? [this.#takeProcesses(this.#graphics, rest.shift()!)] : []),
    ];
    const isKnown = this.#utilization !== null && this.#takeUtilization(rest.shift()!, nowUs);
    const memory = memoryByPid(lists);
    const percents = new Map([...this.#busy].map(([pid, { percent }]) => [pid, percent]));
    const pids = new Set([...memory.keys(), ...(isKnown ? percents.keys() : [])]);
    return [...pids].map((pid) => ({
      pid,
      device: this.description.device,
      percent: isKnown ? percents.get(pid) ?? 0 : NaN,
      memoryBytes: memory.get(pid) ?? NaN,
    }));
  }

  #takeProcesses(entries: Entries, code: number) {
    if (code === NVML.insufficientSize) entries.grow();
    if (code !== NVML.success) return [];
    return parseProcesses(entries.memory, entries.length, entries.size, this.description.memoryBytes);
  }

  /** @returns whether it is known who keeps the device busy */
  #takeUtilization(code: number, nowUs: number): boolean {
    const isOfSamples = this.#utilization === "samples";
    const entries = isOfSamples ? this.#samples : this.#infos;
    const count = isOfSamples ? entries.length : this.#request.view.getUint32(4, true);
    if (code === NVML.insufficientSize) entries.grow(count);
    if (code === NVML.notSupported) {
      this.#utilization = isOfSamples && this.#functions.processesUtilization ? "infos" : null;
    }
    if (code === NVML.success) {
      const samples = parseUtilization(entries.memory, count, entries.size, this.#lastSeenUs);
      const timestampUs = Math.max(this.#lastSeenUs, ...samples.map((sample) => sample.timestampUs));
      this.#lastSeenUs = timestampUs;
      for (const [pid, percent] of percentByPid(samples)) {
        this.#busy.set(pid, { percent, timestampUs: nowUs });
      }
    }
    for (const [pid, { timestampUs }] of this.#busy) {
      if (nowUs - timestampUs > STALE_US) this.#busy.delete(pid);
    }
    // None since the last: whoever was busy has not been for a while, or the next is not due yet.
    return code === NVML.success || code === NVML.notFound || code === NVML.insufficientSize;
  }
}
