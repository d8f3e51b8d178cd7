/** How labels of Prometheus are called: in plain words, or as the specification calls what they name. */
export const LABEL_STYLES = ["plain", "specification"] as const;
/** How labels of Prometheus are called. */
export type LabelStyle = (typeof LABEL_STYLES)[number];

/** The label that says which agent reports. Not `instance`: Prometheus has its own, and would rename ours. */
export function agentLabel(style: LabelStyle): "agent" | "proplet" {
  return style === "plain" ? "agent" : "proplet";
}
