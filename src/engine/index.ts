export * from "./types.js";
export { type DatabaseOptions, EngineDatabase, openDatabase } from "./database.js";
export { EngineSession } from "./session.js";
export { type SettingDefinition, settingDefinitions, settingsByName, SERVER_VERSION } from "./settings/definitions.js";
export type { TransactionService } from "./statement-context.js";
export { StatementContext } from "./statement-context.js";
