/**
 * The registry: maps by name, id and OID. Built from families of bodies; the signatures of PostgreSQL's own functions come from
 * `facts`. A fact without a body is not in the registry: what we cannot run does not exist for the binder.
 */
import {
  assert,
  type CastSignature,
  type FunctionSignature,
  notSupported,
  type Oid,
  type OperatorSignature,
  type SqlType,
} from "../types/index.js";
import { readCastFacts, readFunctionFacts, readOperatorFacts, typeFactsByName } from "./facts/index.js";
import {
  type AggregateBody,
  type CallTypes,
  type DefinableRegistry,
  type FunctionRegistry,
  type ScalarBody,
  type SetBody,
  TypedBody,
} from "./registry.js";

/** Bodies by function id `name(argtypes)`, or by bare name for all of PostgreSQL's functions of that name and kind. */
export interface Family {
  readonly scalars?: Readonly<Record<string, ScalarBody | TypedBody<ScalarBody>>>;
  // biome-ignore lint/suspicious/noExplicitAny: each aggregate has a state type of its own.
  readonly aggregates?: Readonly<Record<string, AggregateBody<any> | TypedBody<AggregateBody<any>>>>;
  readonly sets?: Readonly<Record<string, SetBody | TypedBody<SetBody>>>;
}

type AnyBody = ScalarBody | AggregateBody | SetBody | TypedBody<ScalarBody> | TypedBody<AggregateBody> | TypedBody<SetBody>;

export class RegistryBuilder implements DefinableRegistry {
  readonly #typesByOid = new Map<Oid, SqlType>();
  readonly #typesByName = new Map<string, SqlType>();
  readonly #functionsById = new Map<string, FunctionSignature>();
  readonly #functionsByName = new Map<string, FunctionSignature[]>();
  readonly #bodies = new Map<string, AnyBody>();
  readonly #operatorsByName = new Map<string, OperatorSignature[]>();
  readonly #casts = new Map<string, CastSignature>();

  typeByOid(oid: Oid): SqlType | undefined {
    return this.#typesByOid.get(oid);
  }
  typeByName(name: string, schema?: string): SqlType | undefined {
    if (schema === "information_schema") return this.#typesByName.get(`${schema}.${name}`);
    const type = this.#typesByName.get(name);
    if (schema === undefined || type === undefined) return type;
    // Types of extensions live in the schema that the extension is installed in.
    return (schema === "pg_catalog") === (typeFactsByName.has(type.name) || type.oid < EXTENSION_TYPE_OID) ? type : undefined;
  }
  types(): Iterable<SqlType> {
    return this.#typesByOid.values();
  }
  functionsByName(name: string): readonly FunctionSignature[] {
    return this.#functionsByName.get(name) ?? [];
  }
  functionById(id: string): FunctionSignature | undefined {
    return this.#functionsById.get(id);
  }
  functions(): Iterable<FunctionSignature> {
    return this.#functionsById.values();
  }
  operatorsByName(name: string): readonly OperatorSignature[] {
    return this.#operatorsByName.get(name) ?? [];
  }
  *operators(): Iterable<OperatorSignature> {
    for (const list of this.#operatorsByName.values()) yield* list;
  }
  cast(source: Oid, target: Oid): CastSignature | undefined {
    return this.#casts.get(`${source}>${target}`);
  }
  casts(): Iterable<CastSignature> {
    return this.#casts.values();
  }
  scalarBody(id: string, call?: CallTypes, within?: FunctionRegistry): ScalarBody {
    return this.#body(id, call, within) as ScalarBody;
  }
  aggregateBody(id: string, call?: CallTypes, within?: FunctionRegistry): AggregateBody {
    return this.#body(id, call, within) as AggregateBody;
  }
  setBody(id: string, call?: CallTypes, within?: FunctionRegistry): SetBody {
    return this.#body(id, call, within) as SetBody;
  }

  defineType(type: SqlType): void {
    this.#typesByOid.set(type.oid, type);
    const unqualified = type.schema === undefined ? [type.name, ...(sqlNames[type.name] ?? [])] : [`${type.schema}.${type.name}`];
    for (const name of [...unqualified, type.displayName]) {
      if (!this.#typesByName.has(name) || name === type.name) this.#typesByName.set(name, type);
    }
  }
  defineScalar(signature: FunctionSignature, body: ScalarBody | TypedBody<ScalarBody>): void {
    this.#define(signature, body);
  }
  defineAggregate(signature: FunctionSignature, body: AggregateBody | TypedBody<AggregateBody>): void {
    this.#define(signature, body);
  }
  defineSet(signature: FunctionSignature, body: SetBody | TypedBody<SetBody>): void {
    this.#define(signature, body);
  }
  defineOperator(operator: OperatorSignature): void {
    assert(this.#functionsById.has(operator.functionId), "an operator's function is defined before it");
    push(this.#operatorsByName, operator.name, operator);
  }
  defineCast(cast: CastSignature): void {
    this.#casts.set(`${cast.source}>${cast.target}`, cast);
  }

  /** Defines everything in PostgreSQL's facts that has a body in `families` and whose types are defined. */
  definePostgres(families: readonly Family[]): void {
    const scalars = merge(families.map((f) => f.scalars));
    const aggregates = merge(families.map((f) => f.aggregates));
    const sets = merge(families.map((f) => f.sets));
    const isWindow = (name: string) => windowFunctions.has(name);
    const wanted = (name: string, id: string) =>
      isWindow(name) || [scalars, aggregates, sets].some((bodies) => bodies.has(id) || bodies.has(name));
    for (const signature of readFunctionFacts(wanted)) {
      const bodies = signature.kind === "function" ? scalars : signature.kind === "set" ? sets : aggregates;
      const body = bodies.get(signature.id) ?? bodies.get(signature.name);
      if (signature.kind === "window") this.#declare(signature);
      else if (body !== undefined && this.#knows(signature)) this.#define(signature, body);
    }
    for (const operator of readOperatorFacts()) if (this.#functionsById.has(operator.functionId)) this.defineOperator(operator);
    for (const cast of readCastFacts()) {
      if (!this.#typesByOid.has(cast.source) || !this.#typesByOid.has(cast.target)) continue;
      if (cast.method.kind !== "function" || this.#functionsById.has(cast.method.functionId)) this.defineCast(cast);
    }
  }

  #knows(signature: FunctionSignature): boolean {
    return this.#typesByOid.has(signature.returnType) && signature.argTypes.every((oid) => this.#typesByOid.has(oid));
  }
  #declare(signature: FunctionSignature): void {
    this.#functionsById.set(signature.id, signature);
    push(this.#functionsByName, signature.name, signature);
  }
  #define(signature: FunctionSignature, body: AnyBody): void {
    assert(!this.#functionsById.has(signature.id), "a function id is defined once");
    this.#declare(signature);
    this.#bodies.set(signature.id, body);
  }
  #body(id: string, call: CallTypes | undefined, within: FunctionRegistry | undefined): AnyBody {
    const body = this.#bodies.get(id);
    if (body === undefined) throw notSupported(`function ${id}`);
    return body instanceof TypedBody ? body.make(call ?? this.#functionsById.get(id)!, within ?? this) : body;
  }
}

/** pg_proc's window functions: their bodies are the Window operator's. */
const windowFunctions: ReadonlySet<string> = new Set([
  "row_number",
  "rank",
  "dense_rank",
  "percent_rank",
  "cume_dist",
  "ntile",
  "lag",
  "lead",
  "first_value",
  "last_value",
  "nth_value",
]);

/** Types of ours, beyond PostgreSQL's own numbers, are an extension's. */
const EXTENSION_TYPE_OID = 16_000;

/** SQL spellings beside typname and format_type's. */
const sqlNames: Record<string, readonly string[]> = {
  int2: ["smallint"],
  int4: ["int", "integer"],
  int8: ["bigint"],
  float4: ["real"],
  float8: ["float", "double precision"],
  numeric: ["decimal", "dec"],
  bool: ["boolean"],
  bpchar: ["character"],
  varchar: ["character varying"],
  timestamp: ["timestamp without time zone"],
  timestamptz: ["timestamp with time zone"],
  time: ["time without time zone"],
  timetz: ["time with time zone"],
};

function merge<T>(records: readonly (Readonly<Record<string, T>> | undefined)[]): Map<string, T> {
  const all = new Map<string, T>();
  for (const record of records) for (const key in record) all.set(key, record[key]!);
  return all;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
