export * from "./composite-type.js";
export * from "./domain-type.js";
export * from "./enum-type.js";
export * from "./routine-service.js";
export * from "./scoped-registry.js";
export * from "./signatures.js";
