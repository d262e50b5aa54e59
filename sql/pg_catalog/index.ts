/** pg_catalog and information_schema over our catalog: relations and their rows, for the composition root to register. */
import "./access-methods.js";
import "./cluster.js";
import "./depend.js";
import "./empty-relations.js";
import "./extended-statistics.js";
import "./information-schema.js";
import "./information-schema-routines.js";
import "./information-schema-usage.js";
import "./privileges.js";
import "./progress.js";
import "./policies.js";
import "./relations.js";
import "./session-state.js";
import "./standard-tables.js";
import "./statistics.js";
import "./time-zones.js";
import "./types-and-functions.js";
import "./hot-path.js";
import "./vector-indexes.js";
import "./views.js";

export { defineCatalogFunctions } from "./functions.js";
export { type ProviderContext, providers as systemProviders, type RowProvider } from "./provider.js";
export { systemRelations } from "./relation-shape.js";
