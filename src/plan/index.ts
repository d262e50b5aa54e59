export * from "./catalog-command.js";
export * from "./command.js";
export * from "./expression.js";
export * from "./logical-plan.js";
