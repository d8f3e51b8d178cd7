/* A tree in a job on a Windows that is a library of ours: what Wine does not count, or says wrong. */
import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { Total } from "../../../core/measure/raw.ts";
import type { Limits } from "../../../core/measure/limits.ts";
import { ProcessTree } from "../../../group/process_tree.ts";
import type { EndedMember } from "../../../group/ended_member.ts";
import { describeAccounting } from "../../../monitor/run/accounting.ts";
import type { ContainerRequest } from "../../../platform/mod.ts";
import { windows } from "../../../platform/windows/mod.ts";
import { eventually } from "../../support/eventually.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

const WANTED = { counters: true, io: true, switches: false, fileDescriptors: true };
const MIB = 2 ** 20;

describe("a tree in a job object", { timeout: 120_000 }, () => {
  let fake: ReturnType<typeof fakeWindows>;
  before(() => void (noFakeWindows || (fake = fakeWindows())));
  beforeEach(() => void (noFakeWindows || fake.fake_reset()));

  const request = (more: Partial<ContainerRequest> = {}): ContainerRequest => ({
    wanted: WANTED,
    marker: "PROCTOR_GROUP=test",
    guarded: true,
    soleParent: true,
    ...more,
  });
  function started(more?: Partial<ContainerRequest>) {
    const tree = ProcessTree.create(windows, request(more));
    const ended: EndedMember[] = [];
    tree.onEnded = (member) => void ended.push(member);
    const text = ["a program", "with blank", 'and"quote'].map((word) => Buffer.from(word));
    const launched = tree.start({
      file: Buffer.from("C:\\a program.exe"),
      args: text,
      env: [],
      cwd: undefined,
      stdio: [0, 1, 2],
    });
    assert.ok(!("stage" in launched), JSON.stringify(launched));
    const refresh = () => tree.refresh(performance.now(), "everything");
    return { tree, ended, pid: launched.pid, refresh };
  }

  test(
    "is billed what the job has counted, with those who came and went unseen",
    { skip: noFakeWindows },
    () => {
      const { tree, ended, pid, refresh } = started();
      fake.fake_add(20, pid);
      fake.fake_use(pid, 500, 100, 10 * MIB);
      fake.fake_use(20, 200, 0, 5 * MIB);
      refresh();
      assert.deepEqual(tree.members.map((member) => member.pid), [pid, 20]);
      assert.equal(tree.reading.memoryBytes, 15 * MIB);
      fake.fake_add(21, 20);
      fake.fake_use(21, 3_000, 0, MIB);
      fake.fake_end(21, 0);
      fake.fake_use(pid, 700, 200, 2 * MIB);
      fake.fake_end(pid, 3);
      fake.fake_end(20, 0);
      fake.fake_job_used(3_900, 200);
      refresh();
      assert.equal(tree.members.length, 0);
      assert.equal(tree.reading.totals[Total.cpuSeconds], 4.1);
      assert.deepEqual(describeAccounting(tree, "ended").cpu, { source: "job", quality: "exact" });
      const note = "1 of 3 processes came and went between two samples, and left no accounts";
      const { io, faults, peak_process_memory } = describeAccounting(tree, "ended");
      assert.deepEqual(
        [io?.quality, faults?.quality, peak_process_memory?.quality],
        Array(3).fill("lower_bound"),
      );
      assert.deepEqual([io?.note, faults?.note, peak_process_memory?.note], Array(3).fill(note));
      for (const stage of ["expected", "running", "ended"] as const) {
        const { disk, context_switches } = describeAccounting(tree, stage);
        assert.deepEqual([disk?.quality, context_switches?.quality], ["unavailable", "unavailable"]);
      }
      const root = ended.find((member) => member.pid === pid)!;
      assert.equal(root.exit?.exitCode, 3);
      assert.equal(root.exit?.signal, null);
      assert.ok(Math.abs(root.cpuSeconds - 0.9) < 1e-9, String(root.cpuSeconds));
      assert.equal(root.peakMemoryBytes, 10 * MIB);
      tree.release();
      assert.equal(fake.fake_is_job_closed(), 1);
    },
  );

  test("has what each member has read and written, the ended included", { skip: noFakeWindows }, () => {
    const { tree, pid, refresh } = started();
    fake.fake_io(pid, 1_000, 50);
    refresh();
    assert.equal(tree.reading.totals[Total.ioReadBytes], 1_000);
    fake.fake_io(pid, 5_000, 60);
    fake.fake_end(pid, 0);
    refresh();
    assert.equal(tree.reading.totals[Total.ioReadBytes], 5_000);
    assert.equal(tree.reading.totals[Total.ioWriteBytes], 60);
    assert.deepEqual(describeAccounting(tree, "ended").io, { source: "ledger", quality: "exact" });
    tree.release();
  });

  test("is found whole, however many they are", { skip: noFakeWindows }, () => {
    const { tree, pid, refresh } = started();
    for (let child = 10_000; child < 11_500; child++) fake.fake_add(child, pid);
    refresh();
    assert.equal(tree.members.length, 1_501);
    assert.equal(tree.container.hasUnopened, false);
    assert.ok(tree.kill());
    refresh();
    assert.equal(tree.members.length, 0);
    assert.equal(tree.container.isPopulated(), false);
    tree.release();
  });

  test("tells who was killed from who ended by himself with the same code", { skip: noFakeWindows }, () => {
    const killed = started();
    killed.tree.kill();
    killed.refresh();
    assert.deepEqual([killed.ended[0].exit?.signal, killed.ended[0].exit?.exitCode], [9, null]);
    killed.tree.release();
    fake.fake_reset();
    const ended = started();
    fake.fake_end(ended.pid, 137);
    ended.refresh();
    assert.deepEqual([ended.ended[0].exit?.signal, ended.ended[0].exit?.exitCode], [null, 137]);
    ended.tree.release();
  });

  test("names Ctrl-C by its exit code, and keeps that of a crash", { skip: noFakeWindows }, () => {
    const one = started();
    fake.fake_end(one.pid, 0xc000013a);
    one.refresh();
    assert.equal(one.ended[0].exit?.signal, windows.signalNumber("SIGINT"));
    one.tree.release();
    fake.fake_reset();
    const other = started();
    fake.fake_end(other.pid, 0xc0000005);
    other.refresh();
    assert.equal(other.ended[0].exit?.exitCode, 0xc0000005);
    other.tree.release();
  });

  test("is ended by what asks it to end, stopped and let go on", { skip: noFakeWindows }, () => {
    const { tree, ended, pid, refresh } = started();
    const [member] = tree.members;
    assert.ok(windows.signal(member, "SIGSTOP"));
    refresh();
    assert.equal(member.isSuspended, true);
    assert.ok(windows.signal(member, "SIGCONT"));
    assert.equal(fake.fake_is_suspended(pid), 0);
    assert.equal(windows.signal(member, "SIGUSR1"), false);
    assert.ok(windows.signal(member, "SIGTERM"));
    assert.equal(windows.signal(member, "SIGTERM"), false, "it has ended");
    refresh();
    assert.equal(ended[0].exit?.signal, windows.signalNumber("SIGTERM"));
    tree.release();
  });

  test("tells the end of a member without being asked", { skip: noFakeWindows }, async () => {
    let told = 0;
    const stop = windows.onChildEnd(() => told++);
    const { tree, pid } = started();
    fake.fake_end(pid, 0);
    await eventually(() => told > 0);
    assert.deepEqual(windows.endedChildren(), [pid]);
    stop();
    tree.release();
  });

  test("hands over the words of the command in one line", { skip: noFakeWindows }, () => {
    const { tree } = started();
    const units = new Uint16Array(fake.view(fake.fake_command_line(), 200).buffer);
    const line = String.fromCharCode(...units.subarray(0, units.indexOf(0)));
    assert.equal(line, '"a program" "with blank" "and\\"quote"');
    tree.release();
  });

  test("dies with us, but for those who are to go on", { skip: noFakeWindows }, () => {
    const { tree } = started();
    assert.equal(fake.view(fake.fake_limits(), 144).getUint32(16, true), 0x2000);
    tree.release();
    assert.equal(fake.view(fake.fake_limits(), 144).getUint32(16, true), 0, "there is a member");
    assert.equal(fake.fake_is_job_closed(), 1);
  });

  describe("with limits", () => {
    const limited = (limits: Limits) => windows.createContainer(request({ limits }));

    test("has the job enforce them", { skip: noFakeWindows }, () => {
      const cores = 0.5;
      limited({ memoryBytes: 64 * MIB, processes: 7, cpuCores: cores }).release();
      const limits = fake.view(fake.fake_limits(), 144);
      assert.equal(limits.getUint32(16, true), 0x2000 | 0x200 | 0x8);
      assert.equal(limits.getBigUint64(120, true), BigInt(64 * MIB));
      assert.equal(limits.getUint32(40, true), 7);
      const rate = fake.view(fake.fake_cpu_rate(), 8);
      assert.equal(rate.getUint32(0, true), 5);
      const share = rate.getUint32(4, true) / 10_000 * windows.environment().online_cpu_count;
      assert.ok(Math.abs(share - cores) < 0.01, `${share} cores`);
    });

    test("is refused where one is not taken", { skip: noFakeWindows }, () => {
      fake.fake_refuse(15, 87);
      assert.throws(() => limited({ cpuCores: 0.5 }), /^ProctorError: the limit of CPU cannot be enforced: /);
      assert.equal(fake.fake_is_job_closed(), 1);
    });

    test("is refused where one is taken and not kept", { skip: noFakeWindows }, () => {
      fake.fake_forget_limits(1);
      assert.throws(() => limited({ memoryBytes: MIB, processes: 2 }), {
        name: "ProctorError",
        kind: "system",
        message: "the limit of memory and the limit of processes cannot be enforced: Windows has not kept it",
      });
    });
  });

  test("is refused what Windows does not have", { skip: noFakeWindows }, () => {
    assert.throws(() => windows.createContainer(request({ exactPeak: true })), /--exact-peak/);
    assert.throws(() => windows.createContainer(request({ mechanism: "subreaper" })), /no subreaper/);
    const { tree } = started();
    const spec = { file: Buffer.from("a.exe"), args: [], env: [], cwd: undefined, stdio: [0, 1, 2] as const };
    const stageOf = (more: object) => {
      const launched = windows.launch({ ...spec, ...more }, tree.container);
      return "stage" in launched ? launched.stage : "none";
    };
    assert.equal(stageOf({ credentials: { uid: 1, gid: 1, groups: [] } }), "credentials");
    assert.equal(stageOf({ fileLimit: 10 }), "file_limit");
    assert.equal(stageOf({ inherited: [7] }), "spawn");
    assert.equal(stageOf({ cwd: "/no/such/directory" }), "cwd");
    tree.release();
  });
});
