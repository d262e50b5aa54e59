/** pgvector's SQL: type, functions, operators, casts, aggregates, index options. */
export * from "./define-vector.js";
export * from "./index-options.js";
export * from "./vector-type.js";
