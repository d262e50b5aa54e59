export type { IndexSearch, IndexSearchSource, SearchBound } from "./index-search.js";
export { copyFormat } from "./native-pipeline/copy-format.js";
export type { EncodedOutputs, EncodedStep } from "./native-pipeline/pipeline.js";
export type { Steps } from "./operator.js";
export type { PointSelect } from "./point-select.js";
export type { FloatCast, PointConflict, PointValue, PointWrite, PointWriteSource } from "./point-write.js";
export * from "./signals.js";
export * from "./system-providers.js";
export * from "./types.js";
