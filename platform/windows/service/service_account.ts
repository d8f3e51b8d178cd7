import { createHash } from "node:crypto";
import type { Sid } from "../processes/account_names.ts";

/*
 * Windows has an account for each service, which nobody else can be and which has no password: NT SERVICE\NAME.
 */

/** S-1-5-80, and five numbers more. */
const HEAD = "010600000000000550000000";

/** The account of a service. */
export const accountNameOf = (service: string): string => `NT SERVICE\\${service}`;

/** Its SID, which is made of its name, so that it is known before the service is. */
export function serviceSid(service: string): Sid {
  return HEAD + createHash("sha1").update(Buffer.from(service.toUpperCase(), "utf16le")).digest("hex");
}

/** Whether an account is that of some service. */
export const isServiceSid = (sid: Sid): boolean => sid.startsWith(HEAD);
