export { compileExpression, type EvaluateExpression } from "./compile-expression.js";
export { planStatement } from "./plan-statement.js";
export { isVolatile } from "./walk.js";
