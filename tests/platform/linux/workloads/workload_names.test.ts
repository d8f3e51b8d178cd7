/* What containers and pods are called, by the files of their runtimes and by Docker's socket. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { cgroupLayers } from "../../../../platform/linux/workloads/cgroup_layers.ts";
import { LinuxWorkloadNames } from "../../../../platform/linux/workloads/workload_names.ts";
import { withDirectory } from "../../../cli/support/directory.ts";

const ID = "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970";
const OTHER = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
const UID = "2ec8cf9d-0d2c-4f3f-a4d8-c0e0b1d7a7b1";
const NONE = { container: null, pod: null, podNamespace: null };
const isRoot = process.getuid?.() === 0;

const DOCKER = `/docker/${ID}`;
const PODMAN = `/machine.slice/libpod-${ID}.scope/container`;
const NERDCTL = `/system.slice/nerdctl-${ID}.scope`;
const POD = `/kubepods.slice/kubepods-pod${UID.replaceAll("-", "_")}.slice`;
const DOCKER_FILE = `/var/lib/docker/containers/${ID}/config.v2.json`;

function put(root: string, file: string, content: unknown): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}

function namesIn(root: string, path: string, dockerSocket: string | null = null) {
  const names = new LinuxWorkloadNames({ root, dockerSocket });
  const layer = cgroupLayers(path).findLast(({ containerId }) => containerId !== null)!;
  return { names, layer, found: () => names.ofContainer(layer) };
}

/** Files of each runtime, the path of a container, and its names. */
const CAPTURED: Readonly<Record<string, [path: string, files: Record<string, unknown>, expected: unknown]>> =
  {
    "Docker": [DOCKER, {
      [DOCKER_FILE]: { ID, Name: "/web", State: { Running: true }, Config: { Image: "nginx", Labels: {} } },
    }, { ...NONE, container: "web" }],
    "Docker below Kubernetes": [`${POD}/docker-${ID}.scope`, {
      [DOCKER_FILE]: {
        Name: "/k8s_web_web-0_default_x_0",
        Config: {
          Labels: {
            "io.kubernetes.container.name": "web",
            "io.kubernetes.pod.name": "web-0",
            "io.kubernetes.pod.namespace": "default",
          },
        },
      },
    }, { container: "web", pod: "web-0", podNamespace: "default" }],
    "Podman": [PODMAN, {
      "/var/lib/containers/storage/overlay-containers/containers.json": [
        { id: OTHER, names: ["other"] },
        { id: ID, names: ["db"], layer: "x", created: "2026-01-01T00:00:00Z" },
      ],
    }, { ...NONE, container: "db" }],
    "nerdctl": [NERDCTL, {
      [`/run/containerd/io.containerd.runtime.v2.task/default/${ID}/config.json`]: {
        ociVersion: "1.2.0",
        annotations: { "nerdctl/name": "cache" },
      },
    }, { ...NONE, container: "cache" }],
    "containerd below Kubernetes": [`${POD}/cri-containerd-${ID}.scope`, {
      [`/run/containerd/io.containerd.runtime.v2.task/k8s.io/${ID}/config.json`]: {
        annotations: {
          "io.kubernetes.cri.container-name": "web",
          "io.kubernetes.cri.sandbox-name": "web-0",
          "io.kubernetes.cri.sandbox-namespace": "default",
        },
      },
    }, { container: "web", pod: "web-0", podNamespace: "default" }],
    "CRI-O": [`${POD}/crio-${ID}.scope`, {
      [`/run/containers/storage/overlay-containers/${ID}/userdata/config.json`]: {
        annotations: {
          "io.kubernetes.container.name": "web",
          "io.kubernetes.pod.name": "web-0",
          "io.kubernetes.pod.namespace": "shop",
        },
      },
    }, { container: "web", pod: "web-0", podNamespace: "shop" }],
    "the kubelet's logs": [`/kubepods/burstable/pod${UID}/${ID}`, {
      [`/var/log/containers/web-0_shop_front-end-${ID}.log`]: "",
    }, { container: "front-end", pod: "web-0", podNamespace: "shop" }],
    "the kubelet's directory of a pod": [`/kubepods/burstable/pod${UID}/${ID}`, {
      [`/var/log/pods/shop_web-0_${UID}/web/0.log`]: "",
    }, { container: null, pod: "web-0", podNamespace: "shop" }],
  };

describe("names of containers", () => {
  for (const [runtime, [path, files, expected]] of Object.entries(CAPTURED)) {
    test(`come from the files of ${runtime}`, async () => {
      await withDirectory((root) => {
        for (const [file, content] of Object.entries(files)) put(root, file, content);
        const { names, found } = namesIn(root, path);
        assert.deepEqual(found(), expected);
        assert.deepEqual(names.problems(), []);
      });
    });
  }

  test("are not known where there are no files", async () => {
    await withDirectory((root) => {
      for (const path of [DOCKER, PODMAN, NERDCTL, `${POD}/crio-${ID}.scope`]) {
        const { names, found } = namesIn(root, path);
        assert.deepEqual([found(), names.problems()], [NONE, []], path);
      }
    });
  });

  /** What may lie in the place of a file, and what is said of it. */
  const BAD: Readonly<Record<string, [make: (file: string) => void, said: RegExp | null]>> = {
    "no JSON": [(file) => writeFileSync(file, "{", { mode: 0o600 }), /it is not JSON/],
    "a list": [(file) => writeFileSync(file, "[]", { mode: 0o600 }), null],
    "a name that is a number": [(file) => writeFileSync(file, '{"Name":5}', { mode: 0o600 }), null],
    "a name without end": [
      (file) => writeFileSync(file, `{"Name":"${"x".repeat(300)}"}`, { mode: 0o600 }),
      null,
    ],
    "too much": [(file) => writeFileSync(file, " ".repeat(5 * 1_048_576), { mode: 0o600 }), /larger than/],
    "a link": [(file) => symlinkSync("/etc/passwd", file), /symbolic link/],
    "a file that others may write to": [(file) => {
      writeFileSync(file, '{"Name":"/web"}');
      chmodSync(file, 0o666);
    }, /others may write to it/],
    "a directory": [(file) => mkdirSync(file), /not a regular file/],
  };
  for (const [what, [make, said]] of Object.entries(BAD)) {
    test(`are not taken from ${what}`, async () => {
      await withDirectory((root) => {
        mkdirSync(dirname(join(root, DOCKER_FILE)), { recursive: true });
        make(join(root, DOCKER_FILE));
        const { names, found } = namesIn(root, DOCKER);
        assert.deepEqual(found(), NONE);
        if (!said) return assert.deepEqual(names.problems(), []);
        assert.equal(names.problems().length, 1);
        assert.match(names.problems()[0], said);
        assert.match(names.problems()[0], /write the ID, or run as root or in the group docker$/);
      });
    });
  }

  test("are not taken from a stranger's file", { skip: !isRoot && "needs root" }, async () => {
    await withDirectory((root) => {
      chownSync(put(root, DOCKER_FILE, { Name: "/web" }), 65_534, 65_534);
      const { names, found } = namesIn(root, DOCKER);
      assert.deepEqual(found(), NONE);
      assert.match(names.problems()[0], /belongs to another user \(65534\)/);
    });
  });

  test("are not given to what users, or whoever is inside of a container, have made under an ID", async () => {
    await withDirectory((root) => {
      put(root, DOCKER_FILE, { Name: "/web" });
      put(root, `/var/log/pods/shop_web-0_${UID}/web/0.log`, "");
      for (
        const path of [
          `/user.slice/user-4242.slice/user@4242.service${POD}/docker-${ID}.scope`,
          `/user.slice/user-4242.slice/user@4242.service/docker-${ID}.scope`,
          `/docker/${OTHER}/docker-${ID}.scope`,
        ]
      ) assert.deepEqual(namesIn(root, path).found(), NONE, path);
      assert.equal(namesIn(root, DOCKER).found().container, "web");
    });
  });
});

describe("Docker's socket", () => {
  const listen = async (server: ReturnType<typeof createSocketServer>, path: string) =>
    await new Promise<void>((resolve) => server.listen(path, resolve));
  const close = (server: ReturnType<typeof createSocketServer>) =>
    new Promise<void>((resolve) => server.close(() => resolve()));

  test("tells names that no file does", { timeout: 120_000 }, async () => {
    await withDirectory(async (root) => {
      const asked: (string | undefined)[] = [];
      const server = createServer(({ url }, response) => {
        asked.push(url);
        response.end(JSON.stringify([
          { Id: OTHER, Names: null },
          { Id: ID, Names: ["/other/alias", "/web"], Image: "nginx" },
        ]));
      });
      await listen(server, join(root, "docker.sock"));
      const { names, found } = namesIn(root, DOCKER, join(root, "docker.sock"));
      assert.deepEqual(found(), NONE);
      const before = names.revision;
      names.refresh();
      await names.settled();
      assert.deepEqual([found().container, asked], ["web", ["/containers/json"]]);
      assert.ok(names.revision > before);
      names.refresh();
      await names.settled();
      assert.equal(asked.length, 1, "nothing is missing: it is not asked again");
      await close(server);
    });
  });

  for (
    const [what, answer] of Object.entries({
      "never answers": null,
      "answers what is not HTTP": "hello\r\n\r\n",
      "answers what is not JSON": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{",
      "refuses": "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n[]",
      "answers another thing": 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"Id": 1}',
      "hangs up": "",
    })
  ) {
    test(`holds nobody up when it ${what}`, { timeout: 120_000 }, async () => {
      await withDirectory(async (root) => {
        const server = createSocketServer((socket) => {
          socket.on("error", () => {});
          socket.once("data", () => answer === null ? undefined : socket.end(answer));
        });
        await listen(server, join(root, "docker.sock"));
        const { names, found } = namesIn(root, DOCKER, join(root, "docker.sock"));
        assert.deepEqual(found(), NONE);
        const started = performance.now();
        names.refresh();
        await names.settled();
        assert.ok(performance.now() - started < 15_000);
        assert.deepEqual(found(), NONE);
        assert.match(
          names.problems()[0],
          /docker\.sock: .+\); write the ID, or run as root or in the group docker$/,
        );
        await close(server);
      });
    });
  }
});
