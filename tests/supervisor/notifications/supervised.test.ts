/* A supervisor tells the destinations of its configuration. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { scratch } from "../support/files.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";
import { PostOffice } from "./support/post_office.ts";

const ONCE = { restart_policy: "never" };
const titleOf = ({ text }: { text: string }): string => JSON.parse(text).title;

describe("notify", { timeout: 60_000 }, () => {
  test("tells of a process that fails, and after a reload somebody else", async () => {
    await using first = await PostOffice.open();
    await using second = await PostOffice.open();
    const processes = [shell("web", "exit 3", ONCE), shell("other", "exit 4", ONCE)];
    await using test = await TestSupervisor.start(processes, {
      notify: [{ webhook: first.url, processes: ["w*"], digest: "0s" }],
    });
    const [posted] = await first.first(1);
    assert.match(titleOf(posted), /^web: running → failed: .*exit code 3/);
    test.configure(processes, { notify: [{ slack: `${second.url}/secret-path`, digest: "0s" }] });
    await test.supervisor.reload();
    await test.supervisor.start("other");
    const [text] = await second.first(1);
    assert.match(JSON.parse(text.text).text, /other: running → failed/);
    assert.equal(first.all.length, 1);
    await test.end();
    assert.doesNotMatch(test.said.join("\n"), /secret-path/);
  });

  test("goes on as it was over a reload that does not change it", async () => {
    await using office = await PostOffice.open();
    const manager = { notify: [{ webhook: office.url, digest: "10m" }] };
    const off = (id: string) => shell(id, "exit 3", ONCE, { enabled: false });
    await using test = await TestSupervisor.start(
      [shell("web", "exit 3", ONCE), off("a"), off("b")],
      manager,
    );
    await office.first(1);
    for (const id of ["a", "b"]) {
      await test.supervisor.reload();
      await test.supervisor.start(id).catch(() => {});
      await test.reaches(id, "failed");
    }
    await test.end();
    const told = office.all.map(({ text }) => JSON.parse(text).events.map(({ id }: { id: string }) => id));
    assert.deepEqual(told, [["web"], ["a", "b"]], "the second message is the digest of all that followed");
  });

  test("sends what waits before the supervisor ends", async () => {
    await using office = await PostOffice.open();
    await using test = await TestSupervisor.start([shell("web", "exit 3", ONCE)], {
      notify: [{ webhook: office.url, digest: "10m", kinds: ["transition", "supervisor_stopping"] }],
    });
    await office.first(1);
    await test.end();
    assert.match(titleOf(office.all[1]), /^supervisor stopping/);
  });
});

test("what is wrong with a destination is said with its place", () => {
  using files = scratch();
  const destinations = [
    "{ webhook: ftp://x }",
    "{ slack: http://x/y, ntfy: http://x/y }",
    "{}",
    "{ email: { server: smtp://h, from: nobody, to: [] } }",
    "{ ntfy: https://ntfy.sh, secret: long enough }",
    "{ webhook: http://x/, states: [crashed], processes: [] }",
  ];
  const text = `process_manager:\n  notify:\n${destinations.map((one) => `    - ${one}\n`).join("")}`;
  assert.throws(() => loadConfig(files.write("proctor.yaml", `${text}managed_processes: []\n`)), (error) => {
    assert.ok(error instanceof ConfigError);
    const lines = error.lines.map((line) =>
      line.replace(/^.*?proctor\.yaml:(\d+):\d+: process_manager\./, "$1 ")
    );
    assert.deepEqual(lines, [
      "3 notify.0.webhook: is no URL of http or https",
      "4 notify.1: names ntfy and slack; write one of webhook, ntfy, slack, email",
      "5 notify.2: names no destination; write one of webhook, ntfy, slack, email",
      '6 notify.3.email.from: is no address; write "ops@example.org" or "Operations <ops@example.org>"',
      "6 notify.3.email.to: [] is empty; it has at least one entry",
      "7 notify.4.ntfy: names no topic; write https://HOST/TOPIC",
      "7 notify.4.secret: is of a webhook alone",
      '8 notify.5.states.0: "crashed" is none of stopped, starting, running, stopping, failed, backoff, disabled',
      "8 notify.5.processes: [] is empty; it has at least one entry",
    ]);
    return true;
  });
});
