export { type DatabaseOptions, EngineDatabase, openDatabase } from "./database.js";
export {
  type AccessRule,
  matchingRule,
  parseAccessRules,
  plainAddress,
  type RuleLine,
  type ServerFacts,
} from "./host-access/index.js";
export { Interrupt, Interrupts } from "./interrupts.js";
export { serverStartBytes } from "./server-start.js";
export { EngineSession } from "./session.js";
export { SessionPlaces, sessionPlaceBytes } from "./session-places.js";
export { SERVER_VERSION, type SettingDefinition, settingDefinitions, settingsByName } from "./settings/definitions.js";
export type { TransactionService } from "./statement-context.js";
export { StatementContext } from "./statement-context.js";
export * from "./types.js";
