/* Written by scripts/build_types.ts from the schemas. */

/** The settings of all exporters, as they are written. */
export type ExportInput = {
  /** Publish to this broker: mqtt://, mqtts://, ws:// or wss://. */
  mqtt?: string | undefined;
  /** Of the protocol (default: 5). */
  mqtt_version?: unknown;
  /** Quality of service (default: 1). */
  mqtt_qos?: unknown;
  /** Certificates (PEM) that may sign the broker's. */
  mqtt_ca?: string | undefined;
  /** Our own certificate (PEM). */
  mqtt_cert?: string | undefined;
  /** The key of our own certificate (PEM). */
  mqtt_key?: string | undefined;
  /** User name (or PROCTOR_MQTT_USER, or in the URL). */
  mqtt_user?: string | undefined;
  /** The password; its last line break is none of it (or PROCTOR_MQTT_PASSWORD). */
  mqtt_password_file?: string | undefined;
  /** Up to so many messages as an array in one publish. */
  mqtt_batch?: number | string | undefined;
  /** How long a message may wait for others of its batch (default: 1s). */
  mqtt_batch_wait?: string | undefined;
  /** Compress the payloads. */
  mqtt_gzip?: boolean | undefined;
  /** Messages that wait for the broker (default: 10000). */
  mqtt_queue?: number | string | undefined;
  /** And their size at most (default: 16M). */
  mqtt_queue_size?: string | undefined;
  /** Keep what waits in this directory, over restarts. */
  mqtt_queue_dir?: string | undefined;
  /** Let the manager that has this key ask for denser samples for a while; it says its key itself. */
  mqtt_control?: string | undefined;
  /** But never more often than this (default: 1s). */
  mqtt_control_interval?: string | undefined;
  /** Where your topics begin: m/a/c/b (default: proctor/default). */
  mqtt_topic_prefix?: string | undefined;
  /** The first part of the prefix, Propeller's domain_id. */
  domain?: string | undefined;
  /** The second part of the prefix, Propeller's channel_id. */
  channel?: string | undefined;
  /** Which topics (default: go); agent: the last level of each is the proplet_id, for access lists. */
  topic_style?: "go" | "rust" | "agent" | undefined;
  /** The same as --topic-style. */
  mqtt_topic_style?: "go" | "rust" | "agent" | undefined;
  /** Task topic, with {domain_id}, {channel_id}, {proplet_id}, {agent_id}, {task_id}. */
  topic?: string | undefined;
  /** The same as --topic. */
  mqtt_topic?: string | undefined;
  /** The specification's name of --instance. */
  proplet_id?: string | undefined;
  /** Who reports (default: the host's name). */
  instance?: string | undefined;
  /** Which agent; independent of the host's name (default: of the machine's ID; or PROCTOR_AGENT_ID). */
  agent_id?: string | undefined;
  /** The task's (default: --name, or a random UUID). */
  task_id?: string | undefined;
  /** Serve /metrics on this host:port or unix:path. */
  prometheus?: string | undefined;
  /** For node_exporter's textfile collector (.prom). */
  prometheus_textfile?: string | undefined;
  /** Plain (default): a label agent; specification: it is called proplet. */
  prometheus_labels?: "plain" | "specification" | undefined;
  /** OTLP collector, or env: OTEL_EXPORTER_OTLP_ENDPOINT. */
  otlp?: string | undefined;
  /** Http/protobuf (the default) or http/json. */
  otlp_protocol?: "http/protobuf" | "http/json" | undefined;
  /** A header of the requests; may be repeated. */
  otlp_header?: Array<string> | undefined;
  /** Give commands a TRACEPARENT beneath the span of their run. */
  otlp_propagate?: boolean | undefined;
  /** With --processes: a span for each process beneath that of the run. */
  otlp_processes?: boolean | undefined;
};
