/* Offsets that are written in our sources, held against the headers of Windows. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  CLASS,
  CPU_RATE,
  cpuRateOf,
  EXTENDED,
  JOB_ACCOUNTING,
  KILL_ON_JOB_CLOSE,
  layOutExtendedLimits,
  limitFlagsOf,
  PROCESS_IDS,
} from "../../../platform/windows/job/job_structures.ts";
import { MEMORY } from "../../../platform/windows/machine/host_source.ts";
import { ROW, TABLE } from "../../../platform/windows/machine/network_interfaces.ts";
import { ROWS, ROWS_AT } from "../../../platform/windows/processes/port_owners.ts";
import { STARTED, STARTUP } from "../../../platform/windows/launch/startup_structures.ts";

const COMPILER = "x86_64-w64-mingw32-gcc";
const noCompiler = spawnSync(COMPILER, ["--version"]).status !== 0 &&
  "needs x86_64-w64-mingw32-gcc (package gcc-mingw-w64-x86-64-win32)";

/** By C's own words, what they have to come to. */
const EXPECTED: Readonly<Record<string, number>> = {
  "sizeof(STARTUPINFOEXW)": STARTUP.size,
  "offsetof(STARTUPINFOEXW, StartupInfo.dwFlags)": STARTUP.flags,
  "offsetof(STARTUPINFOEXW, StartupInfo.hStdInput)": STARTUP.input,
  "offsetof(STARTUPINFOEXW, StartupInfo.hStdOutput)": STARTUP.output,
  "offsetof(STARTUPINFOEXW, StartupInfo.hStdError)": STARTUP.error,
  "offsetof(STARTUPINFOEXW, lpAttributeList)": STARTUP.attributes,
  "sizeof(PROCESS_INFORMATION)": STARTED.size,
  "offsetof(PROCESS_INFORMATION, hThread)": STARTED.thread,
  "offsetof(PROCESS_INFORMATION, dwProcessId)": STARTED.pid,
  "sizeof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION)": JOB_ACCOUNTING.size,
  "offsetof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, TotalUserTime)": JOB_ACCOUNTING.userTime,
  "offsetof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, TotalKernelTime)": JOB_ACCOUNTING.kernelTime,
  "offsetof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, TotalProcesses)": JOB_ACCOUNTING.totalProcesses,
  "offsetof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, ActiveProcesses)": JOB_ACCOUNTING.activeProcesses,
  "offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, NumberOfProcessIdsInList)": PROCESS_IDS.listed,
  "offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList)": PROCESS_IDS.list,
  "sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION)": EXTENDED.size,
  "offsetof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION, BasicLimitInformation.LimitFlags)": EXTENDED.limitFlags,
  "offsetof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION, BasicLimitInformation.ActiveProcessLimit)":
    EXTENDED.activeProcessLimit,
  "offsetof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobMemoryLimit)": EXTENDED.jobMemoryLimit,
  "sizeof(JOBOBJECT_CPU_RATE_CONTROL_INFORMATION)": CPU_RATE.size,
  "offsetof(JOBOBJECT_CPU_RATE_CONTROL_INFORMATION, CpuRate)": CPU_RATE.rate,
  "sizeof(MIB_IF_ROW2)": ROW.size,
  "offsetof(MIB_IF_TABLE2, Table)": TABLE.rows,
  "offsetof(MIB_IF_ROW2, Alias)": ROW.alias,
  "sizeof(((MIB_IF_ROW2 *)0)->Alias)": ROW.aliasBytes,
  "offsetof(MIB_IF_ROW2, Type)": ROW.type,
  "offsetof(MIB_IF_ROW2, InterfaceAndOperStatusFlags)": ROW.flags,
  "offsetof(MIB_IF_ROW2, InOctets)": ROW.rxBytes,
  "offsetof(MIB_IF_ROW2, InUcastPkts)": ROW.rxUnicast,
  "offsetof(MIB_IF_ROW2, InNUcastPkts)": ROW.rxOthers,
  "offsetof(MIB_IF_ROW2, InErrors)": ROW.rxErrors,
  "offsetof(MIB_IF_ROW2, OutOctets)": ROW.txBytes,
  "offsetof(MIB_IF_ROW2, OutUcastPkts)": ROW.txUnicast,
  "offsetof(MIB_IF_ROW2, OutNUcastPkts)": ROW.txOthers,
  "offsetof(MIB_IF_ROW2, OutErrors)": ROW.txErrors,
  "offsetof(MIB_TCPTABLE_OWNER_PID, table)": ROWS_AT,
  "sizeof(MIB_TCPROW_OWNER_PID)": ROWS.tcp4.size,
  "offsetof(MIB_TCPROW_OWNER_PID, dwLocalPort)": ROWS.tcp4.port,
  "offsetof(MIB_TCPROW_OWNER_PID, dwOwningPid)": ROWS.tcp4.pid,
  "sizeof(MIB_TCP6ROW_OWNER_PID)": ROWS.tcp6.size,
  "offsetof(MIB_TCP6ROW_OWNER_PID, dwLocalPort)": ROWS.tcp6.port,
  "offsetof(MIB_TCP6ROW_OWNER_PID, dwOwningPid)": ROWS.tcp6.pid,
  "sizeof(MIB_UDPROW_OWNER_PID)": ROWS.udp4.size,
  "offsetof(MIB_UDPROW_OWNER_PID, dwLocalPort)": ROWS.udp4.port,
  "offsetof(MIB_UDPROW_OWNER_PID, dwOwningPid)": ROWS.udp4.pid,
  "sizeof(MIB_UDP6ROW_OWNER_PID)": ROWS.udp6.size,
  "offsetof(MIB_UDP6ROW_OWNER_PID, dwLocalPort)": ROWS.udp6.port,
  "offsetof(MIB_UDP6ROW_OWNER_PID, dwOwningPid)": ROWS.udp6.pid,
  "sizeof(MEMORYSTATUSEX)": MEMORY.size,
  "offsetof(MEMORYSTATUSEX, ullTotalPhys)": MEMORY.total,
  "offsetof(MEMORYSTATUSEX, ullAvailPhys)": MEMORY.available,
  "offsetof(MEMORYSTATUSEX, ullTotalPageFile)": MEMORY.commitLimit,
  "offsetof(MEMORYSTATUSEX, ullAvailPageFile)": MEMORY.commitAvailable,
  JobObjectBasicAccountingInformation: CLASS.accounting,
  JobObjectBasicProcessIdList: CLASS.processIds,
  JobObjectExtendedLimitInformation: CLASS.extendedLimits,
  JobObjectCpuRateControlInformation: CLASS.cpuRate,
  JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE: KILL_ON_JOB_CLOSE,
  "JOB_OBJECT_LIMIT_JOB_MEMORY | JOB_OBJECT_LIMIT_ACTIVE_PROCESS": limitFlagsOf({
    memoryBytes: 1,
    processes: 1,
  }),
};

const HEADERS = ["winsock2.h", "ws2ipdef.h", "windows.h", "iphlpapi.h", "netioapi.h"].map((name) =>
  `#include <${name}>`
);

function compile(asserted: Readonly<Record<string, number>>) {
  const asserts = Object.entries(asserted).map(([words, number]) =>
    `_Static_assert((${words}) == ${number}, "${words} is not ${number}");`
  );
  const source = ["#define _WIN32_WINNT 0x0A00", "#include <stddef.h>", ...HEADERS, ...asserts];
  const input = `${source.join("\n")}\n`;
  return spawnSync(COMPILER, ["-x", "c", "-fsyntax-only", "-"], { input, encoding: "utf8" });
}

describe("structures of Windows", () => {
  test("have the layout of its headers", { skip: noCompiler, timeout: 120_000 }, () => {
    const { status, stderr } = compile(EXPECTED);
    assert.equal(status, 0, stderr);
    assert.notEqual(compile({ "sizeof(STARTUPINFOEXW)": 1 }).status, 0, "an error would be seen");
  });

  test("of limits hold what is limited, and nothing else", () => {
    const limit = fc.option(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { nil: undefined });
    fc.assert(fc.property(limit, limit, (memoryBytes, processes) => {
      const view = new DataView(new ArrayBuffer(EXTENDED.size));
      new Uint8Array(view.buffer).fill(0xff);
      layOutExtendedLimits(view, { memoryBytes, processes }, KILL_ON_JOB_CLOSE);
      assert.equal(view.getUint32(EXTENDED.limitFlags, true) & KILL_ON_JOB_CLOSE, KILL_ON_JOB_CLOSE);
      assert.equal(view.getBigUint64(EXTENDED.jobMemoryLimit, true), BigInt(memoryBytes ?? 0));
      assert.equal(view.getUint32(EXTENDED.activeProcessLimit, true), processes ?? 0);
      const nonZero = new Uint8Array(view.buffer).filter((byte) => byte !== 0).length;
      assert.ok(nonZero <= 2 + 4 + 4);
    }));
  });
});

describe("a limit of CPU", () => {
  test("is a share of all processors, and none where it is all of them", () => {
    assert.equal(cpuRateOf(1, 4), 2_500);
    assert.equal(cpuRateOf(1.5, 2), 7_500);
    assert.equal(cpuRateOf(0.01, 256), 1, "no less can be said");
    for (const cores of [4, 5]) assert.equal(cpuRateOf(cores, 4), undefined);
  });
});
