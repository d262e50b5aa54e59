export * from "./command-table.js";
export * from "./relations.js";
export * from "./resp-reply.js";
export * from "./sql-functions.js";
