/* A supervisor tells the destinations of its configuration. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../../config/fault.ts";
import type { SupervisorEvent } from "../../../supervisor/control.ts";
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

  test("goes on as it was after a reload that leaves a destination as it is", async () => {
    await using office = await PostOffice.open();
    const manager = { notify: [{ webhook: office.url, digest: "10m" }] };
    const processes = [shell("web", "exit 3", ONCE), shell("other", "exit 4", ONCE, { enabled: false })];
    await using test = await TestSupervisor.start(processes, manager);
    await office.first(1);
    await test.supervisor.start("other");
    await test.reaches("other", "failed");
    test.configure([...processes, shell("third", "exit 5", ONCE)], manager);
    await test.supervisor.reload();
    await test.reaches("third", "failed");
    await test.end();
    const told = office.all.map(({ text }) =>
      JSON.parse(text).events.map(({ id, to }: SupervisorEvent) => `${id} ${to}`)
    );
    assert.deepEqual(told, [["web failed"], ["other failed", "third failed"]]);
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

const NO_SERVER =
  "names no server; write smtps://USER:PASSWORD@HOST, with / # ? @ % of a password as %2F %23 %3F %40 %25";

test("what is wrong with a destination is said with its place", () => {
  using files = scratch();
  const destinations = [
    "{ webhook: ftp://x }",
    "{ slack: http://x/y, ntfy: http://x/y }",
    "{}",
    "{ email: { server: smtp://h, from: nobody, to: [] } }",
    "{ ntfy: https://ntfy.sh, secret: long enough }",
    "{ webhook: http://x/, states: [crashed], processes: [] }",
    "{ ntfy: ntfy.sh/ours }",
    '{ email: { server: "smtp://me:5%ss@h", from: a@b, to: [a@b] } }',
    '{ email: { server: "smtp://me:12/x@h", from: a@b, to: [a@b] } }',
    '{ webhook: http://x/, headers: { "X-Team": "ops\\n" } }',
  ];
  const text = `process_manager:\n  notify:\n${destinations.map((one) => `    - ${one}\n`).join("")}`;
  assert.throws(() => loadConfig(files.write("proctor.yaml", `${text}managed_processes: []\n`)), (error) => {
    assert.ok(error instanceof ConfigError);
    const lines = error.lines.map((line) =>
      line.replace(/^.*?proctor\.yaml:(\d+):\d+: process_manager\./, "$1 ")
    );
    assert.deepEqual(lines, [
      "3 notify.0.webhook: is not a URL of http or https",
      "4 notify.1: names ntfy and slack; write one of webhook, ntfy, slack, email",
      "5 notify.2: names no destination; write one of webhook, ntfy, slack, email",
      '6 notify.3.email.from: is not an address; write "ops@example.org" or "Operations <ops@example.org>"',
      "6 notify.3.email.to: [] is empty; it has at least one entry",
      "7 notify.4.ntfy: names no topic; write https://HOST/TOPIC",
      "7 notify.4.secret: is of a webhook alone",
      '8 notify.5.states.0: "crashed" is none of stopped, starting, running, stopping, failed, backoff, disabled',
      "8 notify.5.processes: [] is empty; it has at least one entry",
      "9 notify.6.ntfy: is not a URL of http or https",
      `10 notify.7.email.server: ${NO_SERVER}`,
      `11 notify.8.email.server: ${NO_SERVER}`,
      "12 notify.9.headers.X-Team: has a character that no header can have, such as the end of a line",
    ]);
    return true;
  });
});
