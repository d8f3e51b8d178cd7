import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { PostgresServer } from "../../tests/fleet/store/postgres/server.ts";

/** A tick of the kernel's clock, ms (USER_HZ). */
const TICK_MS = 10;

/** Bytes of a database. */
export async function sizeOf(server: PostgresServer, name: string): Promise<number> {
  // As the server does now and then by itself: what was in the journal and is in chunks takes no more room.
  await server.ask(name, "VACUUM");
  const [{ size }] = await server.ask(name, `SELECT pg_database_size('${name}')::float8 AS size`);
  return Number(size);
}

/** The least time that a question takes, ms: what else runs on the machine only ever adds to it. */
export async function least(ask: (task: number) => Promise<unknown>, times = 11): Promise<number> {
  let found = Infinity;
  for (let at = 0; at < times; at++) {
    const began = performance.now();
    await ask(1 + 17 * at);
    found = Math.min(found, performance.now() - began);
  }
  return found;
}

/** @returns the CPU time that the server and we have used since, ms */
export function cpuSince(server: PostgresServer): () => { server: number; client: number } {
  const [servers, ours] = [serverCpu(server), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(ours);
    return { server: serverCpu(server) - servers, client: (user + system) / 1_000 };
  };
}

/** That of the postmaster, of its children, and of those that have ended, ms. */
function serverCpu(server: PostgresServer): number {
  let ticks = 0;
  for (const { fields, isPostmaster } of serverProcesses(server)) {
    ticks += fields[11] + fields[12] + (isPostmaster ? fields[13] + fields[14] : 0);
  }
  return ticks * TICK_MS;
}

/** What all processes of a server have in memory, what they share counted once, MB. */
export function serverMemory(server: PostgresServer): number {
  let kilobytes = 0;
  for (const { pid } of serverProcesses(server)) {
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  }
  return kilobytes / 1_000;
}

/** Of each process what stands behind its name: its parent second, and from the twelfth on its times. */
function* serverProcesses({ directory }: PostgresServer) {
  const postmaster = Number(readFileSync(join(directory, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, "utf8");
    } catch {
      continue; // It has ended meanwhile, and is in its parent's sum.
    }
    // A name may have blanks.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    const isPostmaster = Number(name) === postmaster;
    if (isPostmaster || fields[1] === postmaster) yield { pid: name, fields, isPostmaster };
  }
}
