/*
 * What Bun asks of bcryptprimitives.dll, which Wine before 9 does not have: random bytes. Put beside bun.exe.
 */
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
  while (length > 0) {
    ULONG some = length > 0x10000000 ? 0x10000000 : (ULONG)length;
    if (!SystemFunction036(bytes, some)) return FALSE;
    bytes += some;
    length -= some;
  }
  return TRUE;
}
