import { Argument } from "commander";
import type { Command } from "commander";
import { Client } from "../../supervisor/client/ctl_client.ts";
import type { Flags } from "./ctl_work.ts";

/** Takes the exit code of a verb. */
export type End = (exitCode: number) => void;

/** Run a command's work with all its options, those before its name included. */
export function running<F extends Flags>(
  end: End,
  work: (client: Client, flags: F, args: string[]) => Promise<number | void>,
) {
  return async function (this: Command) {
    const flags = this.optsWithGlobals<F>();
    end(await work(new Client(flags), flags, this.args) ?? 0);
  };
}

/** One process by its whole name. */
export const id = () => new Argument("<id>", "of the managed process");
/** Some processes, or perhaps none. */
export const ids = (isOptional = false) =>
  new Argument(isOptional ? "[ids...]" : "<ids...>", "of managed processes; patterns with * and ?, @group");
