/* Services of Windows, with a library in place of its service control manager. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { OwnService, ServiceControl } from "../../../platform/mod.ts";
import { newPipe, pipeIn } from "../../../platform/windows/door/pipe_name.ts";
import { isOwnPipe } from "../../../platform/windows/door/pipe_owner.ts";
import { serviceSid } from "../../../platform/windows/service/service_account.ts";
import { windowsServices } from "../../../platform/windows/service/service_manager.ts";
import { fromWide } from "../../../platform/windows/text/wide.ts";
import { eventually } from "../../support/eventually.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

const PROGRAM = "C:\\Program Files\\proctor\\proctor.exe";
const MARKS = ["--as-service", "web"];

function withDirectory(use: (directory: string) => void | Promise<void>): void | Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-service-"));
  const end = () => rmSync(directory, { recursive: true });
  let used;
  try {
    used = use(directory);
  } catch (error) {
    end();
    throw error;
  }
  if (used) return used.finally(end);
  end();
}

function install(directory: string, program = PROGRAM): string[] {
  return windowsServices.install({
    name: "web",
    description: "what is kept running",
    command: [program, "supervise", "--config", "C:\\a b\\c.yaml", ...MARKS],
    directory,
    isOurs: (names) => names.length === 0 || names.includes("ours"),
  });
}

test("the account of a service is known by its name alone", () => {
  // That of the one that owns the system's own files is public.
  const numbers = [956_008_885, 3_418_522_649, 1_831_038_044, 1_853_292_631, 2_271_478_464];
  const bytes = Buffer.alloc(20);
  numbers.forEach((number, index) => bytes.writeUInt32LE(number, 4 * index));
  assert.equal(serviceSid("TrustedInstaller"), `010600000000000550000000${bytes.toString("hex")}`);
  assert.equal(serviceSid("trustedinstaller"), serviceSid("TrustedInstaller"));
});

describe("a service that is installed", () => {
  const skip = noFakeWindows;

  test("starts by itself, late, is restarted, and has an account with next to no rights", { skip }, () => {
    const fake = fakeWindows();
    fake.fake_services(0, 0, 0);
    fake.fake_file(544);
    const text = (which: number) =>
      fromWide(new Uint8Array(fake.view(fake.fake_service_text(which), 512).buffer));
    return withDirectory((base) => {
      const directory = join(base, "state");
      assert.deepEqual(install(directory), []);
      assert.equal(text(0), `"${PROGRAM}" supervise --config "C:\\a b\\c.yaml" --as-service web`);
      assert.equal(text(1), "NT SERVICE\\web");
      assert.equal(text(2), "what is kept running");
      assert.equal(text(3), "SeChangeNotifyPrivilege");
      assert.equal(fake.fake_start_type(), 21, "automatic (2), and delayed");
      const actions = fake.view(fake.fake_actions(), 32);
      const words = Array.from({ length: 8 }, (_, index) => actions.getUint32(4 * index, true));
      assert.deepEqual(words, [86_400, 3, 1, 1_000, 1, 5_000, 1, 60_000]);
      const list = fromWide(new Uint8Array(fake.view(fake.fake_access_list(), 512).buffer));
      assert.match(list, /^D:P\(A;OICI;GA;;;S-1-5-80(-\d+){5}\)\(A;OICI;GA;;;SY\)\(A;OICI;GA;;;BA\)$/);
      assert.throws(
        () => install(directory),
        /^ProctorError: the service web: there is a service of that name; proctor supervise --remove-service /,
      );
    });
  });

  test("has its program in quotes, whatever its path is", { skip }, () => {
    const fake = fakeWindows();
    fake.fake_services(0, 0, 0);
    return withDirectory((directory) => {
      install(join(directory, "state"), "C:\\p\\proctor.exe");
      const line = fromWide(new Uint8Array(fake.view(fake.fake_service_text(0), 512).buffer));
      assert.match(line, /^"C:\\p\\proctor\.exe" supervise /);
    });
  });

  test("leaves nothing where something of it cannot be", { skip }, () => {
    const fake = fakeWindows();
    const refused = (directory: string, why: RegExp) => {
      assert.throws(() => install(directory), why);
      assert.equal(fake.fake_is_service(), 0);
    };
    return withDirectory((base) => {
      fake.fake_file(544);
      fake.fake_services(5, 0, 0);
      refused(
        join(base, "a"),
        /the service web: it takes the rights of an administrator: start proctor with them$/,
      );
      fake.fake_services(0, 2, 87);
      refused(join(base, "b"), /the service web: Windows does not take what it was asked for$/);
      fake.fake_services(0, 0, 0);
      const full = join(base, "full");
      mkdirSync(full);
      writeFileSync(join(full, "letter.txt"), "dear");
      refused(full, /the state directory ".*full" cannot be used: other files are in it/);
      fake.fake_file(0);
      refused(join(base, "d"), /the state directory ".*d" cannot be used: ".*" belongs to another account$/);
      fake.fake_file(544);
      fake.fake_services(0, 6, 124);
      assert.deepEqual(install(join(base, "e")), [
        "this Windows does not take a bound on privileges of services",
      ]);
    });
  });

  test("is removed, and another's is not", { skip }, async () => {
    const fake = fakeWindows();
    fake.fake_services(0, 0, 0);
    fake.fake_file(544);
    await withDirectory(async (directory) => {
      const nothing = windowsServices.remove("web", MARKS);
      await assert.rejects(nothing, /the service web: there is no such service$/);
      install(join(directory, "state"));
      const other = windowsServices.remove("web", ["--as-service", "other"]);
      await assert.rejects(other, /the service web is none of proctor's; sc delete removes any$/);
      assert.equal(fake.fake_is_service(), 1);
      await windowsServices.remove("web", MARKS);
      assert.equal(fake.fake_is_service(), 0);
    });
  });
});

describe("this program as a service", () => {
  const skip = noFakeWindows;
  const [START_PENDING, RUNNING, STOP_PENDING, STOPPED] = [2, 4, 3, 1];

  /** What was told of it, each time: state, what it takes, exit code of the system and of its own, checkpoint. */
  function told(): number[][] {
    const fake = fakeWindows();
    const many = fake.fake_told_many();
    const view = fake.view(fake.fake_told(), 28 * 64);
    return Array.from(
      { length: many },
      (_, row) => Array.from({ length: 5 }, (_, column) => view.getUint32(28 * row + 4 * (column + 1), true)),
    );
  }

  test("says that it starts, runs, stops and has stopped", { skip, timeout: 120_000 }, async () => {
    const fake = fakeWindows();
    fake.fake_services(0, 0, 0);
    fake.fake_start_us();
    const service = await windowsServices.enter("web");
    assert.deepEqual(told(), [[START_PENDING, 0, 0, 0, 1]]);
    // As long as it takes there is a sign of life.
    await eventually(() => told().at(-1)![4] >= 2);
    service.isUp();
    assert.deepEqual(told().at(-1), [RUNNING, 13, 0, 0, 0]);
    fake.fake_control(6);
    const asked: ServiceControl[] = [];
    await eventually(() => told().length >= 4, 10_000, () => JSON.stringify(told()));
    service.onControl((control) => asked.push(control));
    assert.deepEqual(asked, ["reload"], "what was asked before is not lost");
    const before = told().length;
    fake.fake_control(4);
    await eventually(() => told().length > before);
    assert.deepEqual(told().at(-1), [RUNNING, 13, 0, 0, 0], "who asks how it is is told");
    fake.fake_control(1);
    await eventually(() => asked.length === 2);
    assert.deepEqual(asked, ["reload", "stop"]);
    assert.deepEqual(told().at(-1), [STOP_PENDING, 0, 0, 0, 1]);
    service.hasEnded(125);
    assert.deepEqual(told().at(-1)!.slice(0, 4), [STOPPED, 0, 1_066, 125]);
  });

  test("is removed when it has stopped", { skip, timeout: 120_000 }, async () => {
    const fake = fakeWindows();
    fake.fake_services(0, 0, 0);
    fake.fake_file(544);
    await withDirectory(async (directory) => {
      install(join(directory, "state"));
      fake.fake_start_us();
      const service: OwnService = await windowsServices.enter("web");
      service.isUp();
      service.onControl(() => service.hasEnded(0));
      await windowsServices.remove("web", MARKS);
      assert.deepEqual(told().map(([state]) => state), [START_PENDING, RUNNING, STOP_PENDING, STOPPED]);
      assert.equal(fake.fake_is_service(), 0);
    });
  });

  test("is removed while it only starts: it takes the stop as soon as it takes any", {
    skip,
    timeout: 120_000,
  }, async () => {
    const fake = fakeWindows();
    fake.fake_services(0, 0, 0);
    fake.fake_file(544);
    await withDirectory(async (directory) => {
      install(join(directory, "state"));
      fake.fake_start_us();
      const service: OwnService = await windowsServices.enter("web");
      service.onControl(() => service.hasEnded(0));
      const removed = windowsServices.remove("web", MARKS);
      assert.deepEqual(told().map(([state]) => state), [START_PENDING]);
      service.isUp();
      await removed;
      assert.deepEqual(told().map(([state]) => state), [START_PENDING, RUNNING, STOP_PENDING, STOPPED]);
      assert.equal(fake.fake_is_service(), 0);
    });
  });

  test("is none where Windows has not started it", { skip }, async () => {
    fakeWindows().fake_services(0, 0, 0);
    await assert.rejects(
      windowsServices.enter("web"),
      /this cannot be a service: Windows has not started this program as a service; net start does that$/,
    );
  });
});

test("a service's pipe is asked where it is who has written its name", { skip: noFakeWindows }, () => {
  const fake = fakeWindows();
  const [ADMINISTRATORS, SERVICE, OTHER] = [544, 1_000, 1_001];
  return withDirectory((directory) => {
    const path = join(directory, "proctor.sock");
    const isAsked = (pipeOwner: number, fileOwner: number) => {
      writeFileSync(path, newPipe(), { mode: 0o600 });
      fake.fake_pipe(pipeOwner, 0);
      fake.fake_file(fileOwner);
      return isOwnPipe(pipeIn(path)!);
    };
    assert.equal(isAsked(SERVICE, SERVICE), true);
    for (const fileOwner of [OTHER, ADMINISTRATORS, 2, 0]) assert.equal(isAsked(SERVICE, fileOwner), false);
    assert.equal(isAsked(2, 2), false, "another account is not a service");
    fake.fake_pipe(SERVICE, 0);
    assert.equal(isOwnPipe(newPipe()), false, "its name stands nowhere");
  });
});
