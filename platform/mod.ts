import type { Platform } from "./types.ts";
import { unsupported } from "./unsupported.ts";

export { Look } from "./types.ts";
export type {
  ChildExit,
  Container,
  ContainerRequest,
  Finding,
  Launched,
  LaunchFailure,
  LaunchSpec,
  Obstacle,
  Platform,
  ProcessIdentity,
  ProcessReader,
  ThreadReading,
  Wanted,
} from "./types.ts";

/**
 * The operating system proctor runs on. Loaded on first use: on the others, opening libc would fail already
 * when the module is evaluated.
 */
export async function loadPlatform(): Promise<Platform> {
  if (process.platform !== "linux") return unsupported;
  const { linux } = await import("./linux/mod.ts");
  return linux;
}
