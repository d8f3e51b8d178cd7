import { ProctorError } from "../../../core/error.ts";
import type { Store } from "../contract.ts";
import { readAddress } from "./address.ts";
import { Database } from "./database.ts";
import { LOST } from "./faults.ts";
import { Leases } from "./leases.ts";
import { PostgresStore } from "./postgres_store.ts";
import { prepare } from "./schema.ts";

/**
 * Open the store in a database of PostgreSQL 15 or newer; its tables are made where they are missing.
 * @param url `postgres://USER@HOST:PORT/DATABASE`
 * @param say is told of what is damaged, and left out
 * @param password over one in the URL
 * @throws ProctorError with one sentence of why it cannot be used
 */
export async function openPostgres(
  url: string,
  say: (line: string) => void = () => {},
  password?: string,
): Promise<Store> {
  const address = readAddress(url, password);
  const database = new Database(address);
  try {
    await prepare(database);
  } catch (error) {
    await database.close();
    const { message } = error as Error;
    const needsTls = address.ssl === "require" || typeof address.ssl === "object";
    if (!needsTls || !message.endsWith(LOST)) throw error;
    throw new ProctorError("system", `cannot use ${address.place}: it may speak no TLS: ${LOST}`);
  }
  return new PostgresStore(database, new Leases(new Database(address, 1)), say);
}
