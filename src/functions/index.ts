/**
 * The registry of PostgreSQL's types, functions, operators and casts. Other rooms add theirs with the `define…` methods at composition,
 * before the first statement.
 */

import { defineCollation } from "./collation/define-collation.js";
import { aclItemFamily } from "./families/acl-items.js";
import { aggregateStepFamily } from "./families/aggregate-steps.js";
import { aggregateFamily } from "./families/aggregates.js";
import { arrayFamily } from "./families/arrays.js";
import { basicStringFamily } from "./families/basic-strings.js";
import { bitFamily } from "./families/bits.js";
import { comparisonFamily } from "./families/comparisons.js";
import { defineCursorFunctions } from "./families/cursors.js";
import { datetimeFamily } from "./families/datetime.js";
import { enumFamily } from "./families/enums.js";
import { floatMathFamily } from "./families/float-math.js";
import { geometricFamily } from "./families/geometric.js";
import { hashFamily } from "./families/hashes.js";
import { identifierFamily } from "./families/identifiers.js";
import { indexMaintenanceFamily } from "./families/index-maintenance.js";
import { indexPropertiesFamily } from "./families/index-properties.js";
import { integerMathFamily } from "./families/integer-math.js";
import { jsonFamily } from "./families/json.js";
import { jsonRecordFamily } from "./families/json-records.js";
import { jsonPathFamily } from "./families/jsonpath.js";
import { laterFamily } from "./families/later.js";
import { moneyFamily } from "./families/money.js";
import { networkFamily } from "./families/network.js";
import { numberCastFamily } from "./families/number-casts.js";
import { numericMathFamily } from "./families/numeric-math.js";
import { objectAddressFamily } from "./families/object-addresses.js";
import { objectInformationFamily } from "./families/object-information.js";
import { defineOrderedSets } from "./families/ordered-sets.js";
import { patternFamily } from "./families/patterns.js";
import { privilegeAnswerFamily } from "./families/privilege-answers.js";
import { rangeFamily } from "./families/ranges.js";
import { recordImageFamily } from "./families/record-images.js";
import { serverStateFamily } from "./families/server-state.js";
import { stringFamily } from "./families/strings.js";
import { systemFamily } from "./families/system.js";
import { templateFamily } from "./families/templates.js";
import { timetzFamily } from "./families/timetz.js";
import { typeIoFamily } from "./families/type-io.js";
import { typeSupportFamily } from "./families/type-support.js";
import { defineInformationSchema } from "./information-schema.js";
import { defineSqlJson } from "./json/sql-json.js";
import type { DefinableRegistry } from "./registry.js";
import { type Family, RegistryBuilder } from "./registry-builder.js";
import { makeBuiltinTypes } from "./types/index.js";

export * from "./catalog-service.js";
export * from "./collation/index.js";
export { inputAbbreviations, namedZones } from "./datetime/abbreviations.js";
export { findZone } from "./datetime/zones.js";
export { knownConversions } from "./facts/conversions.js";
export { knownDescriptions } from "./facts/descriptions.js";
export { type FunctionProperty, functionProperty, functionSource } from "./facts/function-properties.js";
export { knownCasts } from "./facts/known-casts.js";
export { knownFunctionIds, knownFunctions } from "./facts/known-functions.js";
export { knownOperators } from "./facts/known-operators.js";
export { knownTypes } from "./facts/known-types.js";
export { isPostgresFunction } from "./facts/refused-functions.js";
export { CURRENT_OF_ID, type CursorService } from "./families/cursors.js";
export { outColumnsOf } from "./families/function-text.js";
export type { AccessService, PrivilegeKind } from "./families/privilege-answers.js";
export { formatType } from "./families/system.js";
export { hashOf } from "./families/value-hash.js";
export { assignAt, jsonbElementAt } from "./json/assign.js";
export { quoteJson } from "./json/jsonb-value.js";
export * from "./json/sql-json.js";
export { EMPTY, FAILED, makeJsonQuery } from "./jsonpath/query.js";
export { type PathRequirement, requirementOf } from "./jsonpath/requirement.js";
export { hostText, parseAddress as parseNetworkAddress } from "./network/address.js";
export { overlapBounds } from "./ranges/range-types.js";
export * from "./registry.js";
export { aclName } from "./types/acl-item.js";
export { builtInCheck } from "./types/information-schema.js";
export * from "./user/index.js";

const families: readonly Family[] = [
  comparisonFamily,
  recordImageFamily,
  aclItemFamily,
  enumFamily,
  integerMathFamily,
  floatMathFamily,
  numericMathFamily,
  numberCastFamily,
  basicStringFamily,
  aggregateFamily,
  aggregateStepFamily,
  datetimeFamily,
  stringFamily,
  patternFamily,
  arrayFamily,
  jsonFamily,
  jsonPathFamily,
  objectInformationFamily,
  indexPropertiesFamily,
  indexMaintenanceFamily,
  objectAddressFamily,
  jsonRecordFamily,
  serverStateFamily,
  systemFamily,
  privilegeAnswerFamily,
  templateFamily,
  rangeFamily,
  bitFamily,
  moneyFamily,
  networkFamily,
  geometricFamily,
  identifierFamily,
  typeSupportFamily,
  typeIoFamily,
  timetzFamily,
  hashFamily,
  laterFamily,
];

export const registry: DefinableRegistry = buildRegistry();

function buildRegistry(): DefinableRegistry {
  const builder = new RegistryBuilder();
  for (const type of makeBuiltinTypes(builder)) builder.defineType(type);
  builder.definePostgres(families);
  defineOrderedSets(builder);
  defineCursorFunctions(builder);
  defineSqlJson(builder);
  defineCollation(builder);
  defineInformationSchema(builder);
  return builder;
}
