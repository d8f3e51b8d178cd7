/* A machine that tells what a test wants, and counts how often it was asked. */
import type { CpuTimes, HostSource } from "../../../platform/mod.ts";

/** Times in which nothing has happened yet. */
export const NO_TIMES: CpuTimes = {
  user: 0,
  nice: 0,
  system: 0,
  idle: 0,
  iowait: 0,
  irq: 0,
  softirq: 0,
  steal: 0,
  guest: 0,
  guestNice: 0,
};

/** What was asked, and how often. */
export type Counted = HostSource & { readonly asked: Map<string, number> };

/** A source that knows nothing but what is given here. */
export function sourceOf(known: Partial<HostSource>): Counted {
  const asked = new Map<string, number>();
  const nothing = {
    cpuTimes: () => null,
    coreTimes: () => null,
    memory: () => null,
    load: () => null,
    uptime: () => null,
    interfaces: () => null,
    spaces: () => null,
    processes: () => null,
    machine: () => ({
      hostName: null,
      kernel: null,
      os: "Linux",
      osRelease: null,
      platform: "x86_64",
      processorCount: null,
      bootTimeMs: null,
      container: null,
    }),
    identity: () => ({ machineId: null, bootId: null }),
    pressure: () => null,
    disks: () => null,
    temperatures: () => null,
  } satisfies HostSource;
  const all = { ...nothing, ...known };
  const counted = Object.fromEntries(
    Object.entries(all).map(([name, read]) => [name, (...args: unknown[]) => {
      asked.set(name, (asked.get(name) ?? 0) + 1);
      return (read as (...args: unknown[]) => unknown)(...args);
    }]),
  );
  return { ...counted, asked } as unknown as Counted;
}
