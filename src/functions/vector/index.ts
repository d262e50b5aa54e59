/** pgvector's SQL: types, functions, operators, casts, aggregates, index options. */

export * from "./define-vector.js";
export * from "./dense-kind.js";
export * from "./dense-type.js";
export * from "./index-options.js";
export * from "./operator-classes.js";
export { packedForms } from "./packed-forms.js";
export * from "./sparse-type.js";
