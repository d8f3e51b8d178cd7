import type { StartOptions } from "../../group/start_options.ts";
import { isOwnAccount, loadPlatform } from "../../platform/mod.ts";
import type { Account } from "../../platform/mod.ts";

/** Who something is run as; `user` null: as the supervisor. */
export interface Identity {
  readonly user: string | number | null;
  readonly group: string | number | null;
}

/** Meant for us by whoever has started us, as systemd: what we start would speak in our name (sd_notify(3)). */
const OURS_ALONE = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/**
 * How a command is started as somebody: with the groups and the variables that a login has, over which its own go.
 * @returns or why that cannot be
 */
export async function startedAs(
  { user, group }: Identity,
  environment: Readonly<Record<string, string>>,
): Promise<Pick<StartOptions, "uid" | "gid" | "groups" | "env" | "withoutEnv"> | string> {
  const withoutEnv = OURS_ALONE;
  if (user === null) return { env: environment, withoutEnv };
  const account = (await loadPlatform()).findAccount(user, group);
  if (typeof account === "string") return account;
  const env = { ...loginVariables(account), ...environment };
  // Who we are already takes no right to become.
  if (isOwnAccount(account)) return { env, withoutEnv };
  const { uid, gid, groups } = account;
  return { uid, gid, groups, env, withoutEnv };
}

/** As login(1) sets them; a user in no list has the root directory, as in a container. */
function loginVariables({ uid, name, home, shell }: Account): Record<string, string> {
  const user = name ?? String(uid);
  return { HOME: home ?? "/", USER: user, LOGNAME: user, SHELL: shell ?? "/bin/sh" };
}
