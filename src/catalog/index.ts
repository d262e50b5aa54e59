export * from "./objects.js";
export * from "./reader.js";
