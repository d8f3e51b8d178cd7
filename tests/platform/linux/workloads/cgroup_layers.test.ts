/* What cgroups are by their paths, as container runtimes and systemd lay them out. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { cgroupIdentity, cgroupLayers } from "../../../../platform/linux/workloads/cgroup_layers.ts";

const ID = "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970";
const OTHER = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
const UID = "2ec8cf9d-0d2c-4f3f-a4d8-c0e0b1d7a7b1";
const SLICED = UID.replaceAll("-", "_");
const STATIC_UID = "0f2d3a0b5e9b4a0e8b8f4f3cb0b6f3a1";

type Expected = readonly [
  kind: string,
  containerId: string | null,
  podUid: string | null,
  unit: string | null,
  userId: number | null,
];
const PATHS: Readonly<Record<string, Expected | null>> = {
  [`/docker/${ID}`]: ["docker", ID, null, null, null],
  [`/${ID}`]: ["docker", ID, null, null, null],
  [`/my/parent/${ID}`]: ["docker", ID, null, null, null],
  [`/docker/${ID}/init.scope`]: ["docker", ID, null, null, null],
  [`/system.slice/docker-${ID}.scope`]: ["docker", ID, null, `docker-${ID}.scope`, null],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`]: [
    "docker",
    ID,
    null,
    `docker-${ID}.scope`,
    1000,
  ],
  [`/docker/${OTHER}/docker/${ID}`]: ["docker", ID, null, null, null],
  [`/machine.slice/libpod-${ID}.scope`]: ["podman", ID, null, `libpod-${ID}.scope`, null],
  [`/machine.slice/libpod-${ID}.scope/container`]: ["podman", ID, null, `libpod-${ID}.scope`, null],
  [`/libpod_parent/libpod-${ID}`]: ["podman", ID, null, null, null],
  [`/machine.slice/machine-libpod_pod_${OTHER}.slice/libpod-${ID}.scope`]: [
    "podman",
    ID,
    OTHER,
    `libpod-${ID}.scope`,
    null,
  ],
  [`/machine.slice/libpod-conmon-${ID}.scope`]: ["systemd", null, null, `libpod-conmon-${ID}.scope`, null],
  [`/system.slice/nerdctl-${ID}.scope`]: ["containerd", ID, null, `nerdctl-${ID}.scope`, null],
  [`/default/${ID}`]: ["containerd", ID, null, null, null],
  [`/k8s.io/${ID}`]: ["containerd", ID, null, null, null],
  [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICED}.slice/cri-containerd-${ID}.scope`]:
    ["kubernetes", ID, UID, `cri-containerd-${ID}.scope`, null],
  [`/kubepods.slice/kubepods-pod${SLICED}.slice/crio-${ID}.scope`]: [
    "kubernetes",
    ID,
    UID,
    `crio-${ID}.scope`,
    null,
  ],
  [`/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${SLICED}.slice/docker-${ID}.scope`]: [
    "kubernetes",
    ID,
    UID,
    `docker-${ID}.scope`,
    null,
  ],
  [`/kubepods.slice/kubepods-pod${SLICED}.slice/crio-${ID}.scope/container`]: [
    "kubernetes",
    ID,
    UID,
    `crio-${ID}.scope`,
    null,
  ],
  [`/kubepods.slice/kubepods-pod${SLICED}.slice`]: ["kubernetes", null, UID, null, null],
  [`/kubepods/besteffort/pod${UID}/${ID}`]: ["kubernetes", ID, UID, null, null],
  [`/kubepods/pod${UID}/crio-${ID}`]: ["kubernetes", ID, UID, null, null],
  [`/kubepods/burstable/pod${STATIC_UID}/${ID}`]: ["kubernetes", ID, STATIC_UID, null, null],
  [`/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${SLICED}.slice/cri-containerd-${ID}.scope`]:
    ["kubernetes", ID, UID, `cri-containerd-${ID}.scope`, null],
  [`/docker/${OTHER}/kubelet/kubepods/burstable/pod${UID}/${ID}`]: ["kubernetes", ID, UID, null, null],
  [`/system.slice/containerd.service/kubepods-burstable-pod${SLICED}.slice:cri-containerd:${ID}`]: [
    "kubernetes",
    ID,
    UID,
    "containerd.service",
    null,
  ],
  [`/../../kubepods-burstable-pod${SLICED}.slice/cri-containerd-${ID}.scope`]: [
    "kubernetes",
    ID,
    UID,
    `cri-containerd-${ID}.scope`,
    null,
  ],
  "/system.slice/nginx.service": ["systemd", null, null, "nginx.service", null],
  "/system.slice/system-getty.slice/getty@tty1.service": ["systemd", null, null, "getty@tty1.service", null],
  "/system.slice/dev-disk-by\\x2duuid-1.swap": ["systemd", null, null, "dev-disk-by\\x2duuid-1.swap", null],
  "/system.slice/_cpu.service": ["systemd", null, null, "cpu.service", null],
  "/user.slice/user-1000.slice/session-3.scope": ["systemd", null, null, "session-3.scope", null],
  "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome\\x2dx.service": [
    "systemd",
    null,
    null,
    "app-org.gnome\\x2dx.service",
    1000,
  ],
  "/user.slice/user-1000.slice/user@1000.service": ["systemd", null, null, "user@1000.service", null],
  "/init.scope": ["systemd", null, null, "init.scope", null],
  "/": null,
  "": null,
  "/system.slice": null,
  "/docker": null,
  "/docker/buildkit/abcdefghijklmnopqrstuvwxy": null,
  [`/docker/${ID.toUpperCase()}`]: null,
  [`/kubepods/burstable/podx${UID}`]: null,
  [`/somewhere/pod${UID}`]: null,
  [`/x/evil-${ID}`]: null,
};

describe("a cgroup is recognised by its path", () => {
  for (const [path, expected] of Object.entries(PATHS)) {
    test(path === "" ? "an empty path" : path, () => {
      const found = cgroupIdentity(path);
      const { kind, container, pod, unit, userId } = found ?? {};
      assert.deepEqual(
        found && [kind, container?.containerId ?? null, pod?.podUid ?? null, unit, userId],
        expected,
      );
    });
  }

  test("each layer has the path that leads to it", () => {
    const pod = `/kubepods.slice/kubepods-pod${SLICED}.slice`;
    assert.deepEqual(
      cgroupLayers(`${pod}/crio-${ID}.scope/container`).map(({ kind, path }) => [kind, path]),
      [["systemd", "/kubepods.slice"], ["kubernetes", pod], ["crio", `${pod}/crio-${ID}.scope`]],
    );
    assert.equal(cgroupLayers(`/../../docker/${ID}/x`)[0].path, `/../../docker/${ID}`);
  });

  test("whatever the path is, nothing is thrown, and paths of layers begin it", () => {
    const word = fc.oneof(
      fc.constantFrom(
        ...Object.keys(PATHS).flatMap((path) => path.split("/")),
        "pod",
        "-pod.slice",
        "::",
        "_",
        ".scope",
      ),
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^[0-9a-f_-]{0,80}$/),
    );
    fc.assert(fc.property(fc.array(word), fc.constantFrom("", "/", "//"), (words, start) => {
      const path = start + words.join("/");
      for (const layer of cgroupLayers(path)) assert.ok(path.startsWith(layer.path), layer.path);
      const id = cgroupIdentity(path)?.container?.containerId;
      assert.ok(id === undefined || /^[0-9a-f]{64}$/.test(id!));
    }));
  });

  test("a long path takes time in proportion to it", { timeout: 120_000 }, () => {
    for (const piece of ["a-", "kubepods-", "-pod", "_", ":", "\\x2d", "a.", "0123456789abcdef", "pod/"]) {
      cgroupIdentity(`/${piece.repeat(200_000)}.slice`);
      cgroupIdentity(`/${piece.repeat(200_000)}`);
    }
  });
});
