export * from "./collator.js";
export * from "./define-collation.js";
