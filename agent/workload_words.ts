/*
 * What names containers, pods and units can have, and what a fault says of others.
 */

/** Of Docker and Podman (`[a-zA-Z0-9][a-zA-Z0-9_.-]+`), of Kubernetes, or the beginning of an ID. */
export const CONTAINER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;
/** What follows the value in the message. */
export const CONTAINER_WORDS = "is not a container; write its name, such as web, or the beginning of its ID";

/** RFC 1123, with the namespace in front or without; a UID has the same characters. */
export const POD = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\/)?[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/;
/** What follows the value in the message. */
export const POD_WORDS = "is not a pod; write its name, such as web-0 or default/web-0, or its UID";

/** systemd.unit(5), with managers of users in front (`user@1000.service/app.service`) or without. */
export const UNIT = /^[a-zA-Z0-9:_.@\\-]{1,255}(?:\/[a-zA-Z0-9:_.@\\-]{1,255}){0,8}$/;
/** What follows the value in the message. */
export const UNIT_WORDS =
  "is not a unit; write its name, such as nginx or nginx.service, with that of a user's manager in front: " +
  "user@1000.service/app.service";
