/* Written by scripts/build_types.ts from the schemas. */
import type { ListenAddress } from "../../exporters/settings.ts";

/** The `process_manager` of a configuration, checked, with its defaults. */
export type ManagerConfig = {
  /** HTTP API beside the socket; none when left out. */
  port?: number | undefined;
  /** Where the port is; any other than the loopback needs a token here. */
  bind_address: string;
  /**
   * What clients of the port must send as a bearer; when left out, one is made in
   * base_directory/api_token.
   */
  token?: string | undefined;
  /** A file with the token. */
  token_file?: string | undefined;
  /**
   * A page that shows and controls all processes: host:port of the loopback, or unix:/path for a proxy;
   * none when left out.
   */
  web?: ListenAddress | undefined;
  /** Of what it says of itself. */
  log_level: "debug" | "info" | "warn" | "error";
  /** State, PID files, socket and logs; default: /var/lib/proctor, or ~/.local/state/proctor for a user. */
  base_directory?: string | undefined;
  /** PID files are <base_directory>/<app_name>/<id>.pid. */
  app_name: string;
  /** Duration; at the end, what still runs after so long is killed. */
  force_shutdown_timeout: string;
  /** A command for events. */
  on_event?: {
    /**
     * Run for events; PROCTOR_EVENT in its environment is the event as JSON, PROCTOR_EVENT_KIND, _ID, _TO
     * … its parts.
     */
    command: Array<string>;
    /** Name or number; default: that of the supervisor. */
    user?: string | number | undefined;
    /** Name or number; default: that user's own. */
    group?: string | number | undefined;
    kinds: Array<
      | "transition"
      | "health"
      | "limit"
      | "breaker"
      | "degraded"
      | "schedule"
      | "output_dropped"
      | "adopted"
      | "signalled"
      | "added"
      | "removed"
      | "reloaded"
      | "reload_failed"
      | "rollout_stopped"
      | "rollback"
      | "supervisor_started"
      | "supervisor_stopping"
    >;
    /** Duration; it is killed after so long. */
    timeout: string;
  } | undefined;
  /** Where events are sent: a webhook, ntfy, Slack, by e-mail. */
  notify: Array<{
    /** Events are posted there as JSON. */
    webhook?: string | undefined;
    /** A topic of ntfy, such as https://ntfy.sh/my-topic. */
    ntfy?: string | undefined;
    /** An incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Discord's /slack). */
    slack?: string | undefined;
    /** A letter, by SMTP. */
    email?: {
      /** Smtps://USER:PASSWORD@HOST, or smtp:// with STARTTLS. */
      server: string;
      from: string;
      to: Array<string>;
    } | undefined;
    /**
     * Of a webhook: the header X-Proctor-Signature is sha256= and the body's HMAC-SHA256 with it, in
     * hexadecimal.
     */
    secret?: string | undefined;
    /** Of ntfy: sent as a bearer. */
    token?: string | undefined;
    /** Sent with it, but for letters. */
    headers: Record<string, string>;
    kinds: Array<
      | "transition"
      | "health"
      | "limit"
      | "breaker"
      | "degraded"
      | "schedule"
      | "output_dropped"
      | "adopted"
      | "signalled"
      | "added"
      | "removed"
      | "reloaded"
      | "reload_failed"
      | "rollout_stopped"
      | "rollback"
      | "supervisor_started"
      | "supervisor_stopping"
    >;
    /** Of transitions, those to one of these states; after it, that the process has run for 10 s again. */
    states: Array<"stopped" | "starting" | "running" | "stopping" | "failed" | "backoff" | "disabled">;
    /**
     * Ids (web: all its instances), with * for any characters, ? for one; default: all, and what concerns
     * the supervisor.
     */
    processes?: Array<string> | undefined;
    /** Duration; after a message, what happens within so long stands together in the next. */
    digest: string;
    /** Duration; of one attempt. */
    timeout: string;
  }>;
  /** Duration; how often exporters get messages of the supervisor and the host; or off. */
  health_interval: "off" | string;
  /** Publish to this broker: mqtt://, mqtts://, ws:// or wss://. */
  mqtt?: string | undefined;
  /** Of the protocol (default: 5). */
  mqtt_version: "5" | "3.1.1";
  /** Quality of service (default: 1). */
  mqtt_qos: 0 | 1 | 2;
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
  mqtt_batch: number;
  /** How long a message may wait for others of its batch (default: 1s). */
  mqtt_batch_wait: number;
  /** Compress the payloads. */
  mqtt_gzip: boolean;
  /** Messages that wait for the broker (default: 10000). */
  mqtt_queue: number;
  /** And their size at most (default: 16M). */
  mqtt_queue_size: number;
  /** Keep what waits in this directory, over restarts. */
  mqtt_queue_dir?: string | undefined;
  /** Where your topics begin: m/a/c/b (default: proctor/default). */
  mqtt_topic_prefix?: string | undefined;
  /** The first part of the prefix, Propeller's domain_id. */
  domain?: string | undefined;
  /** The second part of the prefix, Propeller's channel_id. */
  channel?: string | undefined;
  /** Which topics (default: go); agent: the last level of each is the proplet_id, for access lists. */
  topic_style: "go" | "rust" | "agent";
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
  /** Serve /metrics on this host:port or unix:path. */
  prometheus?: ListenAddress | undefined;
  /** For node_exporter's textfile collector (.prom). */
  prometheus_textfile?: string | undefined;
  /** Plain (default): a label agent; specification: it is called proplet. */
  prometheus_labels: "plain" | "specification";
  /** OTLP collector, or env: OTEL_EXPORTER_OTLP_ENDPOINT. */
  otlp?: string | undefined;
  /** Http/protobuf (the default) or http/json. */
  otlp_protocol?: "http/protobuf" | "http/json" | undefined;
  /** A header of the requests; may be repeated. */
  otlp_header: Array<string>;
};
