import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../commands/top/history.ts";
import type { MachineMeter, MachineMoment } from "../../../host/machine_meter.ts";
import type { HostProcess } from "../../../host/process_table.ts";

test("groups are measured of which a process has run, has come or has ended, and named no others", () => {
  const one = (pid: number, group: string, cpuPercent: number) =>
    ({ pid, birth: pid, group, cpuPercent }) as HostProcess;
  const [idle, busy, ended] = [one(1, "/idle", 0), one(2, "/busy", 0), one(3, "/ended", 0)];
  const told: string[][] = [];
  const meter = {
    moment: () => ({}) as MachineMoment,
    groupPercents: (_: ReadonlySet<string>, stirred: ReadonlySet<string>) => {
      told.push([...stirred].sort());
      return new Map<string, number>();
    },
  } as unknown as MachineMeter;
  const history = new History(10);
  history.take(new Set([idle, busy, ended]), meter, 0);
  busy.cpuPercent = 3;
  history.take(new Set([idle, busy, one(4, "/new", NaN)]), meter, 1_000);
  busy.cpuPercent = 0;
  history.take(new Set([idle, busy]), meter, 2_000);
  assert.deepEqual(told, [[], ["/busy", "/ended", "/new"], ["/new"]]);
});
