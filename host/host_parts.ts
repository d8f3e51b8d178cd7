import type { HostParts } from "./host.ts";

/** The parts by the names they have on the command line. */
export const PARTS = [
  "cpu",
  "memory",
  "disk",
  "network",
  "load",
  "uptime",
  "processes",
  "system",
  "pressure",
] as const satisfies readonly (keyof HostParts)[];

/** A part that can be asked for. */
export type HostPart = typeof PARTS[number];
