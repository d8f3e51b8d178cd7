/* What a task is in, by the names of the semantic conventions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { otlpConfig } from "../../../exporters/otlp/config.ts";
import { taskResource } from "../../../exporters/otlp/resource.ts";
import { exportContext } from "../support/sample_messages.ts";
import type { WorkloadLabels } from "../../../core/schema/task_message.ts";

const CONTEXT = { ...exportContext(), propletId: "here", hostName: "box" };
const ID = "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970";

/** The attributes that tell of a workload. */
function attributesOf(workload: WorkloadLabels | undefined) {
  const config = otlpConfig({ otlp: "http://c", otlp_header: [] }, {}, () => {});
  const task = {
    task_id: "t",
    name: "n",
    command: [],
    pid: 1,
    start_time: "2026-01-01T00:00:00.000Z",
    workload,
  };
  const { attributes } = taskResource(config, CONTEXT, "t", task);
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => /^(?:container|k8s)\.|^proctor\.unit$/.test(key)),
  );
}

test("a container of a pod has the names of Kubernetes", () => {
  const uid = "2ec8cf9d-0d2c-4f3f-a4d8-c0e0b1d7a7b1";
  assert.deepEqual(
    attributesOf({
      container_id: ID,
      container_name: "web",
      pod_uid: uid,
      pod_name: "web-0",
      pod_namespace: "shop",
    }),
    {
      "container.id": ID,
      "container.name": "web",
      "k8s.pod.uid": uid,
      "k8s.pod.name": "web-0",
      "k8s.namespace.name": "shop",
      "k8s.container.name": "web",
    },
  );
});

test("others have their own; of what is not known there is nothing", () => {
  assert.deepEqual(attributesOf({ container_id: ID, container_name: "web", unit: "x.scope" }), {
    "container.id": ID,
    "container.name": "web",
    "proctor.unit": "x.scope",
  });
  assert.deepEqual(attributesOf({ container_id: ID, pod_uid: ID }), { "container.id": ID });
  assert.deepEqual([attributesOf({}), attributesOf(undefined)], [{}, {}]);
});
