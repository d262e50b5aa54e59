export { planStatement } from "./plan-statement.js";
