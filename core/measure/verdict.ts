import type { SummaryRecord, Verdict } from "../schema/record.ts";

/*
 * Why a run took as long as it did, as far as its figures carry that. The thresholds are shares of its wall time.
 */

/** What is over sooner is ruled by its own start, and by single slices of CPU. */
const SHORTEST_SECONDS = 0.1;
/** A quota does nothing but this, and nobody is stalled for memory who has enough: a tenth is not an accident. */
const PLAIN_SHARE = 0.1;
/** Everybody waits a little for CPUs and disks: below a quarter, something else made up most of the time. */
const LARGE_SHARE = 0.25;
/** Who used this share of a number of cores has hardly let go of them. */
const BUSY_SHARE = 0.9;
/** A sample may show more than all of a core: it was begun and ended by clocks that are read one after the other. */
const SAMPLED_EXCESS = 1.1;
/** Who used less of a core, and waited less for each resource, was idle for most of the time. */
const IDLE_SHARE = 0.1;
/**
 * Who waits for a journal to be written (fsync) waits for a disk, and the kernel does not count it as that: who has
 * moved more bytes in a second is not called idle.
 */
const IDLE_DISK_BYTES_PER_SECOND = 65_536;

/** What of a summary the verdict is drawn from. */
export type Evidence =
  & Pick<SummaryRecord, "wall_seconds" | "waiting">
  & Partial<
    Pick<SummaryRecord, "cpu_seconds" | "max_cpu_percent" | "disk_read_bytes" | "disk_write_bytes" | "gpu">
  >;

/**
 * The one cause that the figures of a run show for its length; null where they show none, or do not suffice.
 *
 * A quota comes first: who is throttled waits for CPU, too. Want of memory comes before disks, since what was taken
 * back has to be read again. Of the waiting for CPUs and for disks the longer counts.
 */
export function verdictOf(evidence: Evidence): Verdict | null {
  const { wall_seconds: wall, waiting } = evidence;
  if (!waiting || !(wall >= SHORTEST_SECONDS)) return null;
  if (isThrottled(evidence)) return "throttled";
  if (memoryWaitSeconds(evidence) >= PLAIN_SHARE * wall) return "memory_pressure";
  const disk = diskWaitSeconds(evidence) / wall;
  const cpu = cpuWaitShare(evidence);
  if (disk >= LARGE_SHARE && !(cpu > disk)) return "waited_for_disk";
  if (cpu >= LARGE_SHARE) return "waited_for_cpu";
  if (boundCores(evidence) !== null) return "cpu_bound";
  return isIdle(evidence) ? "mostly_idle" : null;
}

/** Of how many cores a run has kept the most busy, where it has; null else. */
export function boundCores({ wall_seconds, cpu_seconds, max_cpu_percent, waiting }: Evidence): number | null {
  if (typeof cpu_seconds !== "number" || !waiting) return null;
  const used = cpu_seconds / wall_seconds;
  const cores = Math.round(used);
  if (cores < 1) return null;
  if (waiting.available_cores !== null && used >= BUSY_SHARE * waiting.available_cores) return cores;
  // On average one core may be two for half of the time: no sample may have shown more.
  const isSteady = typeof max_cpu_percent === "number" && max_cpu_percent / 100 <= SAMPLED_EXCESS * cores;
  return isSteady && used >= BUSY_SHARE * cores ? cores : null;
}

/**
 * For how long a run had to wait for a CPU: the time in which some of it did, where that is counted; else what its
 * threads waited, added up; NaN where neither is known.
 */
export function cpuWaitSeconds(evidence: Evidence): number {
  return groupPressure(evidence).cpu_some_seconds ?? evidence.waiting?.run_queue_seconds ?? NaN;
}

/**
 * For how long a run waited for disks: the time in which nothing of it ran for that, where that is counted; else what
 * its processes waited, added up; NaN where neither is known.
 */
export function diskWaitSeconds(evidence: Evidence): number {
  return groupPressure(evidence).io_full_seconds ?? evidence.waiting?.block_io_seconds ?? NaN;
}

/**
 * For how long a run waited for memory: the time in which some of it did, where that is counted; else what its threads
 * waited, added up; NaN where neither is known.
 */
export function memoryWaitSeconds(evidence: Evidence): number {
  return groupPressure(evidence).memory_some_seconds ?? evidence.waiting?.memory_wait_seconds ?? NaN;
}

type Waiting = NonNullable<SummaryRecord["waiting"]>;

/** The pressure of the tree alone: the machine's says nothing of whom it has hit. */
function groupPressure({ waiting }: Evidence): Partial<Waiting> {
  return waiting?.pressure_scope === "group" ? waiting : {};
}

/** NaN where nothing is known. Of the time in which threads could have run, and of the time of the run. */
function cpuWaitShare(evidence: Evidence): number {
  const { wall_seconds: wall, cpu_seconds: cpu } = evidence;
  const some = groupPressure(evidence).cpu_some_seconds ?? NaN;
  const queued = evidence.waiting?.run_queue_seconds ?? NaN;
  const ofReady = typeof cpu === "number" && queued >= LARGE_SHARE * wall ? queued / (queued + cpu) : NaN;
  return Math.max(some / wall || 0, ofReady || 0);
}

/**
 * A quota above the run may throttle others instead: the run itself must have waited for a CPU as well. The quota held
 * it up where it got all of that, or where it stood still for that for half of the time in which it waited; else it was
 * whoever else wanted the CPUs.
 */
function isThrottled(evidence: Evidence): boolean {
  const { wall_seconds: wall, waiting, cpu_seconds: cpu } = evidence;
  if (!waiting || waiting.quota_cores === null || typeof cpu !== "number") return false;
  const throttled = waiting.throttled_seconds ?? NaN;
  const waited = cpuWaitSeconds(evidence);
  const isUsedUp = cpu >= BUSY_SHARE * waiting.quota_cores * wall;
  // Throttled time is added up over CPUs: of many it is much of the wall time soon.
  return throttled >= PLAIN_SHARE * wall && throttled >= PLAIN_SHARE * (throttled + cpu) &&
    waited >= PLAIN_SHARE * wall && (isUsedUp || throttled >= waited / 2);
}

/** The pressure of the machine is at least that of the tree, so that there is none where the machine has none. */
function isIdle(evidence: Evidence): boolean {
  const { wall_seconds: wall, cpu_seconds, disk_read_bytes, disk_write_bytes, waiting, gpu } = evidence;
  if (!waiting) return false;
  const most = IDLE_SHARE * wall;
  const isFree = [waiting.cpu_some_seconds, waiting.memory_some_seconds, waiting.io_some_seconds]
    .every((seconds) => seconds !== null && seconds <= most);
  const isUnqueued = [
    waiting.run_queue_seconds,
    waiting.block_io_seconds,
    waiting.memory_wait_seconds ?? null,
  ]
    .every((seconds) => seconds === null || seconds <= most);
  const isUsed = !(typeof cpu_seconds === "number" && cpu_seconds <= most);
  const moved = (disk_read_bytes ?? NaN) + (disk_write_bytes ?? NaN);
  // Who waits for a GPU that works for him is not idle.
  const isComputed = (gpu?.avg_percent ?? 0) > IDLE_SHARE * 100;
  return isFree && isUnqueued && !isUsed && !isComputed && moved <= IDLE_DISK_BYTES_PER_SECOND * wall;
}
