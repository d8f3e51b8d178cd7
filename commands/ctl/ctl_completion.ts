import type { Command } from "commander";
import { Client } from "../../supervisor/client/ctl_client.ts";
import type { PlaceFlags } from "../../supervisor/client/ctl_place.ts";
import type { ProcessStatus } from "../../supervisor/control.ts";
import { waitAtMost } from "../../io/deadline.ts";
import { signalNames } from "../../platform/mod.ts";

/** Whoever types does not wait for a supervisor that stands still. */
const PATIENCE_MS = 300;

/** Where `proctor ctl` wants an id, suggest those that the supervisor has; none when it does not answer. */
export async function suggestProcesses(ctl: Command, words: readonly string[]): Promise<void> {
  const everything = ctl.commands.flatMap(({ registeredArguments }) => registeredArguments);
  const wanting = everything.filter((argument) => ["id", "ids"].includes(argument.name()));
  for (const argument of everything) if (argument.name() === "signal") argument.argChoices = signalNames();
  const ids = await knownIds({
    socket: valueOf(words, "--socket"),
    stateDir: valueOf(words, "--state-dir"),
    url: valueOf(words, "--url"),
    tokenFile: valueOf(words, "--token-file"),
  });
  if (ids.length > 0) { for (const argument of wanting) argument.argChoices = ids; }
}

async function knownIds(flags: PlaceFlags): Promise<string[]> {
  try {
    const asked = new Client(flags).ask<ProcessStatus[]>("GET", "/processes");
    return (await waitAtMost(PATIENCE_MS, asked) ?? []).map(({ id }) => id);
  } catch {
    return [];
  }
}

function valueOf(words: readonly string[], option: string): string | undefined {
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  if (at < 0) return undefined;
  return words[at] === option ? words[at + 1] : words[at].slice(option.length + 1);
}
