export { compileExpression, type EvaluateExpression } from "./compile-expression.js";
export { planStatement } from "./plan-statement.js";
export { foldWith } from "./rules/fold-constants.js";
export { isVolatile } from "./walk.js";
