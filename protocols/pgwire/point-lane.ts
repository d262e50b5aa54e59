/**
 * Statements of one connection that may run where their messages arrive (native/io/pg_fast_path.h): prepared ones, and texts of simple
 * queries that differ in literals; and when the connection is given away for it.
 *
 * A plan is registered after JavaScript has run it, and leaves its place when the catalog moves on. What else it depends on is looked at with
 * each statement that the session runs: another setting forgets all plans, and so does a command, which may have changed names or roles.
 */
import type {
  BegunBlock,
  FloatCast,
  IndexSearchSource,
  LaneActivity,
  LiftedStatement,
  NativeNearest,
  NativePoint,
  NativeStatement,
  NativeWrite,
  PreparedStatement,
  SearchBound,
  SessionFacts,
} from "../../src/engine/types.js";
import { type Oid, TypeOid } from "../../src/types/index.js";

/** How a parameter is read. */
export type LaneTypeName =
  | "int2"
  | "int4"
  | "int8"
  | "text"
  | "uuid"
  | "bool"
  | "float4"
  | "float8"
  | "timestamp"
  | "date"
  | "timestamptz"
  | "timestamptzUtc"
  | "time"
  | "numeric"
  | "bytea"
  | "bpchar"
  | "json"
  | "jsonb"
  | "vector"
  | "halfvec"
  | FloatCast;
/** A column of a plan's key. */
export interface LaneKey {
  readonly type: LaneTypeName;
  readonly parameter: number;
}
/** How a SELECT finds its rows behind the key columns that it holds equal, where those are not a whole key (native/io/pg_state.h: PgSearch). */
export interface LaneSearch {
  readonly form: "list" | "array" | "range";
  readonly list: readonly LaneKey[];
  readonly lower: LaneBound | undefined;
  readonly upper: LaneBound | undefined;
  readonly backward: boolean;
  readonly limit: number | LaneKey | undefined;
}
export type LaneBound = LaneKey & { readonly inclusive: boolean };
export type LaneCondition = LaneKey & { readonly column: number };
/** A column that a write sets (PointValue). `addend`, `scale`: of addConstant; nextval has the sequence's OID as `parameter`, its storage as `addend`. */
export interface LaneValue {
  readonly column: number;
  readonly form: NativeWrite["source"]["values"][number]["form"];
  readonly type: LaneTypeName;
  readonly parameter: number;
  readonly notNull: boolean;
  readonly modifier: number;
  readonly operandModifier: number;
  readonly addend: number;
  readonly scale: number;
}
/**
 * A prepared statement: `parse` is the body of the message that made the unnamed one (of a named one empty), `formats` the result formats as
 * they stand in Bind. Or a simple query: the text around its literals, and a letter for each (LiftedText.kinds).
 */
export type LanePlace =
  | readonly [statement: Uint8Array, parse: Uint8Array, formats: Uint8Array]
  | readonly [pieces: readonly Uint8Array[], literals: Uint8Array];
export interface LaneFacts {
  /** The statement's; with $1 and so on for lifted literals. */
  readonly text: string;
  readonly parameterCount: number;
  readonly catalogVersion: number;
  /** What answers Describe; of a simple query what comes before its rows. */
  readonly rowDescription: Uint8Array;
  readonly relation: number;
}
export interface TakenStatements {
  /** Body of the Parse message that made the unnamed statement; empty: it was dropped; undefined: it is as it was. */
  readonly parse: Uint8Array | undefined;
  readonly block: BegunBlock | undefined;
  /** OID and last number of each sequence that statements drew from, the newest last. */
  readonly drawn: readonly (number | bigint)[];
}
export interface PgFastLane {
  setSession(facts: SessionFacts): void;
  registerSelect(
    place: LanePlace,
    facts: LaneFacts,
    keys: readonly LaneKey[],
    pipeline: NativePoint["pipeline"],
    search: LaneSearch | undefined,
  ): void;
  registerNearest(place: LanePlace, facts: LaneFacts, limit: number | LaneKey, nearest: NativeNearest): void;
  /** `replaced`: what DO UPDATE sets; `conditions`: columns besides the key that the row has to have values in. */
  registerWrite(
    place: LanePlace,
    facts: LaneFacts,
    keys: readonly LaneKey[],
    values: readonly LaneValue[],
    replaced: readonly LaneValue[],
    conditions: readonly LaneCondition[],
    write: NativeWrite,
  ): void;
  registerControl(place: LanePlace, text: string, rowDescription: Uint8Array, kind: ControlKind, tag: string): void;
  /** What has run there since the connection was given away. */
  activity(): LaneActivity | undefined;
  forgetPlans(): void;
  /** False: input is on its way here. `parse`: body of the message that made the unnamed statement; empty: there is none. */
  handBack(parse: Uint8Array): boolean;
  /** The connection is JavaScript's at once, with what changed meanwhile. */
  takeBack(): TakenStatements;
}

const laneTypes: ReadonlyMap<Oid, LaneTypeName> = new Map([
  [TypeOid.int2, "int2"],
  [TypeOid.int4, "int4"],
  [TypeOid.int8, "int8"],
  [TypeOid.text, "text"],
  [TypeOid.varchar, "text"],
  [TypeOid.bpchar, "bpchar"],
  [TypeOid.uuid, "uuid"],
  [TypeOid.bool, "bool"],
  [TypeOid.float4, "float4"],
  [TypeOid.float8, "float8"],
  [TypeOid.timestamp, "timestamp"],
  [TypeOid.timestamptz, "timestamptz"],
  [TypeOid.date, "date"],
  [TypeOid.time, "time"],
  [TypeOid.numeric, "numeric"],
  [TypeOid.bytea, "bytea"],
  [TypeOid.json, "json"],
  [TypeOid.jsonb, "jsonb"],
  [TypeOid.vector, "vector"],
  [TypeOid.halfvec, "halfvec"],
]);
/** Elements of a list of keys: the others come in an order of their own. */
const listTypes: ReadonlySet<LaneTypeName> = new Set(["int2", "int4", "int8", "text", "bpchar", "uuid"]);
export type ControlKind = "begin" | "commit" | "rollback";
/** Nothing but the words: what chooses a level or chains is the session's. */
const controls: readonly (readonly [ControlKind, RegExp])[] = [
  ["begin", /^\s*(begin(\s+(work|transaction))?|start\s+transaction)\s*;?\s*$/i],
  ["commit", /^\s*(commit|end)(\s+(work|transaction))?\s*;?\s*$/i],
  ["rollback", /^\s*(rollback|abort)(\s+(work|transaction))?\s*;?\s*$/i],
];
/** Tags of ends that are what the statement asks for: COMMIT of a failed block is a ROLLBACK. */
const tagsOf: Readonly<Record<ControlKind, readonly string[]>> = {
  begin: ["BEGIN", "START TRANSACTION"],
  commit: ["COMMIT"],
  rollback: ["ROLLBACK"],
};
/** A connection whose last executions were all of registered plans goes to the lane: one that mixes would only change hands. */
const executionsBefore = 2;

const NOTHING = Buffer.alloc(0);
const NO_DATA = Buffer.from([0x6e, 0, 0, 0, 4]);
/** A longer statement is parsed by the session each time. */
const PARSE_BYTES = 8192;
/** A search that found more rows is left to the session: it may well find more than the lane gives. */
const SEARCH_ROWS = 200;
/** Plans that one connection registers before it begins anew; the lane looks through them all. */
const PLANS_MAX = 64;

/** A statement that has run to its end. */
export interface RanStatement {
  readonly text: string;
  readonly tag: string;
  readonly parameterTypes: readonly Oid[];
  readonly columns: PreparedStatement["columns"];
  readonly native: NativeStatement | undefined;
  /** RowDescription. */
  readonly describe: () => Uint8Array;
  readonly facts: () => SessionFacts | undefined;
}

export class PointLane {
  /** Place of a statement to the catalog version that it was registered for. */
  readonly #registered = new Map<string, number>();
  /** Body of the message that made the unnamed statement; empty: there is none, or it is too long. */
  #parse = NOTHING;
  #generation = -1;
  #inRow = 0;
  #isAway = false;

  constructor(private readonly lane: PgFastLane) {}

  /** A statement was made, the unnamed one in place of the one before. */
  parsed(name: string, body: Uint8Array): void {
    if (name !== "") this.#inRow = 0;
    else if (!this.#parse.equals(body)) this.#parse = body.length > PARSE_BYTES ? NOTHING : Buffer.from(body);
  }
  /** A simple query came. */
  unnamedDropped(): void {
    this.#parse = NOTHING;
  }
  /** A portal of a prepared statement has run to its end. */
  executed(name: string, formats: readonly number[], ran: RanStatement): void {
    if (name === "" && this.#parse.length === 0) return this.missed();
    const parse = name === "" ? this.#parse : NOTHING;
    const noData = ran.columns.length === 0 && ran.tag !== "SELECT";
    this.#note(`${formats.join()} ${name}\0${parse.toString("latin1")}`, ran, noData ? () => NO_DATA : ran.describe, () => {
      const codes = Buffer.alloc(2 + 2 * formats.length);
      [formats.length, ...formats].forEach((code, i) => void codes.writeUInt16BE(code, 2 * i));
      return [Buffer.from(name), parse, codes];
    });
  }
  /** A simple query with this text has run to its end. `lifted`: other literals would have given the same plan. */
  queried(query: string, lifted: LiftedStatement | undefined, ran: RanStatement): void {
    const noData = ran.columns.length === 0 && ran.tag !== "SELECT";
    const describe = noData ? () => NOTHING : ran.describe;
    if (lifted === undefined)
      return this.#note(`control ${query}`, { ...ran, native: undefined }, describe, () => [[Buffer.from(query)], NOTHING]);
    const { text, kinds } = lifted;
    this.#note(`${kinds} ${text}`, { ...ran, text }, describe, () => [
      text.split(/\$\d+/).map((piece) => Buffer.from(piece)),
      Buffer.from(kinds),
    ]);
  }
  #note(key: string, ran: RanStatement, describe: () => Uint8Array, place: () => LanePlace): void {
    const { native } = ran;
    const control = native === undefined ? controlOf(ran) : undefined;
    if (native === undefined && control === undefined) return this.missed();
    if (native?.kind === "select" && native.search !== undefined && rowsOf(ran.tag) > SEARCH_ROWS) return this.missed();
    const facts = ran.facts();
    if (facts === undefined || (native?.kind === "write" && !facts.mayWrite) || (control !== undefined && !facts.mayBegin))
      return this.missed();
    if (facts.generation !== this.#generation || this.#registered.size >= PLANS_MAX) {
      this.interrupted();
      this.#generation = facts.generation;
    }
    const version = native?.catalogVersion ?? 0;
    if (this.#registered.get(key) === version) return void this.#inRow++;
    const isRegistered =
      control !== undefined
        ? this.#registerControl(place(), ran, describe(), control)
        : this.#register(place(), ran, native as NativeStatement, describe(), facts);
    if (!isRegistered) return this.missed();
    if (this.#registered.size === 0) this.lane.setSession(facts);
    this.#registered.set(key, version);
    this.#inRow++;
  }
  #registerControl(place: LanePlace, { text, tag }: RanStatement, description: Uint8Array, kind: ControlKind): boolean {
    this.lane.registerControl(place, text, description, kind, tag);
    return true;
  }
  /** False: a type that the lane does not read, or a parameter that it would not look at. */
  #register(
    place: LanePlace,
    { text, parameterTypes: types }: RanStatement,
    native: NativeStatement,
    rowDescription: Uint8Array,
    session: SessionFacts,
  ): boolean {
    const { isUtc } = session;
    const facts: LaneFacts = {
      text,
      parameterCount: types.length,
      catalogVersion: native.catalogVersion,
      rowDescription,
      relation: native.relation,
    };
    if (native.kind === "nearest") return this.#registerNearest(place, facts, types, native);
    const keys = native.keys.map((parameter) => laneKey(parameter, types[parameter], isUtc));
    const values = native.kind === "write" ? valuesOf(native.source.values, isUtc) : [];
    const replaced = native.kind === "write" ? valuesOf(native.source.conflict?.values ?? [], isUtc) : [];
    const conditions = native.kind === "write" ? conditionsOf(native.source.conditions, isUtc) : [];
    const search = native.kind === "select" && native.search !== undefined ? searchOf(native.search, types, isUtc) : undefined;
    if (!keys.every(isKnown) || values === undefined || replaced === undefined || conditions === undefined || search === "other")
      return false;
    const searched = search === undefined ? [] : [...search.list, search.lower, search.upper, search.limit].flatMap(parameterIn);
    const isRead = (_: Oid, i: number): boolean =>
      native.keys.includes(i) ||
      searched.includes(i) ||
      conditions.some((c) => c.parameter === i) ||
      [...values, ...replaced].some((v) => v.parameter === i && readers.has(v.form));
    if (!types.every(isRead)) return false;
    if (native.kind === "select") this.lane.registerSelect(place, facts, keys, native.pipeline, search);
    else this.lane.registerWrite(place, facts, keys, values, replaced, conditions, native);
    return true;
  }
  #registerNearest(place: LanePlace, facts: LaneFacts, types: readonly Oid[], nearest: NativeNearest): boolean {
    const limit = "count" in nearest.limit ? nearest.limit.count : laneKey(nearest.limit.parameter, types[nearest.limit.parameter], false);
    const read = [nearest.parameter, ...parameterIn(limit)];
    if (limit === undefined || types.some((_, i) => !read.includes(i))) return false;
    this.lane.registerNearest(place, facts, limit, nearest);
    return true;
  }
  /** BEGIN, COMMIT or ROLLBACK, and they did what they say. */
  isControl(text: string, tag: string): boolean {
    return controlOf({ text, tag }) !== undefined;
  }
  /** Something ran that changes no plan, but is not the lane's. */
  missed(): void {
    this.#inRow = 0;
  }
  /** What plans depend on may have changed. */
  interrupted(): void {
    this.#inRow = 0;
    if (this.#registered.size === 0) return;
    this.#registered.clear();
    this.lane.forgetPlans();
  }
  /** The session waits for nothing and holds nothing. */
  rest(): void {
    if (this.#isAway || this.#inRow < executionsBefore) return;
    this.#isAway = this.lane.handBack(this.#parse);
  }
  /** undefined: the session itself ran the newest statement. */
  activity(): LaneActivity | undefined {
    return this.#isAway ? this.lane.activity() : undefined;
  }
  /** Input came, or the connection ends: what changed while the lane had it; undefined: it had not. */
  taken(): TakenStatements | undefined {
    if (!this.#isAway) return undefined;
    this.#isAway = false;
    const taken = this.lane.takeBack();
    if (taken.parse !== undefined) this.#parse = Buffer.from(taken.parse);
    return taken;
  }
}

/** Not a query or a change of rows: it may have changed names, roles, definitions. */
export const isCommandTag = (tag: string): boolean => !/^(SELECT|INSERT|UPDATE|DELETE|MERGE) /.test(tag);

function controlOf({ text, tag }: Pick<RanStatement, "text" | "tag">): ControlKind | undefined {
  return controls.find(([kind, form]) => tagsOf[kind].includes(tag) && form.test(text))?.[0];
}

const rowsOf = (tag: string): number => Number(/ (\d+)$/.exec(tag)?.[1] ?? 0);

/** Forms that look at their parameter. */
const readers: ReadonlySet<LaneValue["form"]> = new Set(["parameter", "add", "subtract", "integerAsNumeric", "append"]);

/** `isUtc`: of the session's time zone. */
function laneType(type: Oid | undefined, isUtc: boolean): LaneTypeName | undefined {
  const name = laneTypes.get(type ?? 0);
  return name === "timestamptz" && isUtc ? "timestamptzUtc" : name;
}
/** undefined: a type that keys are not read from. */
function laneKey(parameter: number, type: Oid | undefined, isUtc: boolean): LaneKey | undefined {
  const name = laneType(type, isUtc);
  return name === undefined ? undefined : { type: name, parameter };
}
const isKnown = (key: LaneKey | undefined): key is LaneKey => key !== undefined;
const parameterIn = (key: LaneKey | number | undefined): number[] => (typeof key === "object" ? [key.parameter] : []);

function searchOf({ next, backward, limit }: IndexSearchSource, types: readonly Oid[], isUtc: boolean): LaneSearch | "other" {
  const key = (parameter: number): LaneKey | undefined => laneKey(parameter, types[parameter], isUtc);
  const bound = (given: SearchBound | undefined): LaneBound | undefined | "other" => {
    if (given === undefined) return undefined;
    const found = key(given.parameter);
    return found === undefined ? "other" : { ...found, inclusive: given.inclusive };
  };
  const most = limit === undefined ? undefined : "count" in limit ? limit.count : (key(limit.parameter) ?? "other");
  const list =
    next.form === "list" ? next.parameters.map(key) : next.form === "array" ? [laneKey(next.parameter, next.elementType, isUtc)] : [];
  const [lower, upper] = next.form === "range" ? [bound(next.lower), bound(next.upper)] : [undefined, undefined];
  if (!list.every(isKnown) || most === "other" || lower === "other" || upper === "other") return "other";
  // Elements are looked up in one order.
  if (list.some(({ type }) => type !== list[0]?.type || !listTypes.has(type))) return "other";
  return { form: next.form, list, lower, upper, backward, limit: most };
}

/** undefined: a type that is not read. */
function conditionsOf(conditions: NativeWrite["source"]["conditions"], isUtc: boolean): LaneCondition[] | undefined {
  const out: LaneCondition[] = [];
  for (const { column, parameter, type } of conditions) {
    const key = laneKey(parameter, type, isUtc);
    if (key === undefined) return undefined;
    out.push({ ...key, column });
  }
  return out;
}
/** undefined: a type that has no form on the lane. */
function valuesOf(values: NativeWrite["source"]["values"], isUtc: boolean): LaneValue[] | undefined {
  const out: LaneValue[] = [];
  for (const value of values) {
    const cast = "cast" in value ? value.cast : undefined;
    const type = cast ?? ("type" in value ? laneType(value.type, isUtc) : "int8");
    if (type === undefined) return undefined;
    out.push({
      column: value.column,
      form: value.form,
      type,
      parameter: "parameter" in value ? value.parameter : value.form === "nextval" ? value.sequence : 0,
      notNull: value.notNull,
      modifier: "modifier" in value ? value.modifier : -1,
      operandModifier: "operandModifier" in value ? value.operandModifier : -1,
      ...(value.form === "addConstant"
        ? { addend: value.addend, scale: value.scale }
        : { addend: value.form === "nextval" ? value.storage : 0, scale: 0 }),
    });
  }
  return out;
}
