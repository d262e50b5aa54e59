/**
 * Functions, operators, casts, aggregates: signature and body. The TypeScript body is the definition of each; native forms agree with it.
 *
 * The binder reads signatures (this file's lookups), the executor bodies. Families live in files of their own and register through `define…`.
 */
import type { CastSignature, Datum, FormatContext, FunctionSignature, Oid, OperatorSignature, Row, SqlType } from "../types/index.js";

/** What a body may ask of the running statement. Implemented by the engine's session. */
export interface EvaluationContext extends FormatContext {
  /** now(): start of the transaction; statement_timestamp(); clock_timestamp(). Microseconds since 2000-01-01 UTC. */
  readonly statementTimeMicros: number;
  clockMicros(): number;
  random(): number;
  /** Throws when the statement shall end: for work on one value that may take long. */
  checkCancel(): void;
  /** setseed(): random() gives the sequence of this seed, -1 to 1, from here on. */
  seedRandom(seed: number): void;
  readonly currentUser: string;
  readonly sessionUser: string;
  readonly currentDatabase: string;
  readonly searchPath: readonly string[];
  setting(name: string, missingOk: boolean): string | null;
  setSetting(name: string, value: string, local: boolean): string;
  /** Doors to the engine for functions that need it (sequences, catalog, keys); keys are function families, e.g. "sequences". */
  service<T>(name: string): T;
}

/** Positional arguments, already of the signature's types; a strict function never gets null. */
export type ScalarBody = (context: EvaluationContext, ...args: never[]) => Datum;
export interface AggregateBody<State = unknown> {
  create(): State;
  /** Strict aggregates skip rows with a null argument before this. Returns the new state. */
  step(context: EvaluationContext, state: State, ...args: Datum[]): State;
  finish(context: EvaluationContext, state: State): Datum;
}
/** Rows of a set-returning function: a datum each, or a Row when it has OUT columns. */
export type SetBody = (context: EvaluationContext, ...args: never[]) => Iterable<Datum | Row>;

export interface FunctionRegistry {
  typeByOid(oid: Oid): SqlType | undefined;
  /** Internal or SQL name: int4, integer, "character varying", vector, _int4. */
  /** With `schema`: only there. Without: pg_catalog first, then along the search path. */
  typeByName(name: string, schema?: string): SqlType | undefined;
  types(): Iterable<SqlType>;
  functionsByName(name: string): readonly FunctionSignature[]; // all schemas
  functionById(id: string): FunctionSignature | undefined;
  functions(): Iterable<FunctionSignature>;
  operatorsByName(name: string): readonly OperatorSignature[];
  operators(): Iterable<OperatorSignature>;
  cast(source: Oid, target: Oid): CastSignature | undefined;
  casts(): Iterable<CastSignature>;
  /**
   * `call` says the types of this call: polymorphic and "any" functions (array_append, to_json, pg_typeof, concat…) need
   * them; without it they take the signature's. Ask once per call site, not per row. Arguments of VARIADIC "any" come one by one.
   * `within`: the registry whose types the call is about, when it is not this one.
   */
  scalarBody(id: string, call?: CallTypes, within?: FunctionRegistry): ScalarBody;
  aggregateBody(id: string, call?: CallTypes, within?: FunctionRegistry): AggregateBody;
  setBody(id: string, call?: CallTypes, within?: FunctionRegistry): SetBody;
  /** The registry below, when this one layers a catalog's objects over it. */
  readonly base?: FunctionRegistry;
}

/** The real types of one call's arguments and result, polymorphism resolved. */
export interface CallTypes {
  readonly argTypes: readonly Oid[];
  readonly returnType: Oid;
  /** The column definition list of a call that gives records: `f() AS t(a int, b text)`. */
  readonly columns?: readonly RecordColumn[];
}
export interface RecordColumn {
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
}

/** A registry that other rooms add to at composition: vector types, redis functions, catalog functions. */
export interface DefinableRegistry extends FunctionRegistry {
  defineType(type: SqlType): void;
  defineScalar(signature: FunctionSignature, body: ScalarBody | TypedBody<ScalarBody>): void;
  defineAggregate(signature: FunctionSignature, body: AggregateBody | TypedBody<AggregateBody>): void;
  defineSet(signature: FunctionSignature, body: SetBody | TypedBody<SetBody>): void;
  defineOperator(operator: OperatorSignature): void;
  defineCast(cast: CastSignature): void;
}

/** A body that is made for the types of its call. */
export class TypedBody<Body> {
  constructor(readonly make: (call: CallTypes, registry: FunctionRegistry) => Body) {}
}
