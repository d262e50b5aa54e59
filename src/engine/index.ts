export { type DatabaseOptions, EngineDatabase, openDatabase } from "./database.js";
export { EngineSession } from "./session.js";
export { SERVER_VERSION, type SettingDefinition, settingDefinitions, settingsByName } from "./settings/definitions.js";
export type { TransactionService } from "./statement-context.js";
export { StatementContext } from "./statement-context.js";
export * from "./types.js";
