/* proctor watch --container, --pod and --unit: cgroups as runtimes name them, read as a whole. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import type { TaskMessage } from "../../../core/schema/task_message.ts";
import { asNobody, NOBODY_ENV, noOtherUser } from "../../support/linux.ts";
import { noV1, ownV1 } from "../../support/v1.ts";
import { freePort } from "../../support/free_port.ts";
import {
  freshId,
  freshName,
  makeCgroup,
  noWorkloads,
  ownV2,
  removeSoon,
  startInside,
} from "../../support/workload_cgroups.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, start, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";

const FAST = ["--interval", "100ms", "--discover-interval", "100ms"];
const parse = (line: string): TaskMessage => taskMessageSchema.strict().parse(JSON.parse(line));

/** The first message that a test accepts, as soon as it is there. */
async function message(agent: Running, accepts: (message: TaskMessage) => boolean): Promise<TaskMessage> {
  return parse(await agent.line((line) => accepts(parse(line))));
}

async function end(agent: Running, signal: "SIGINT" = "SIGINT") {
  agent.kill(signal);
  const ended = await agent.ended;
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

/** CPU that the kernel has counted for a cgroup of v2. */
function cpuSeconds(directory: string): number {
  return Number(/^usage_usec (\d+)/m.exec(readFileSync(join(directory, "cpu.stat"), "utf8"))![1]) / 1e6;
}

/** A Docker that has these containers, by ID, and where it listens. */
async function fakeDocker(directory: string, names: Readonly<Record<string, string>>) {
  const socket = join(directory, "docker.sock");
  const server = createServer((_, response) => {
    response.end(JSON.stringify(Object.entries(names).map(([Id, name]) => ({ Id, Names: [`/${name}`] }))));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    env: { ...process.env, DOCKER_HOST: `unix://${socket}` },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe("proctor watch --unit", () => {
  test(
    "counts all of it, whoever started it, the dead included",
    { skip: noWorkloads, timeout: 120_000 },
    async () => {
      const unit = freshName("unit");
      await using cgroup = makeCgroup(ownV2(), `system.slice/${unit}.service`);
      const { directory } = cgroup;
      await using one = await startInside([directory], "odd_name", "one");
      const before = cpuSeconds(directory);
      const agent = start(["watch", "--unit", unit, ...FAST]);
      const first = await message(agent, () => true);
      const { pid, unit: told, restart_count } = first.process!;
      assert.deepEqual([first.task_id, pid, told, restart_count], [unit, one.pid, `${unit}.service`, 0]);
      assert.deepEqual([first.accounting!.cpu, first.metrics.process_count], [
        { source: "cgroup", quality: "exact" },
        1,
      ]);
      // No child of the first: only the cgroup tells that it belongs there. And one level below.
      await using below = makeCgroup(directory, "worker");
      await using two = await startInside([below.directory], "odd_name", "two");
      await message(agent, ({ metrics }) => metrics.process_count === 2);
      const burned = await startInside([directory], "burn_cpu", "0.3");
      assert.ok(burned.ready.cpu_seconds > 0.2);
      const last = await message(
        agent,
        ({ metrics }) => metrics.process_count === 2 && metrics.cpu_seconds! > 0.3,
      );
      assert.ok(last.metrics.cpu_seconds! <= cpuSeconds(directory));
      const stopped = await end(agent);
      const final = parse(stopped.stdout.toString().trimEnd().split("\n").at(-1)!);
      assert.equal(final.state, "stopped");
      assert.ok(
        Math.abs(final.metrics.cpu_seconds! - (cpuSeconds(directory) - before)) < 0.1,
        stopped.stdout.toString(),
      );
      assert.match(stopped.stderr, new RegExp(`${unit}: watching ${unit}.service, process ${one.pid}`));
      await two.release();
      await one.release();
    },
  );

  test(
    "goes on with a unit that is restarted, and lets go of who has left",
    { skip: noWorkloads, timeout: 120_000 },
    async () => {
      const unit = freshName("again");
      const path = `system.slice/${unit}.service`;
      const agent = start(["watch", "--unit", `${unit}.service`, ...FAST, "--quiet"]);
      for (const restart of [0, 1]) {
        await using cgroup = makeCgroup(ownV2(), path);
        await using main = await startInside([cgroup.directory], "odd_name", "main");
        await using other = await startInside([cgroup.directory], "odd_name", "other");
        const has = (count: number) => ({ process: of, metrics, state }: TaskMessage) =>
          of!.restart_count === restart && metrics.process_count === count && state === "running";
        const found = await message(agent, has(2));
        assert.deepEqual([found.task_id, found.process!.pid], [unit, main.pid]);
        assert.ok(found.metrics.cpu_seconds! < 1, "counted anew");
        writeFileSync(join(ownV2(), "cgroup.procs"), String(other.pid));
        await message(agent, (later) => {
          return later.metrics.timestamp > found.metrics.timestamp && has(1)(later);
        });
        await main.release();
        const ended = await message(agent, ({ process: of, state }) => {
          return of!.restart_count === restart && state !== "running";
        });
        assert.equal(ended.state, "ended");
        await removeSoon(cgroup.directory);
      }
      await end(agent);
    },
  );

  test("a user's unit of the same name is not meant, unless his manager is named", {
    skip: noWorkloads,
    timeout: 120_000,
  }, async () => {
    const unit = freshName("own");
    const user = "user.slice/user-4242.slice/user@4242.service";
    await using cgroup = makeCgroup(ownV2(), `${user}/app.slice/${unit}.service`);
    await using one = await startInside([cgroup.directory], "odd_name", "one");
    const check = async (value: string) =>
      (await proctor(["watch", "--unit", value, "--check"])).stdout.toString();
    assert.match(await check(unit), /none at the moment/);
    assert.match(
      await check(`user@4242.service/${unit}`),
      new RegExp(`${unit}  ${one.pid}  ${unit}.service, user 4242, process ${one.pid}`),
    );
    await one.release();
  });
});

describe("proctor watch --container", () => {
  test("finds Docker's by its name, as Docker tells it, or the beginning of its ID", {
    skip: noWorkloads,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      const [id, name] = [freshId(), freshName("web")];
      await using cgroup = makeCgroup(ownV2(), `system.slice/docker-${id}.scope`);
      await using one = await startInside([cgroup.directory], "odd_name", "one");
      await using docker = await fakeDocker(directory, { [id]: name });
      for (const value of [name, id.slice(0, 20)]) {
        const agent = start(["watch", "--container", value, ...FAST], { env: docker.env });
        const { task_id, process: of } = await message(agent, ({ process: of }) => {
          return value !== name || of!.container_name === name;
        });
        const { container_id, pid } = of!;
        assert.deepEqual([task_id, container_id, pid], [value, id, one.pid]);
        const { stderr } = await end(agent);
        assert.match(
          stderr,
          new RegExp(`^proctor: ${value}: watching docker ${id.slice(0, 12)}[^\n]*process ${one.pid}\n$`),
        );
      }
      await one.release();
    });
  });

  test("root is told Docker's name by its file; others are told why they are not, and the ID does", {
    skip: noWorkloads || noOtherUser,
    timeout: 120_000,
  }, async () => {
    const [id, name] = [freshId(), freshName("web")];
    await using cgroup = makeCgroup(ownV2(), `docker/${id}`);
    await using one = await startInside([cgroup.directory], "odd_name", "one");
    // In a mount namespace of its own: the machine's Docker, should there be one, is not touched.
    const directory = `/var/lib/docker/containers/${id}`;
    const script = `mount -t tmpfs none /var/lib && mkdir -p ${directory} && umask 077 &&
      chmod 700 /var/lib/docker && echo '{"Name":"/${name}"}' > ${directory}/config.v2.json && exec "$@"`;
    const check = async (value: string, as: (command: readonly string[]) => string[]) => {
      const agent = startProgram(
        [
          "unshare",
          "-m",
          "sh",
          "-c",
          script,
          "sh",
          ...as([BINARY, "watch", "--container", value, "--check"]),
        ],
        { env: { ...NOBODY_ENV, DOCKER_HOST: "" } },
      );
      return (await agent.ended).stdout.toString();
    };
    assert.match(
      await check(name, (command) => [...command]),
      new RegExp(`${one.pid}  docker ${id.slice(0, 12)} \\(${name}\\)`),
    );
    const told = await check(name, asNobody);
    assert.match(told, /none at the moment/);
    assert.match(
      told,
      /names of docker's containers cannot be read \(.*config.v2.json: permission denied\); write the ID/,
    );
    assert.match(await check(id, asNobody), new RegExp(`${one.pid}  docker ${id.slice(0, 12)}, process`));
    await one.release();
  });

  test(
    "of several the oldest is watched, and all are listed",
    { skip: noWorkloads, timeout: 120_000 },
    async () => {
      const ids = ["a", "b"].map((letter) => `cafe${letter}${freshId().slice(5)}`);
      await using first = makeCgroup(ownV2(), `docker/${ids[0]}`);
      await using second = makeCgroup(ownV2(), `machine.slice/libpod-${ids[1]}.scope`);
      await using one = await startInside([first.directory], "odd_name", "one");
      await using two = await startInside([second.directory], "odd_name", "two");
      const agent = start(["watch", "--container", "cafe", ...FAST]);
      const { process: of } = await message(agent, () => true);
      const { stderr } = await end(agent);
      assert.match(stderr, /^proctor: cafe: 2 match: .*write more of it to mean another$/m);
      for (const id of ids) assert.ok(stderr.includes(id.slice(0, 12)), stderr);
      assert.ok([one.pid, two.pid].includes(of!.pid));
      assert.equal(of!.container_id, of!.pid === one.pid ? ids[0] : ids[1]);
      await Promise.all([one.release(), two.release()]);
    },
  );

  test(
    "its memory is what cgroup v1 counts, where that one does",
    { skip: noWorkloads || noV1, timeout: 120_000 },
    async () => {
      const id = freshId();
      await using v1 = makeCgroup(ownV1("memory"), `docker/${id}`);
      await using live = await startInside([v1.directory], "alloc_mb", "40", "-");
      const file = (name: string) => Number(readFileSync(join(v1.directory, name), "utf8"));
      const agent = start(["watch", "--container", id, ...FAST, "--quiet"]);
      const { metrics, aggregated, accounting, process: of } = await message(agent, () => true);
      assert.deepEqual([of!.container_id, accounting!.memory], [id, {
        source: "cgroup_v1",
        quality: "exact",
      }]);
      assert.equal(accounting!.cpu.source, "proc", "no hierarchy that counts CPU has the container");
      assert.ok(
        Math.abs(metrics.memory_bytes! - file("memory.usage_in_bytes")) < 4 * 2 ** 20,
        `${metrics.memory_bytes}`,
      );
      assert.ok(metrics.memory_bytes! > 40 * 2 ** 20);
      assert.equal(aggregated.max_memory_usage, file("memory.max_usage_in_bytes"));
      await end(agent);
      await live.release();
    },
  );
});

test("proctor watch --pod: one task for all containers, by the UID; with --container one of them", {
  skip: noWorkloads,
  timeout: 120_000,
}, async () => {
  const digits = freshId();
  const uid = `${digits.slice(0, 8)}-1111-4222-8333-${digits.slice(8, 20)}`;
  const ids = [freshId(), freshId()];
  const slice = `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${
    uid.replaceAll("-", "_")
  }.slice`;
  await using first = makeCgroup(ownV2(), `${slice}/cri-containerd-${ids[0]}.scope`);
  await using second = makeCgroup(ownV2(), `${slice}/cri-containerd-${ids[1]}.scope`);
  await using one = await startInside([first.directory], "odd_name", "one");
  await using two = await startInside([second.directory], "odd_name", "two");
  const agent = start(["watch", "--pod", uid, ...FAST, "--quiet"]);
  const whole = await message(agent, ({ metrics }) => metrics.process_count === 2);
  assert.deepEqual([whole.task_id, whole.process!.pod_uid, whole.process!.container_id], [
    uid,
    uid,
    undefined,
  ]);
  await end(agent);
  const part = start(["watch", "--pod", uid, "--container", ids[1], ...FAST, "--quiet"]);
  const { process: of, metrics } = await message(part, () => true);
  assert.deepEqual([of!.pid, of!.pod_uid, of!.container_id, metrics.process_count], [
    two.pid,
    uid,
    ids[1],
    1,
  ]);
  await end(part);
  await Promise.all([one.release(), two.release()]);
});

test("messages of any target, Prometheus and --check say which container and unit a process is in", {
  skip: noWorkloads,
  timeout: 120_000,
}, async () => {
  await withDirectory(async (directory) => {
    const [id, name, unit] = [freshId(), freshName("n"), freshName("svc")];
    await using cgroup = makeCgroup(ownV2(), `system.slice/${unit}.service/docker/${id}`);
    await using one = await startInside([cgroup.directory], "odd_name", name);
    const port = await freePort();
    const config = join(directory, "watch.yaml");
    writeFileSync(
      config,
      `prometheus: 127.0.0.1:${port}\nrecords: "-"\ntargets:\n- {name: ${name}}\n- {unit: ${unit}, interval: 100ms}\n`,
    );
    const agent = start(["watch", "--config", config, ...FAST, "--quiet"]);
    const { process: of } = await message(agent, ({ task_id }) => task_id === `${name}-${one.pid}`);
    assert.deepEqual([of!.container_id, of!.unit], [id, `${unit}.service`]);
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const info = page.split("\n").find((line) => line.startsWith("proctor_task_info") && line.includes(name));
    assert.ok(info?.includes(`container_id="${id}"`) && info.includes(`unit="${unit}.service"`), page);
    await end(agent);
    await one.release();
  });
});
