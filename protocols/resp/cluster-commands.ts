/** CLUSTER and its companions: as a server answers that is no cluster. */
import type { Handler } from "./dispatch.js";

const disabled: Handler = (session) => session.reply.error("ERR This instance has cluster support disabled");

export const clusterHandlers: Readonly<Record<string, Handler>> = {
  cluster: disabled,
  readonly: disabled,
  readwrite: disabled,
  asking: disabled,
};
