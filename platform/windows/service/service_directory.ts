import { ProctorError } from "../../../core/error.ts";
import { nodeFs, nodePath } from "../../../io/builtins.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { closeDirectoryFor } from "../door/access_list.ts";
import { MIGHTY, ownerAt } from "../door/owner.ts";
import { ownAccount, ownerOfOurs } from "../processes/account_names.ts";
import { serviceSid } from "./service_account.ts";

/**
 * Make the directory of a service, and close it to all but its account, the system and administrators. Everybody may
 * make directories where such lie (ProgramData), so that one that is there may be a stranger's, who could exchange it.
 * @throws ProctorError of kind `system` when it cannot be had
 */
export function takeServiceDirectory(
  path: string,
  service: string,
  isOurs: (names: readonly string[]) => boolean,
): void {
  const own = serviceSid(service);
  const refused = (why: string) =>
    new ProctorError("system", `the state directory "${path}" cannot be used: ${why}`);
  try {
    const parent = nodePath().dirname(path);
    nodeFs().mkdirSync(path, { recursive: true });
    // The last is whose the system's own directories are.
    const trusted = [ownAccount(), ownerOfOurs(), own, ...MIGHTY, serviceSid("TrustedInstaller")];
    const stranger = [parent, path].find((one) => !trusted.includes(ownerAt(one)));
    if (stranger !== undefined) throw refused(`"${stranger}" belongs to another account`);
    if (!isOurs(nodeFs().readdirSync(path))) {
      throw refused("other files are in it, so that its access list is not ours to set");
    }
    closeDirectoryFor(own, path);
  } catch (error) {
    if (error instanceof ProctorError) throw error;
    throw refused(reasonOf(error));
  }
}
