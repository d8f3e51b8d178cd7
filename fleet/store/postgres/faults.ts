import { ProctorError } from "../../../core/error.ts";

/** What is said of a connection that is no more. */
export const LOST = "the connection was lost";

/** Why a server refuses something, by its code or that of the connection. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOENT: "there is no socket of a server",
  EACCES: "its socket may not be used by us",
  ENOTFOUND: "its host has no address",
  EAI_AGAIN: "its host has no address at the moment",
  EHOSTUNREACH: "there is no way to its host",
  ENETUNREACH: "there is no way to its host",
  CONNECT_TIMEOUT: "it does not answer",
  CONNECTION_CLOSED: LOST,
  CONNECTION_DESTROYED: LOST,
  CONNECTION_ENDED: "it is closed",
  ECONNRESET: LOST,
  EPIPE: LOST,
  ETIMEDOUT: "it does not answer",
  "08P01": LOST,
  "25006": "it can only be read, as a standby; name the primary",
  "25P03": "we were too slow, and it has undone the change",
  "28000": "it does not let this user in; see its pg_hba.conf",
  "28P01": "it refuses the user name or password; the password is in PGPASSWORD or store_password_file",
  "3D000": "there is no such database; make it with createdb",
  "40001": "others have changed the same",
  "40P01": "others have changed the same",
  "42501": "the user lacks the rights; it has to own the database, or its schema proctor",
  "53100": "no space left on its disk",
  "53200": "it is out of memory",
  "53300": "it has no connection left for us",
  "55P03": "others have held it for too long",
  "57014": "it took too long, and was stopped",
  "57P01": "it has ended the connection, or is shutting down",
  "57P02": "it has crashed",
  "57P03": "it is starting up, or shutting down",
};

/** One sentence of what the server, or the way to it, has refused; what is our own fault stays as it is. */
export function told(place: string, error: unknown): unknown {
  if (error instanceof ProctorError || !(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  if (typeof code !== "string") return error;
  const words = error.message.split("\n")[0];
  return new ProctorError("system", `cannot use ${place}: ${REASONS[code] ?? words}`);
}

/** Whether something failed since there is no partition for it. */
export function lacksPartition(error: unknown): boolean {
  return (error as { code?: unknown }).code === "23514";
}
