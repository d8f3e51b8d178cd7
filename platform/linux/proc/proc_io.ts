import { Raw } from "../../../core/measure/raw.ts";
import { cursor, nextInteger } from "./bytes.ts";

/**
 * Parse `/proc/PID/io` (proc_pid_io(5)) into a row; false when it is cut short. The kernel folds the use of
 * reaped children into these numbers. Order: rchar, wchar, syscr, syscw, read_bytes, write_bytes,
 * cancelled_write_bytes.
 */
export function parseProcIo(bytes: Uint8Array, length: number, row: Float64Array): boolean {
  const readCalls = nextInteger(bytes, 0, length);
  const writeCalls = nextInteger(bytes, cursor.at, length);
  nextInteger(bytes, cursor.at, length);
  nextInteger(bytes, cursor.at, length);
  const diskRead = nextInteger(bytes, cursor.at, length);
  const diskWrite = nextInteger(bytes, cursor.at, length);
  const cancelledWrite = nextInteger(bytes, cursor.at, length);
  if (Number.isNaN(cancelledWrite)) return false;
  row[Raw.ioReadBytes] = readCalls;
  row[Raw.ioWriteBytes] = writeCalls;
  row[Raw.diskReadBytes] = diskRead;
  row[Raw.diskWriteBytes] = diskWrite;
  row[Raw.diskCancelledWriteBytes] = cancelledWrite;
  return true;
}
