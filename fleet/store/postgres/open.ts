import { ProctorError } from "../../../core/error.ts";
import type { Store } from "../contract.ts";
import type { SharedStore } from "../shares.ts";
import { readAddress } from "./address.ts";
import { Database } from "./database.ts";
import { LOST } from "./faults.ts";
import { Leases } from "./leases.ts";
import type { Guard } from "./leases.ts";
import { PostgresStore } from "./postgres_store.ts";
import { prepare } from "./schema.ts";
import { NO_GUARD, PostgresShares } from "./shares.ts";

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
  const database = await openDatabase(url, password);
  return new PostgresStore(database, new Leases(new Database(database.address, 1)), say);
}

/**
 * Open it for one of any number of managers, each of which has some of the units.
 * @throws ProctorError as `openPostgres`
 */
export async function openShared(
  url: string,
  say: (line: string) => void,
  password?: string,
): Promise<SharedStore> {
  const database = await openDatabase(url, password);
  const leases = new Leases(new Database(database.address, 1));
  const store = new PostgresStore(database, leases, say, NO_GUARD);
  const open = (guard: Guard) => new PostgresStore(database, leases, say, guard, store.periods);
  return { store, shares: new PostgresShares(database, new Database(database.address, 1), open) };
}

async function openDatabase(url: string, password: string | undefined): Promise<Database> {
  const address = readAddress(url, password);
  const database = new Database(address);
  try {
    await prepare(database);
    return database;
  } catch (error) {
    await database.close();
    const { message } = error as Error;
    const needsTls = address.ssl === "require" || typeof address.ssl === "object";
    if (!needsTls || !message.endsWith(LOST)) throw error;
    throw new ProctorError("system", `cannot use ${address.place}: it may speak no TLS: ${LOST}`);
  }
}
