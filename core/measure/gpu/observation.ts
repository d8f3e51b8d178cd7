/*
 * What is seen of GPUs at one look, as their drivers tell it. NaN is not known.
 */

/** A GPU, or an accelerator of the same kind. */
export interface GpuDevice {
  /** Its address on the bus, or what its driver calls it. */
  readonly id: string;
  /** What it is sold as; null where nobody says. */
  readonly name: string | null;
  readonly driver: string;
  /** Who tells of it. */
  readonly source: "nvml" | "fdinfo";
}

/** Counters of one engine of a GPU for one client; they only grow, but for slips of the driver. */
export interface GpuEngine {
  readonly busySeconds: number;
  /** The other form: of so many cycles of the engine's clock so many were the client's. */
  readonly cycles: number;
  readonly totalCycles: number;
  /** How many engines of the kind there are. */
  readonly capacity: number;
}

/** One open file of a GPU's driver, which several descriptors and processes may hold. */
export interface GpuClient {
  readonly device: GpuDevice;
  /** Its number, which the device gives to no other. */
  readonly id: string;
  readonly engines: ReadonlyMap<string, GpuEngine>;
  /** In memory of the device's own; NaN where the device has none. */
  readonly memoryBytes: number;
  /** In the machine's memory. */
  readonly systemMemoryBytes: number;
}

/** A client, and a process that holds it. */
export interface HeldClient {
  readonly pid: number;
  readonly client: GpuClient;
}

/** What one process does with one GPU, where the driver itself adds that up. */
export interface GpuProcess {
  readonly pid: number;
  readonly device: GpuDevice;
  /** Of the time since the answer before, in percent of the device. */
  readonly percent: number;
  readonly memoryBytes: number;
}
