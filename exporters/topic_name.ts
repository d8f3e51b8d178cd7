import { matching } from "../core/schema/text_schema.ts";

/** A part of a topic: characters with a meaning in MQTT, or that may not be sent, are not allowed in a name. */
export const topicNameSchema = matching(
  /^(?!.*[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}])[^/+#]+$/su,
  "is not a name of a topic; write one without /, + and #, and without control characters",
);
