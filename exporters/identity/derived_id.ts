import { createHmac } from "node:crypto";

/** What our IDs differ by from those that other programs make of the same machine ID. It must never change. */
const APPLICATION_ID = "73b76d40327a4268a70f869cd94f135a";

/**
 * An ID made of a machine's, which does not lead back to it: as `systemd-id128 machine-id --app-specific=…` makes it
 * (sd_id128_get_machine_app_specific(3)).
 */
export function idOfMachine(machineId: string): string {
  return derived(machineId, "");
}

/** The same for a container, which has its machine ID of its image or its host: others may have the same. */
export function idOfContainer(machineId: string, hostName: string): string {
  return derived(machineId, hostName);
}

function derived(machineId: string, name: string): string {
  const digest = createHmac("sha256", Buffer.from(machineId, "hex"))
    .update(Buffer.from(APPLICATION_ID, "hex")).update(name).digest();
  // The form of a random UUID (RFC 9562, 5.4).
  digest[6] = (digest[6] & 0x0f) | 0x40;
  digest[8] = (digest[8] & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
