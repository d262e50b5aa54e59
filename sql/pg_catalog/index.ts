/** pg_catalog and information_schema over our catalog: relations and their rows, for the composition root to register. */
import "./cluster.js";
import "./empty-relations.js";
import "./information-schema.js";
import "./relations.js";
import "./session-state.js";
import "./types-and-functions.js";
import "./views.js";

export { defineCatalogFunctions } from "./functions.js";
export { type ProviderContext, providers as systemProviders, type RowProvider } from "./provider.js";
export { systemRelations } from "./relation-shape.js";
