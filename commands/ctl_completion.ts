import type { Command } from "commander";
import type { ProcessStatus } from "../supervisor/control.ts";
import { Client, socketPath } from "./ctl_client.ts";

/** Whoever types does not wait for a supervisor that stands still. */
const PATIENCE_MS = 300;

/** Where `proctor ctl` wants an id, suggest those that the supervisor has; none when it does not answer. */
export async function suggestProcesses(ctl: Command, words: readonly string[]): Promise<void> {
  const wanting = ctl.commands.flatMap(({ registeredArguments: [first] }) =>
    first && ["id", "ids"].includes(first.name()) ? [first] : []
  );
  const ids = await knownIds({ socket: valueOf(words, "--socket"), stateDir: valueOf(words, "--state-dir") });
  if (ids.length > 0) { for (const argument of wanting) argument.argChoices = ids; }
}

async function knownIds(flags: { socket?: string; stateDir?: string }): Promise<string[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<ProcessStatus[]>((resolve) => timer = setTimeout(() => resolve([]), PATIENCE_MS));
  try {
    const asked = new Client(socketPath(flags)).ask<ProcessStatus[]>("GET", "/processes");
    return (await Promise.race([asked, late])).map(({ id }) => id);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

function valueOf(words: readonly string[], option: string): string | undefined {
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  if (at < 0) return undefined;
  return words[at] === option ? words[at + 1] : words[at].slice(option.length + 1);
}
