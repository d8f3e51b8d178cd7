import { readFileSync } from "node:fs";
import { ROOT } from "../../../../support/fixture.ts";

/** A datagram as the kernel sent it; tests/captured/README.md says of what. */
export function datagram(name: string): DataView {
  return viewOf(new Uint8Array(readFileSync(`${ROOT}/tests/captured/events/${name}`)));
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.slice().buffer);
}
