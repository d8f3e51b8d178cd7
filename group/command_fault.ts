import { MARKER } from "../core/schema/marker.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Platform } from "../platform/mod.ts";
import { launchSpec } from "./launch_spec.ts";
import type { CommandOptions } from "./launch_spec.ts";

/** Why a command cannot be started, as far as that is known without starting it; null if it can. */
export type CommandFault = (options: CommandOptions) => string | null;

/** Resolve commands as a launch does: by their path, or along the PATH they would have. */
export async function commandFaults(): Promise<CommandFault> {
  const platform = await loadPlatform();
  return (options) => errorOf(platform, options)?.message ?? null;
}

/** Why one command cannot be started, as an error of that kind; null if it can, as far as is known. */
export async function commandError(options: CommandOptions): Promise<Error | null> {
  return errorOf(await loadPlatform(), options);
}

function errorOf(platform: Platform, options: CommandOptions): Error | null {
  try {
    launchSpec(platform, options, `${MARKER}=none`);
    return null;
  } catch (error) {
    return error as Error;
  }
}
