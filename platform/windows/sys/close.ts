import { kernel32 } from "./libraries.ts";

/** INVALID_HANDLE_VALUE: what CreateFileW and GetStdHandle give where there is nothing. */
export const INVALID = -1;

/** Close a handle, unless it is none. */
export function closeHandle(handle: number): void {
  if (handle !== 0 && handle !== INVALID) kernel32().CloseHandle(handle);
}
