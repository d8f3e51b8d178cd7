import { basename } from "node:path";
import type { Attributes } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { Resource } from "@opentelemetry/resources";
import type { WorkloadLabels } from "../../core/schema/task_message.ts";
import { VERSION } from "../../core/schema/version.ts";
import type { ExportContext, TaskDescription } from "../telemetry.ts";
import type { OtlpConfig } from "./config.ts";

/** The semantic conventions that names are taken from. */
const SCHEMA_URL = "https://opentelemetry.io/schemas/1.45.0";

/** Who measures. */
export const SCOPE = { name: "proctor", version: VERSION, schemaUrl: SCHEMA_URL };

/** What a task is; what the user has said of the resource comes first. */
export function taskResource(
  config: OtlpConfig,
  context: ExportContext,
  taskId: string,
  task: TaskDescription | undefined,
): Resource {
  const [file] = task?.command ?? [];
  const executable = file === undefined ? undefined : basename(file);
  return resource({
    "service.name": config.serviceName ?? task?.name ?? executable ?? "unknown_service",
    "host.name": context.hostName,
    ...(task?.pid ? { "process.pid": task.pid } : {}),
    ...(executable ? { "process.executable.name": executable } : {}),
    ...(task ? { "process.command_args": [...task.command] } : {}),
    ...workloadAttributes(task?.workload),
    "proctor.task_id": taskId,
    "proctor.proplet_id": context.propletId,
    ...(context.agentId !== null && { "proctor.agent_id": context.agentId }),
  }, config);
}

/** Names of the semantic conventions for containers and Kubernetes; units of systemd have none there. */
function workloadAttributes(workload: WorkloadLabels = {}): Attributes {
  const { container_id, container_name, pod_uid, pod_name, pod_namespace, unit } = workload;
  const named: Record<string, string | undefined> = {
    "container.id": container_id,
    "container.name": container_name,
    // Podman has pods, but no namespaces: nothing of Kubernetes.
    "k8s.pod.uid": pod_uid?.length === 64 ? undefined : pod_uid,
    "k8s.pod.name": pod_name,
    "k8s.namespace.name": pod_namespace,
    "k8s.container.name": pod_name === undefined ? undefined : container_name,
    "proctor.unit": unit,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** What we are ourselves. */
export function agentResource(config: OtlpConfig, context: ExportContext, pid: number): Resource {
  return resource({
    "service.name": "proctor",
    "service.version": VERSION,
    ...(context.agentId !== null && { "service.instance.id": context.agentId }),
    "host.name": context.hostName,
    "process.pid": pid,
    "process.executable.name": "proctor",
    "proctor.proplet_id": context.propletId,
    ...(context.agentId !== null && { "proctor.agent_id": context.agentId }),
  }, config);
}

function resource(own: Attributes, { attributes }: OtlpConfig): Resource {
  return resourceFromAttributes({ ...own, ...attributes }, { schemaUrl: SCHEMA_URL });
}
