export * from "./names.js";
export * from "./objects.js";
export * from "./overlay.js";
export * from "./reader.js";
export * from "./session-reader.js";
export * from "./snapshot.js";
export * from "./store.js";
export * from "./well-known.js";
