export * from "./signals.js";
export * from "./system-providers.js";
export * from "./types.js";
export type { PointSelect } from "./point-select.js";
