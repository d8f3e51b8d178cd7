import { ownAccount, ownerOfOurs } from "../processes/account_names.ts";
import type { Sid } from "../processes/account_names.ts";
import { isServiceSid } from "../service/service_account.ts";
import { MIGHTY, ownerAt } from "./owner.ts";
import { placeOf } from "./pipe_name.ts";

/*
 * Every account sees what pipes are called. The name of one whose server was killed still stands in its file, and
 * whoever makes a pipe of that name would be asked in its place.
 */

/** SECURITY_SQOS_PRESENT and SECURITY_IDENTIFICATION: whose it is may know who we are, and not act as us. */
const NOT_TO_ACT_AS_US = 0x110000;

/**
 * Whether a pipe is our own account's, the system's or administrators', and not one that a stranger has made. A
 * service's is one that may be asked where it is the same that has written the name of the pipe. It is asked at an
 * instance of the pipe, and nothing is written there.
 * @throws an error with the `code` of the failed open: ENOENT where nobody listens, EBUSY where nobody can connect now
 */
export function isOwnPipe(pipe: string): boolean {
  const trusted = [ownAccount(), ownerOfOurs(), ...MIGHTY];
  const owner = ownerAt(pipe, NOT_TO_ACT_AS_US);
  return owner !== null && (trusted.includes(owner) || (isServiceSid(owner) && hasWrittenName(owner, pipe)));
}

function hasWrittenName(owner: Sid, pipe: string): boolean {
  const place = placeOf(pipe);
  return place !== undefined && ownerAt(place) === owner;
}
