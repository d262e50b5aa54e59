export type { EncodedStep } from "./native-pipeline/pipeline.js";
export type { PointSelect } from "./point-select.js";
export * from "./signals.js";
export * from "./system-providers.js";
export * from "./types.js";
