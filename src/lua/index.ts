export { type HostFunction, LuaMachine, type LuaState, LuaType, type RunResult, registryIndex } from "./machine.js";
export { numberText } from "./number-text.js";
export { prepareSandbox, type Sandbox } from "./sandbox.js";
