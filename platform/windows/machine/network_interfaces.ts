import type { InterfaceReading } from "../../contract/host.ts";
import { bytesAt } from "../../../ffi/mod.ts";
import { machineLibrary } from "../sys/libraries.ts";
import { getU64, scratchMemory } from "../sys/memory.ts";
import { fromWide } from "../text/wide.ts";

/** MIB_IF_TABLE2 and MIB_IF_ROW2 (netioapi.h) by offset, on 64 bits. */
export const TABLE = { count: 0, rows: 8 } as const;
export const ROW = {
  size: 1_352,
  alias: 28,
  aliasBytes: 514,
  type: 1_128,
  flags: 1_152,
  rxBytes: 1_208,
  rxUnicast: 1_216,
  rxOthers: 1_224,
  rxErrors: 1_240,
  txBytes: 1_280,
  txUnicast: 1_288,
  txOthers: 1_296,
  txErrors: 1_312,
} as const;

const LOOPBACK = 24;
/** InterfaceAndOperStatusFlags: a device of its own, and not a filter above one, which counts the same again. */
const HARDWARE = 1;
const FILTER = 2;

/** The network interfaces; null where they cannot be asked for. */
export function readInterfaces(): InterfaceReading[] | null {
  const { address, view } = scratchMemory();
  if (machineLibrary().GetIfTable2(address) !== 0) return null;
  const table = getU64(view, 0);
  const count = new DataView(bytesAt(table, TABLE.rows).slice().buffer).getUint32(TABLE.count, true);
  const readings = parseInterfaces(bytesAt(table, TABLE.rows + count * ROW.size));
  machineLibrary().FreeMibTable(table);
  return readings;
}

/** Those in a table that are devices, or the loopback. */
export function parseInterfaces(table: Uint8Array): InterfaceReading[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const readings: InterfaceReading[] = [];
  for (let at: number = TABLE.rows; at + ROW.size <= table.length; at += ROW.size) {
    const isLoopback = view.getUint32(at + ROW.type, true) === LOOPBACK;
    const isDevice = (view.getUint8(at + ROW.flags) & (HARDWARE | FILTER)) === HARDWARE;
    if (!isLoopback && !isDevice) continue;
    const sum = (...offsets: readonly number[]) =>
      offsets.reduce((total, offset) => total + getU64(view, at + offset), 0);
    readings.push({
      name: fromWide(table.subarray(at + ROW.alias, at + ROW.alias + ROW.aliasBytes)),
      isLoopback,
      rxBytes: sum(ROW.rxBytes),
      txBytes: sum(ROW.txBytes),
      rxPackets: sum(ROW.rxUnicast, ROW.rxOthers),
      txPackets: sum(ROW.txUnicast, ROW.txOthers),
      rxErrors: sum(ROW.rxErrors),
      txErrors: sum(ROW.txErrors),
    });
  }
  return readings;
}
