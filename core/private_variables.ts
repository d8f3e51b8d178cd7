/** Secrets that are told to proctor itself, such as `PROCTOR_MQTT_PASSWORD`. */
const PRIVATE = /^PROCTOR_\w*(?:PASSWORD|TOKEN|SECRET)/;

/** Whether a variable is for proctor alone: commands do not inherit it, unless they are given it by name. */
export function isPrivateVariable(name: string): boolean {
  return PRIVATE.test(name);
}
