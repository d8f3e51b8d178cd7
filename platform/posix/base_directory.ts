import { nodeOs } from "../../io/builtins.ts";
import { join } from "../../core/posix_path.ts";
import { usageError } from "../../core/error.ts";

/** With a drive, or a machine that shares it. */
const ABSOLUTE_ON_WINDOWS = /^(?:[A-Za-z]:[\\/]|\\\\[^\\])/;

/** The places of a system: for root whatever the environment says, and under a user's home. */
const PLACES = {
  other: { root: "/var/lib/proctor", user: ".local/state" },
  darwin: { root: "/Library/Application Support/proctor", user: "Library/Application Support" },
} as const;

/**
 * Where a supervisor keeps its state unless it is told: for root /var/lib/proctor, whatever the environment says; for a
 * user in his home, which where HOME is unset is that of his entry in passwd(5). macOS and Windows have directories of
 * their own for that.
 * @throws ProctorError of kind `usage` when he has none
 */
export function defaultBaseDirectory(
  variables: NodeJS.ProcessEnv = process.env,
  system: string = process.platform,
): string {
  if (system === "win32") return localAppData(variables);
  const places = system === "darwin" ? PLACES.darwin : PLACES.other;
  if (process.getuid?.() === 0) return places.root;
  // Relative ones are to be passed over (XDG Base Directory Specification): they would follow us around.
  const state = absolute(variables.XDG_STATE_HOME);
  if (state !== null) return join(state, "proctor");
  const home = absolute(variables.HOME) ?? homeOfUser();
  if (home === null) {
    throw usageError(
      "there is no home directory to keep state in: HOME is not set, nor is one in passwd; write --state-dir",
    );
  }
  return join(home, places.user, "proctor");
}

/** Windows: the place for what is this machine's and this account's, which no other account can read. */
function localAppData({ LOCALAPPDATA, USERPROFILE }: NodeJS.ProcessEnv): string {
  const place = [LOCALAPPDATA, USERPROFILE && `${USERPROFILE}\\AppData\\Local`].find((path) =>
    path && ABSOLUTE_ON_WINDOWS.test(path)
  );
  if (place) return `${place}\\proctor`;
  throw usageError(
    "there is no directory to keep state in: neither LOCALAPPDATA nor USERPROFILE is set; write --state-dir",
  );
}

function homeOfUser(): string | null {
  try {
    return absolute(nodeOs().userInfo().homedir);
  } catch {
    return null; // There is no such user.
  }
}

function absolute(path: string | undefined): string | null {
  return path !== undefined && path.startsWith("/") ? path : null;
}
