import { MqttFault, REASON } from "./fault.ts";
import { FieldReader } from "./field_reader.ts";

/** Properties of MQTT 5 that mean something to us (OASIS MQTT 5.0, 2.2.2.2). */
export const PROPERTY = {
  sessionExpiry: 0x11,
  serverKeepAlive: 0x13,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  topicAlias: 0x23,
  maximumPacketSize: 0x27,
} as const;

type Kind = "byte" | "uint16" | "uint32" | "varint" | "text" | "binary" | "pair";

const KINDS: ReadonlyMap<number, Kind> = new Map(
  ([
    ["byte", [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a]],
    ["uint16", [PROPERTY.serverKeepAlive, PROPERTY.receiveMaximum, 0x22, PROPERTY.topicAlias]],
    ["uint32", [0x02, PROPERTY.sessionExpiry, 0x18, PROPERTY.maximumPacketSize]],
    ["varint", [0x0b]],
    ["text", [0x03, 0x08, 0x12, 0x15, 0x1a, 0x1c, PROPERTY.reasonString]],
    ["binary", [0x09, 0x16]],
    ["pair", [0x26]],
  ] as const).flatMap(([kind, ids]) => ids.map((id) => [id, kind] as const)),
);

/** The properties of a packet by their numbers, but for user properties. */
export type Properties = ReadonlyMap<number, number | string>;

const NONE: Properties = new Map();

/** Read what properties stand at the place of the reader. */
export function readProperties(fields: FieldReader): Properties {
  const length = fields.varint();
  if (length === 0) return NONE;
  const part = new FieldReader(fields.part(length), fields.what);
  const properties = new Map<number, number | string>();
  while (part.left > 0) {
    const id = part.varint();
    const kind = KINDS.get(id);
    if (kind === undefined) throw new MqttFault(`its ${fields.what} has the unknown property ${id}`);
    if (kind === "pair") {
      part.binary();
      part.binary();
    } else if (kind === "binary") part.binary();
    else if (properties.has(id) && kind !== "varint") {
      throw new MqttFault(`its ${fields.what} has the property ${id} twice`, REASON.protocol);
    } else properties.set(id, part[kind]());
  }
  return properties;
}

/** Read past the properties of a message: we allow it no alias of a topic, and have no use for the others. */
export function passProperties(fields: FieldReader): void {
  const length = fields.varint();
  if (length === 0) return;
  const part = new FieldReader(fields.part(length), fields.what);
  while (part.left > 0) {
    const id = part.varint();
    switch (KINDS.get(id)) {
      case "byte":
        part.byte();
        break;
      case "uint16":
        part.uint16();
        break;
      case "uint32":
        part.uint32();
        break;
      case "varint":
        part.varint();
        break;
      case "pair":
        part.binary();
        part.binary();
        break;
      case "text":
      case "binary":
        part.binary();
        break;
      default:
        throw new MqttFault(`its ${fields.what} has the unknown property ${id}`);
    }
    if (id !== PROPERTY.topicAlias) continue;
    throw new MqttFault("it uses an alias of a topic, which we allow it none of", REASON.topicAlias);
  }
}
