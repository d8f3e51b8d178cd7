import type { Children } from "./children.ts";
import type { Containment } from "./containment.ts";
import type { ProcessTraffic } from "./traffic.ts";
import type { Datagrams, DatagramSender, DatagramsKind, DatagramsPlace } from "./datagrams.ts";
import type { EnergyMeters } from "./counters.ts";
import type { ProcessDirectory } from "./directory.ts";
import type { Gpus } from "./gpu.ts";
import type { HostRoots, HostSource } from "./host.ts";
import type { Launcher } from "./launch.ts";
import type { NoProcessEvents, ProcessEvents, ProcessEventsRequest } from "./process_events.ts";
import type { Processes } from "./processes.ts";
import type { Finding, Self } from "./self.ts";
import type { Services } from "./services.ts";
import type { Signals } from "./signals.ts";
import type { Thread } from "./stand_still.ts";
import type { Streams } from "./streams.ts";
import type { Users } from "./users.ts";
import type { WorkloadNames, WorkloadRoots } from "./workloads.ts";
import type { Waits } from "./waits.ts";

/** What an operating system can tell and do for processes; one implementation each. */
export interface Platform
  extends Processes, Children, Containment, Launcher, Streams, Users, Signals, Self, Thread, Waits {}

/** All of an operating system: each part is loaded when it is asked for, since most commands need one only. */
export interface OperatingSystem extends EnergyMeters {
  platform(): Promise<Platform>;
  /** @param roots where to read instead of the machine itself, for captured trees */
  host(roots?: HostRoots): Promise<HostSource>;
  directory(): Promise<ProcessDirectory>;
  /** @param roots where to read instead of where runtimes have it, for captured trees */
  workloadNames(roots?: WorkloadRoots): Promise<WorkloadNames>;
  processEvents(request: ProcessEventsRequest): Promise<ProcessEvents | NoProcessEvents>;
  processEventsFinding(): Promise<Finding>;
  /** A text says why there is none. */
  datagrams(kind: DatagramsKind, place: DatagramsPlace): Promise<Datagrams | string>;
  /** A text says why there is none. */
  datagramSender(path: string): Promise<DatagramSender | string>;
  /** A text says why there is none. */
  processTraffic(): Promise<ProcessTraffic | string>;
  gpus(): Promise<Gpus>;
  /** A text says why there are none. */
  services(): Promise<Services | string>;
}
