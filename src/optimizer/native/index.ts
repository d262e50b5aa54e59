export { nativeDeleteSource, nativeInsertSource } from "./modify.js";
export { nativeOperator, nativeOrdered, nativeRoot } from "./native-operator.js";
