/**
 * Runs what the catalog defines in SQL: the checks of domains, functions and procedures in LANGUAGE sql. Their texts are bound once per
 * catalog version of the session and kept with that version's registry.
 */
import type { DomainObject } from "../catalog/index.js";
import type { RoutineService, ScopedRegistry } from "../functions/index.js";
import { compileExpression, type EvaluateExpression } from "../optimizer/index.js";
import type { Expression } from "../plan/index.js";
import { assert, type Datum, DbError, notSupported, type Oid } from "../types/index.js";
import type { EngineSession } from "./session.js";
import { StatementContext } from "./statement-context.js";

interface CompiledDomain {
  readonly name: string;
  readonly schema: string;
  readonly typeName: string;
  readonly notNull: boolean;
  readonly checks: readonly { readonly name: string; readonly evaluate: EvaluateExpression }[];
}
interface Compiled {
  readonly domains: Map<Oid, CompiledDomain>;
}
const compiledBy = new WeakMap<ScopedRegistry, Compiled>();

export function routineService(session: EngineSession, context: StatementContext | undefined): RoutineService {
  return {
    checkDomain: (domain, value) => checkDomain(session, context, domain, value),
    call: () => {
      throw notSupported("LANGUAGE sql");
    },
    callSet: () => {
      throw notSupported("LANGUAGE sql");
    },
  };
}

function cacheOf(registry: ScopedRegistry): Compiled {
  let compiled = compiledBy.get(registry);
  if (compiled === undefined) {
    compiled = { domains: new Map() };
    compiledBy.set(registry, compiled);
  }
  return compiled;
}

function checkDomain(session: EngineSession, context: StatementContext | undefined, oid: Oid, value: Datum): void {
  const catalog = context?.catalog ?? session.catalog();
  const registry = session.registry(catalog);
  const cache = cacheOf(registry).domains;
  let domain = cache.get(oid);
  if (domain === undefined) {
    domain = compileDomain(session, registry, oid);
    cache.set(oid, domain);
  }
  if (value === null && domain.notNull)
    throw new DbError({
      sqlstate: "23502",
      message: `domain ${domain.typeName} does not allow null values`,
      schema: domain.schema,
      dataType: domain.name,
    });
  if (domain.checks.length === 0) return;
  const statement = new StatementContext(session, context?.transaction ?? session.block, catalog, [value]);
  for (const check of domain.checks) {
    if (check.evaluate(statement) === false)
      throw new DbError({
        sqlstate: "23514",
        message: `value for domain ${domain.typeName} violates check constraint "${check.name}"`,
        schema: domain.schema,
        dataType: domain.name,
        constraint: check.name,
      });
  }
}

/** The domain's own constraints after those of the domains below it, each level by name. */
function compileDomain(session: EngineSession, registry: ScopedRegistry, oid: Oid): CompiledDomain {
  const { snapshot } = registry.catalog;
  const levels: DomainObject[] = [];
  for (let at = snapshot.object(oid); at?.class === "type" && at.kind === "domain"; at = snapshot.object(at.base)) levels.push(at);
  const own = levels[0];
  assert(own !== undefined, "a domain check names a domain");
  const plan = session.planContext(registry.catalog);
  const checks = levels.toReversed().flatMap((level) =>
    level.checks
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((check) => ({
        name: check.name,
        evaluate: compileExpression(bindCheck(session, registry, level.base, check.sql), plan),
      })),
  );
  return {
    name: own.name,
    schema: registry.catalog.schemaByOid(own.schema)?.name ?? "",
    typeName: registry.typeByOid(oid)?.displayName ?? own.name,
    notNull: levels.some((l) => l.notNull),
    checks,
  };
}

/** The check over $1, which it calls VALUE. */
function bindCheck(session: EngineSession, registry: ScopedRegistry, base: Oid, sql: string): Expression {
  const { frontEnd } = session.database;
  const [statement] = frontEnd.parse(`SELECT (${sql})`);
  assert(statement !== undefined, "a stored check parses");
  const bound = frontEnd.bind(statement, {
    catalog: registry.catalog,
    registry,
    parameterTypes: [base],
    parameterNames: { routine: "", names: ["value"] },
    format: session.format,
    currentUser: session.user,
    currentDatabase: session.databaseName,
  });
  assert(bound.body.kind === "Plan", "a SELECT is a plan");
  const { plan } = bound.body;
  const expression = plan.kind === "Project" ? plan.expressions[0] : plan.kind === "Values" ? plan.rows[0]?.[0] : undefined;
  assert(expression !== undefined, "a check is one expression");
  return expression;
}
