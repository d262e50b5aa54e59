export * from "./command-table.js";
export { commandDocsFacts } from "./facts/command-docs.js";
export type { Fact } from "./facts/command-info.js";
export { commandFact, hasKeys, type KeyUse, keyUses } from "./key-specs.js";
export * from "./relations.js";
export * from "./resp-reply.js";
export * from "./sql-functions.js";
