import { usageError } from "../../core/error.ts";
import { say } from "../../io/terminal/output.ts";
import { pathOf } from "../../supervisor/client/ctl_client.ts";
import type { Client } from "../../supervisor/client/ctl_client.ts";
import type { ProcessDescription, ProcessStatus } from "../../supervisor/control.ts";
import { inRows } from "../../supervisor/instance_rows.ts";
import { selected } from "./ctl_select.ts";
import { forEachRow } from "./ctl_work.ts";
import type { Flags } from "./ctl_work.ts";

/**
 * `proctor ctl rollback`: what is named goes back to the last definition by which it was healthy; without names, what
 * has not been healthy yet by the one it has.
 */
export async function rollBack(
  client: Client,
  flags: Flags & { undo?: boolean },
  names: readonly string[],
): Promise<number> {
  const undo = flags.undo ?? false;
  if (names.includes("")) throw usageError("rollback: an id is empty; write that of a process");
  const ids = names.length > 0 ? await selected(client, names, true) : await meant(client, undo);
  if (ids.length === 0) {
    say(
      undo
        ? "nothing is rolled back"
        : "nothing to roll back: every process has been healthy by its definition, or has no earlier one",
    );
  }
  let done = 0;
  const code = await forEachRow(inRows(ids), flags, async (id) => {
    const status = await client.ask<ProcessStatus>(
      "POST",
      pathOf(id, `/rollback${undo ? "?undo=true" : ""}`),
    );
    done++;
    return status;
  }, undo ? "as in the file" : "rolled back");
  if (done > 0 && !undo) {
    say(
      "the configuration file is not changed, and a reload of it as it is leaves this as it is; " +
        "mend it and reload, or take it again: ctl rollback --undo",
    );
  }
  return code;
}

/** Whose present definition is not proven, or is one that is to be replaced; with `undo` who has not that of the file. */
async function meant(client: Client, undo: boolean): Promise<string[]> {
  const all = await client.ask<ProcessStatus[]>("GET", "/processes");
  const described = await Promise.all(
    all.map(({ id }) => client.ask<ProcessDescription>("GET", pathOf(id, "/description"))),
  );
  const isMeant = ({ rollback }: ProcessDescription) =>
    rollback &&
    (undo
      ? rollback.rolled_back_at !== null
      : isOld(rollback) || (!rollback.is_proven && rollback.back_to !== null));
  return described.filter(isMeant).map(({ status }) => status.id);
}

/** Whether it has its old definition still, and can be had by it again. */
function isOld({ is_left, is_waiting, is_unknown }: NonNullable<ProcessDescription["rollback"]>): boolean {
  return is_left || (is_waiting && !is_unknown);
}
