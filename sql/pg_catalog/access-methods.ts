/** pg_am and what access methods know of types: PostgreSQL's own as facts, pgvector's with the extension; and pg_aggregate. */
import type { FunctionObject } from "../../src/catalog/index.js";
import { operatorClassFacts } from "../../src/functions/facts/operator-class-facts.js";
import { operatorClasses } from "../../src/functions/operator-classes.js";
import type { Oid } from "../../src/types/index.js";
import {
  accessMethods, aggregateFacts, familyOperators, operatorFamilies, supportFunctions,
} from "./access-method-facts.js"; // biome-ignore format: a list
import { provide } from "./provider.js";
import type { NamedRow } from "./relation-shape.js";
import { HNSW_AM, IVFFLAT_AM } from "./relations.js";
import { hasVector } from "./types-and-functions.js";

const OWNER = 10;
const PG_CATALOG_OID = 11;
const PUBLIC_OID = 2200;

/** As many fields as the facts' description says. */
type Fields = readonly [string, string, string, string, string, string, string, string, string];
const rows = (facts: string): Fields[] =>
  facts
    .trim()
    .split("\n")
    .map((line) => line.split("|") as unknown as Fields);
const vectorClasses = operatorClasses.filter((c) => c.method >= HNSW_AM);

provide("pg_catalog.pg_am", function* (source) {
  for (const [oid, amname, amhandler, amtype] of rows(accessMethods))
    yield { oid: Number(oid), amname, amhandler: Number(amhandler), amtype };
  if (!hasVector(source)) return;
  yield { oid: HNSW_AM, amname: "hnsw", amhandler: 0, amtype: "i" };
  yield { oid: IVFFLAT_AM, amname: "ivfflat", amhandler: 0, amtype: "i" };
});

provide("pg_catalog.pg_opfamily", function* (source) {
  const family = (oid: Oid, opfmethod: Oid, opfname: string, opfnamespace: Oid) => ({
    oid,
    opfmethod,
    opfname,
    opfnamespace,
    opfowner: OWNER,
  });
  for (const [oid, method, name] of rows(operatorFamilies)) yield family(Number(oid), Number(method), name, PG_CATALOG_OID);
  if (hasVector(source)) for (const c of vectorClasses) yield family(c.family, c.method, c.name, PUBLIC_OID);
});

provide("pg_catalog.pg_opclass", function* (source) {
  const row = { opcnamespace: PG_CATALOG_OID, opcowner: OWNER };
  for (const [oid, method, opcname, family, type, isDefault, keyType] of rows(operatorClassFacts))
    yield {
      ...row,
      oid: Number(oid),
      opcmethod: Number(method),
      opcname,
      opcfamily: Number(family),
      opcintype: Number(type),
      opcdefault: isDefault === "t",
      opckeytype: Number(keyType),
    };
  if (!hasVector(source)) return;
  for (const c of vectorClasses)
    yield {
      ...row,
      opcnamespace: PUBLIC_OID,
      oid: c.oid,
      opcmethod: c.method,
      opcname: c.name,
      opcfamily: c.family,
      opcintype: c.type,
      opcdefault: c.isDefault,
      opckeytype: 0,
    };
});

provide("pg_catalog.pg_amop", function* () {
  for (const [oid, family, left, right, strategy, amoppurpose, operator, method, sortFamily] of rows(familyOperators))
    yield {
      oid: Number(oid),
      amopfamily: Number(family),
      amoplefttype: Number(left),
      amoprighttype: Number(right),
      amopstrategy: Number(strategy),
      amoppurpose,
      amopopr: Number(operator),
      amopmethod: Number(method),
      amopsortfamily: Number(sortFamily),
    };
});

provide("pg_catalog.pg_amproc", function* () {
  for (const [oid, family, left, right, number, amproc] of rows(supportFunctions))
    yield {
      oid: Number(oid),
      amprocfamily: Number(family),
      amproclefttype: Number(left),
      amprocrighttype: Number(right),
      amprocnum: Number(number),
      amproc: Number(amproc),
    };
});

const AGGREGATE_COLUMNS = [
  "aggfnoid", "aggkind", "aggnumdirectargs", "aggtransfn", "aggfinalfn", "aggcombinefn", "aggserialfn", "aggdeserialfn", "aggmtransfn", "aggminvtransfn", "aggmfinalfn",
  "aggfinalextra", "aggmfinalextra", "aggfinalmodify", "aggmfinalmodify", "aggsortop", "aggtranstype", "aggtransspace", "aggmtranstype", "aggmtransspace", "agginitval", "aggminitval",
] as const; // biome-ignore format: a list
const TEXT_COLUMNS = new Set<string>(["aggkind", "aggfinalmodify", "aggmfinalmodify", "agginitval", "aggminitval"]);
/** Stands for NULL in the facts. */
const NONE = "~";

provide("pg_catalog.pg_aggregate", function* (source) {
  for (const values of rows(aggregateFacts)) {
    const row: Record<string, NamedRow[string]> = {};
    for (const [i, column] of AGGREGATE_COLUMNS.entries()) {
      const value = values[i] as string;
      row[column] = value === NONE ? null : column.endsWith("extra") ? value === "t" : TEXT_COLUMNS.has(column) ? value : Number(value);
    }
    yield row;
  }
  for (const object of source.catalog.objects())
    if (object.class === "function" && object.body.language === "aggregate") yield ownAggregate(object);
});
const KINDS = { normal: "n", ordered: "o", hypothetical: "h" } as const;
function ownAggregate(object: FunctionObject): NamedRow {
  const { body } = object;
  if (body.language !== "aggregate") return {};
  const { moving } = body;
  return {
    aggfnoid: object.oid,
    aggkind: KINDS[body.aggregateKind],
    aggnumdirectargs: body.directArguments,
    aggtransfn: body.stepOid,
    aggfinalfn: body.finalOid ?? 0,
    aggcombinefn: body.combine ?? 0,
    aggserialfn: 0,
    aggdeserialfn: 0,
    aggmtransfn: moving?.step ?? 0,
    aggminvtransfn: moving?.inverse ?? 0,
    aggmfinalfn: moving?.final ?? 0,
    aggfinalextra: body.finalExtra,
    aggmfinalextra: false,
    aggfinalmodify: "r",
    aggmfinalmodify: "r",
    aggsortop: body.sortOperator ?? 0,
    aggtranstype: body.stateType,
    aggtransspace: 0,
    aggmtranstype: moving?.stateType ?? 0,
    aggmtransspace: 0,
    agginitval: body.initial ?? null,
    aggminitval: moving?.initial ?? null,
  };
}
