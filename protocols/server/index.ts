export { Listener } from "./listener.js";
export { openPostgresDoor } from "./postgres.js";
export { openRedisDoor } from "./redis.js";
