import { join } from "../../../core/posix_path.ts";
import type { HostRoots, MachineIdentity } from "../../contract/host.ts";
import { readText } from "../proc/kernel_file.ts";

/** machine-id(5), and where D-Bus keeps a copy on systems without systemd. */
const PLACES = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/** What tells the installation and its boot; an ID that was not made yet (`uninitialized`, empty) is none. */
export function readIdentity({ proc, files }: HostRoots): MachineIdentity {
  const ids = PLACES.map((place) => readText(join(files, place))?.trim() ?? "");
  const machineId = ids.find((id) => /^(?!0+$)[0-9a-f]{32}$/.test(id)) ?? null;
  const boot = readText(join(proc, "sys/kernel/random/boot_id"))?.trim();
  return { machineId, bootId: boot || null };
}
